import { z } from 'zod';
import {
  countField,
  dicomTextField,
  digestField,
  textField,
  timeField,
  uidField,
  versionField,
} from './fields.ts';

/** The id of a report over all its versions; chosen by the center, safe as a file name and in a URL. */
export const reportIdField = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/);

export const reportStatuses = ['preliminary', 'final', 'amended', 'withdrawn'] as const;
export type ReportStatus = (typeof reportStatuses)[number];

/** `text/plain` (UTF-8) is shown; the others are only exported. */
export const documentTypes = ['text/plain', 'application/pdf', 'application/dicom'] as const;
export type DocumentType = (typeof documentTypes)[number];

/** The longest text document, bytes. */
export const maxTextBytes = 1024 * 1024;

/** Most bytes of one document, and of all of a report: what one pack holds. */
export const maxReportBytes = 16 * 1024 * 1024;

const documentSchema = z.strictObject({
  type: z.enum(documentTypes),
  sha256: digestField,
  length: z.int().positive().max(maxReportBytes),
});

/** The meta of a report (kind 3), as in the sealed-pack format. `study` is the StudyInstanceUID. */
export const reportMetaSchema = z
  .strictObject({
    v: versionField,
    report: reportIdField,
    version: z.int().positive(),
    status: z.enum(reportStatuses),
    study: uidField,
    /** Pack id of the manifest that was read. */
    manifest: digestField,
    /** As in the images, so that the box can compare. */
    patient: z.strictObject({ id: dicomTextField, birth: dicomTextField, sex: dicomTextField }),
    author: z.strictObject({ name: textField(200), registerNo: textField(64) }),
    signedOffAt: timeField,
    critical: z.strictObject({ code: textField(64), text: textField(500) }).nullable(),
    documents: z.array(documentSchema).max(16).readonly(),
    /** Pack id of the version before; null for the first. */
    supersedes: digestField.nullable(),
    /** Number of the center's newest key list. */
    list: countField,
  })
  .refine(
    ({ status, documents }) => documents.length > 0 || status === 'withdrawn',
    'must have a document unless it is withdrawn',
  );
export type ReportMeta = z.infer<typeof reportMetaSchema>;
