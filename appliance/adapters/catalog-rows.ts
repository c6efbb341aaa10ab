import type { Database, DatabaseFault, Row, Statement, Value } from '#sync/core/database.ts';
import type { Result } from '#sync/core/result.ts';
import type { StoredObject } from '../store/twins.ts';

/** A read that the database refused: not expected, so it is thrown and met at the turn of a loop or in a request. */
class CatalogError extends Error {
  readonly fault: DatabaseFault;
  constructor(fault: DatabaseFault) {
    super(fault.message, { cause: fault });
    this.name = 'CatalogError';
    this.fault = fault;
  }
}

/** The rows of a query; throws `CatalogError`. */
export async function rowsOf(
  database: Database,
  sql: string,
  ...args: readonly Value[]
): Promise<readonly Row[]> {
  const result: Result<readonly Row[], DatabaseFault> = await database.read(sql, args);
  if (!result.ok) throw new CatalogError(result.fault);
  return result.value;
}

/** States of instances that do not stand for their SOP Instance UID. */
export const asideStates =
  "('purged', 'conflict', 'resend', 'identity', 'aside', 'rejected', 'discarded')";
/** States of instances that are to reach the center: all but purged, held and damaged ones. */
export const travellingStates = "('stored', 'packed', 'delivered')";
/** States of instances whose bytes are not needed here any more. */
export const goneStates = "('purged', 'discarded')";

/** Where the bytes of an instance lie: of the row itself, and of each second copy. */
export const placeColumns =
  'segment, recordOffset, payloadOffset, payloadSizeBytes, fileHeaderSizeBytes';

/** An instance that packs hold whole is `packed`; they never overlap, so the sum of their ranges says so. */
export const packedSql = `UPDATE instance SET state = 'packed'
  WHERE sopInstanceUid = ? AND datasetSha256 = ? AND state IN ('stored', 'conflict')
  AND payloadSizeBytes <= (SELECT coalesce(sum(toByte - fromByte), 0)
    FROM pack_instance AS piece JOIN pack USING (packId)
    WHERE piece.sopInstanceUid = instance.sopInstanceUid
    AND piece.datasetSha256 = instance.datasetSha256 AND piece.isLost = 0
    AND pack.state <> 'dropped')`;

/** A study that came from a medium alone and that nobody asked to send; a device of the clinic vouches for its own. */
export const isHeldSql = `(isFromDevice = 0 AND EXISTS (SELECT 1 FROM outside
  WHERE outside.studyInstanceUid = study.studyInstanceUid AND releasedAtMs IS NULL))`;

export function statement(sql: string, ...args: readonly Value[]): Statement {
  return { sql, args };
}

export function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}

export function textOrNull(value: Value | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

export function numberOf(value: Value | undefined): number {
  return Number(value ?? 0);
}

export function numberOrNull(value: Value | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

/** Where an object of the catalog lies. */
export function storedObjectOf(row: Row): StoredObject {
  return {
    sopInstanceUid: textOf(row['sopInstanceUid']),
    sopClassUid: textOf(row['sopClassUid']),
    transferSyntaxUid: textOf(row['transferSyntaxUid']),
    datasetSha256: textOf(row['datasetSha256']),
    segment: textOf(row['segment']),
    payloadOffset: numberOf(row['payloadOffset']),
    payloadSizeBytes: numberOf(row['payloadSizeBytes']),
    fileHeaderSizeBytes: numberOf(row['fileHeaderSizeBytes']),
  };
}
