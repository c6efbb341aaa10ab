import type { z } from 'zod';
import { concat, hex, utf8Text } from '../core/bytes.ts';
import { ok, type Result } from '../core/result.ts';
import { sha256 } from '../seal/sha256.ts';
import { type LetterFault, type LetterParts, parseMeta, refused } from './fields.ts';
import {
  type DocumentType,
  maxTextBytes,
  type ReportMeta,
  reportMetaSchema,
} from './report-meta.ts';

export {
  isReadBeforeLastImages,
  type Judgement,
  judgeReport,
  type LocalStudy,
  type ReportRefusal,
} from './judge-report.ts';
export {
  type DocumentType,
  documentTypes,
  maxReportBytes,
  maxTextBytes,
  type ReportMeta,
  type ReportStatus,
  reportStatuses,
} from './report-meta.ts';

/** One document of a report. */
export interface ReportDocument {
  readonly type: DocumentType;
  readonly bytes: Uint8Array;
}

/** A report as its reader gets it: documents in order, each with the digest and length its meta names. */
export interface Report {
  readonly meta: ReportMeta;
  readonly documents: readonly ReportDocument[];
}

/** The meta and payload of a report version; throws (a bug) when a bound is broken. */
export function buildReport(
  header: Omit<z.input<typeof reportMetaSchema>, 'v' | 'documents'>,
  documents: readonly ReportDocument[],
): LetterParts<ReportMeta> {
  const listed = documents.map(({ type, bytes }) => ({
    type,
    sha256: hex(sha256(bytes)),
    length: bytes.length,
  }));
  const meta = reportMetaSchema.parse({ ...header, v: 1, documents: listed });
  const payload = concat(...documents.map(({ bytes }) => bytes));
  const checked = parseReport(meta, payload);
  if (!checked.ok) throw new RangeError(checked.fault.message);
  return { meta, payload };
}

/** Parses a report: every document has its declared length and digest, and text is UTF-8 of at most 1 MiB. */
export function parseReport(meta: unknown, payload: Uint8Array): Result<Report, LetterFault> {
  const parsed = parseMeta('report', reportMetaSchema, meta);
  if (!parsed.ok) return parsed;
  const documents: ReportDocument[] = [];
  let at = 0;
  for (const { type, sha256: digest, length } of parsed.value.documents) {
    const bytes = payload.subarray(at, at + length);
    at += length;
    if (hex(sha256(bytes)) !== digest) {
      return refused('letter/payload', 'Cannot read a report: a document does not fit its digest');
    }
    const isText = type === 'text/plain';
    if (isText && (length > maxTextBytes || utf8Text(bytes) === undefined)) {
      return refused('letter/payload', 'Cannot read a report: its text is too long or not UTF-8');
    }
    documents.push({ type, bytes });
  }
  return at === payload.length
    ? ok({ meta: parsed.value, documents })
    : refused(
        'letter/payload',
        'Cannot read a report: its payload is not as long as its documents',
      );
}

/** The digest that a report receipt names: SHA-256 of the whole payload, lower-case hex. */
export function reportDigest(payload: Uint8Array): string {
  return hex(sha256(payload));
}
