import { utf8Text } from '#sync/core/bytes.ts';
import { isoOf } from '#sync/core/clock.ts';
import { sanitize } from '#sync/core/sanitize.ts';
import type { Report } from '../api/contract.ts';
import type { LetterFiles } from '../ports-letters.ts';
import type { StoredReport } from '../ports-studies.ts';

const longestLine = 2_000;

/**
 * The reports of a study as the screen gets them, newest first; a version that came under several packs is one. A
 * refused report has no text: it may be of another patient.
 */
export async function reportsOf(
  stored: readonly StoredReport[],
  files: Pick<LetterFiles, 'readReportDocument'>,
): Promise<Report[]> {
  const seen = new Set<string>();
  const reports: Report[] = [];
  for (const report of stored.toSorted((a, b) => b.atMs - a.atMs || b.version - a.version)) {
    const key = JSON.stringify([
      report.report,
      report.version,
      report.digest,
      report.refusal?.kind,
    ]);
    if (seen.has(key)) continue;
    seen.add(key);
    reports.push(await reportOf(report, files));
  }
  return reports;
}

async function reportOf(
  report: StoredReport,
  files: Pick<LetterFiles, 'readReportDocument'>,
): Promise<Report> {
  const text = report.documents.find(([type]) => type === 'text/plain');
  const [type] = text ?? report.documents[0] ?? ['text/plain'];
  return {
    reportId: report.report,
    version: report.version,
    status: report.status,
    author: {
      name: sanitize(report.author.name),
      registerNo: sanitize(report.author.registerNo),
    },
    signedOffAt: report.signedOffAt,
    receivedAt: isoOf(report.atMs),
    documentType: type,
    text: text && report.refusal === null ? await readText(text[1], files) : null,
    ...(report.critical && report.refusal === null && { critical: criticalText(report.critical) }),
    isOlderThanImages: report.isOlderThanImages,
    refusal: report.refusal?.message ?? null,
  };
}

/** The reader's sentence; its code where there is no more. */
function criticalText({ code, text }: NonNullable<StoredReport['critical']>): string {
  return sanitize(text.trim() || code, longestLine);
}

/** Line breaks are kept; nothing else in it can move a cursor or hide text. */
async function readText(
  sha256: string,
  files: Pick<LetterFiles, 'readReportDocument'>,
): Promise<string | null> {
  const bytes = await files.readReportDocument(sha256);
  const text = bytes && utf8Text(bytes);
  if (text === undefined) return null;
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .map((line) => sanitize(line.replaceAll('\t', '    '), longestLine))
    .join('\n');
}
