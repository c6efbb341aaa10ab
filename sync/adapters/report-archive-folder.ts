import { join } from 'node:path';
import type { KeptReport, ReportArchive } from '../center/ports-reports.ts';
import type { ReportRow } from '../center/rows.ts';
import { namesIn, onDisk, putFile, readIfThere } from './center-disk.ts';

/**
 * Reports as files, one folder a version, for good:
 *
 *   reports/<reportId>-<version>/document     the document's bytes, first
 *   reports/<reportId>-<version>/report.json  what the report says and where it is on its way
 */
export function createReportArchive(dataDir: string): ReportArchive {
  const reports = join(dataDir, 'reports');
  const folderOf = (reportId: string, version: number): string =>
    join(reports, `${reportId}-${version}`);
  const write = (report: KeptReport): Promise<void> =>
    putFile(
      'report-record',
      folderOf(report.row.reportId, report.row.version),
      'report.json',
      `${JSON.stringify(report, null, 2)}\n`,
    );

  return {
    put: (report, document) =>
      onDisk(async () => {
        const { reportId, version } = report.row;
        await putFile('report-document', folderOf(reportId, version), 'document', document);
        await write(report);
      }),
    update: (row: ReportRow) =>
      onDisk(async () => {
        const report = await readReport(folderOf(row.reportId, row.version));
        if (report !== undefined) await write({ ...report, row });
      }),
    read: (reportId, version) =>
      onDisk(async () => {
        const folder = folderOf(reportId, version);
        const report = await readReport(folder);
        const document = await readIfThere(join(folder, 'document'));
        return report && document && { report, document };
      }),
    all: () => allIn(reports),
  };
}

async function* allIn(reports: string): AsyncIterable<KeptReport> {
  for (const name of await namesIn(reports)) {
    const report = await readReport(join(reports, name));
    if (report !== undefined) yield report;
  }
}

/** Our own file, written whole; a folder without it is a report whose put broke off, and its source is still there. */
async function readReport(folder: string): Promise<KeptReport | undefined> {
  const bytes = await readIfThere(join(folder, 'report.json'));
  return bytes === undefined ? undefined : JSON.parse(new TextDecoder().decode(bytes));
}
