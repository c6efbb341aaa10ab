import type { Database } from '#sync/core/database.ts';
import type { StoredReport } from '../ports-studies.ts';
import { isReadWholeSql } from './catalog-ledger.ts';
import { numberOf, rowsOf, textOf, textOrNull, travellingStates } from './catalog-rows.ts';

/** Reports that match `where`, newest version first; one row for each pack that brought one. */
export async function readReports(
  database: Database,
  where: string,
  ...args: readonly string[]
): Promise<readonly StoredReport[]> {
  const rows = await rowsOf(
    database,
    `SELECT report.*, ((SELECT packId FROM pack WHERE kind = 'manifest' AND hasList = 1
         AND pack.studyInstanceUid = report.studyInstanceUid AND state <> 'dropped'
         ORDER BY manifestVersion DESC LIMIT 1) IS NOT manifest
       OR EXISTS (SELECT 1 FROM instance WHERE listedIn IS NULL AND state IN ${travellingStates}
         AND instance.studyInstanceUid = report.studyInstanceUid))
       AND NOT (${isReadWholeSql}) AS isOlderThanImages
     FROM report ${where} ORDER BY report, version DESC, receivedAtMs`,
    ...args,
  );
  return rows.map((row) => ({
    atMs: numberOf(row['receivedAtMs']),
    packId: textOf(row['packId']),
    center: textOf(row['center']),
    study: textOf(row['studyInstanceUid']),
    report: textOf(row['report']),
    version: numberOf(row['version']),
    status: textOf(row['status']) as StoredReport['status'],
    manifest: textOf(row['manifest']),
    author: { name: textOf(row['authorName']), registerNo: textOf(row['authorRegisterNo']) },
    signedOffAt: textOf(row['signedOffAt']),
    documents: JSON.parse(textOf(row['documents'])) as StoredReport['documents'],
    digest: textOf(row['digest']),
    supersedes: textOrNull(row['supersedes']),
    refusal:
      row['refusal'] === null
        ? null
        : { kind: textOf(row['refusalKind']), message: textOf(row['refusal']) },
    isOlderThanImages: numberOf(row['isOlderThanImages']) === 1,
    ...(row['critical'] !== null && {
      critical: JSON.parse(textOf(row['critical'])) as NonNullable<StoredReport['critical']>,
    }),
    ...(row['patient'] !== null && {
      patient: JSON.parse(textOf(row['patient'])) as NonNullable<StoredReport['patient']>,
    }),
  }));
}

/** Reports that are shown and whose receipt is not sealed, or was lost. */
export function readUnansweredReports(database: Database): Promise<readonly StoredReport[]> {
  return readReports(
    database,
    `WHERE refusal IS NULL AND NOT EXISTS
      (SELECT 1 FROM pack WHERE pack.answers = report.packId AND pack.state <> 'dropped')`,
  );
}

/** Reports of studies that are not here. */
export function readStrayReports(database: Database): Promise<readonly StoredReport[]> {
  return readReports(
    database,
    `WHERE refusalKind = 'report/unknown-study' AND NOT EXISTS
      (SELECT 1 FROM study WHERE study.studyInstanceUid = report.studyInstanceUid)`,
  );
}

/** The first document of the newest version that is shown: its content type, and the name of its file. */
export async function readReportDocument(
  database: Database,
  report: string,
): Promise<{ readonly type: string; readonly sha256: string } | undefined> {
  const reports = await readReports(database, 'WHERE report = ? AND refusal IS NULL', report);
  const [type, sha256] = reports[0]?.documents[0] ?? [];
  return type === undefined || sha256 === undefined ? undefined : { type, sha256 };
}
