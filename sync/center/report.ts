import { hex, utf8, utf8Text } from '../core/bytes.ts';
import { isoOf } from '../core/clock.ts';
import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type DocumentType, maxTextBytes, reportDigest } from '../letters/report.ts';
import { sha256 } from '../seal/sha256.ts';
import { readEncapsulatedPdf } from './encapsulated.ts';
import { namesOfFile, type ReportNames } from './match.ts';
import type { DroppedReport, KeptReport } from './ports-reports.ts';
import type { KnownManifest } from './rows.ts';
import type { Sidecar } from './sidecar.ts';

/** The largest document that fits one pack of a report with its meta. */
export const maxDocumentBytes = 15 * 1024 * 1024;

export type ReportFault = Fault<
  'report/not-pdf' | 'report/not-text' | 'report/too-large' | 'report/unknown-type'
>;

/** What was dropped: the document and the names it goes by. */
export interface DroppedDocument {
  readonly type: DocumentType;
  readonly bytes: Uint8Array;
  readonly names: ReportNames;
}

/** Reads a dropped file by its extension; a DICOM object is matched by what is inside, never by its name. */
export function readDropped(report: DroppedReport): Result<DroppedDocument, ReportFault> {
  const { stem, extension } = nameParts(report.name);
  const names = namesOfFile(stem);
  const { bytes } = report;
  if (bytes.length === 0 || bytes.length > maxDocumentBytes) {
    return refused('report/too-large', 'it is empty or larger than 15 MiB');
  }
  if (extension === 'txt') {
    const isText = bytes.length <= maxTextBytes && utf8Text(bytes) !== undefined;
    return isText
      ? ok({ type: 'text/plain', bytes, names })
      : refused('report/not-text', 'it is no UTF-8 text of at most 1 MiB');
  }
  if (extension === 'pdf') {
    return isPdf(bytes)
      ? ok({ type: 'application/pdf', bytes, names })
      : refused('report/not-pdf', 'it does not start like a PDF');
  }
  if (extension !== 'dcm')
    return refused('report/unknown-type', 'it is no .pdf, .txt or .dcm file');
  const object = readEncapsulatedPdf(bytes);
  if (!object.ok) return object;
  const { document, studyInstanceUid, accessionNumber } = object.value;
  return isPdf(document)
    ? ok({ type: 'application/pdf', bytes: document, names: { studyInstanceUid, accessionNumber } })
    : refused('report/not-pdf', 'its document does not start like a PDF');
}

/**
 * When a report was signed off: by its NAME.json, else the time of the file. Undefined when that is a time that ISO
 * 8601 cannot write with four digits of a year, as a copy from a broken disk may have.
 */
export function signedOffAtOf(
  sidecar: Pick<Sidecar, 'signedOffAt'>,
  modifiedAtMs: number,
): string | undefined {
  const ms = sidecar.signedOffAt === undefined ? modifiedAtMs : Date.parse(sidecar.signedOffAt);
  return ms >= firstMs && ms <= lastMs ? isoOf(Math.floor(ms)) : undefined;
}

const firstMs = Date.parse('0000-01-01T00:00:00.000Z');
const lastMs = Date.parse('9999-12-31T23:59:59.999Z');

/** The fields that a version of a report says in every seal of it. */
export function keptReportOf(input: {
  readonly reportId: string;
  readonly version: number;
  readonly document: DroppedDocument;
  readonly sidecar: Sidecar;
  readonly manifest: KnownManifest;
  readonly reader: { readonly name: string; readonly registerNo: string };
  readonly signedOffAt: string;
  readonly sourceSha256: string;
}): KeptReport {
  const { reportId, version, document, sidecar, manifest, signedOffAt } = input;
  const author = sidecar.author ?? input.reader;
  const status = sidecar.status ?? 'final';
  const critical = sidecar.critical ?? null;
  return {
    row: {
      reportId,
      version,
      studyInstanceUid: manifest.studyInstanceUid,
      registerNo: author.registerNo,
      status,
      isCritical: critical !== null,
      sourceSha256: input.sourceSha256,
      documentSha256: reportDigest(document.bytes),
      packId: null,
      state: 'waiting',
    },
    header: {
      report: reportId,
      version,
      status,
      study: manifest.studyInstanceUid as KeptReport['header']['study'],
      manifest: manifest.packId,
      patient: manifest.patient,
      author,
      signedOffAt,
      critical,
    },
    documentType: document.type,
  };
}

/** Names one drop: the file with its NAME.json, so that the same drop twice (after a crash) is one report. */
export function sourceDigest({ bytes, sidecar }: DroppedReport): string {
  return hex(sha256(bytes, Uint8Array.of(0), utf8(sidecar ?? '')));
}

/** `ACC-1.pdf` = stem `ACC-1`, extension `pdf`; a UID is a stem with dots of its own. */
export function nameParts(name: string): { readonly stem: string; readonly extension: string } {
  const dot = name.lastIndexOf('.');
  return dot <= 0
    ? { stem: name, extension: '' }
    : { stem: name.slice(0, dot), extension: name.slice(dot + 1).toLowerCase() };
}

function isPdf(bytes: Uint8Array): boolean {
  return utf8Text(bytes.subarray(0, 5)) === '%PDF-';
}

function refused(kind: ReportFault['kind'], reason: string) {
  return fail(
    fault(
      kind,
      `Cannot read the report: ${reason}`,
      'Drop it as a PDF or a UTF-8 text file of at most 15 MiB',
    ),
  );
}
