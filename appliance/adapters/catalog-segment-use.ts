import type { Row } from '#sync/core/database.ts';
import type { HousekeepingCatalog, PlacedInstance } from '../housekeeping/ports.ts';
import type { InstanceState } from '../store/instance-states.ts';
import { goneStates, numberOf, storedObjectOf, textOf } from './catalog-rows.ts';

/** Reads rows of the catalog. */
export type Query = (sql: string, ...args: readonly (string | number)[]) => Promise<readonly Row[]>;

const here = `state NOT IN ${goneStates}`;

/** What of each segment is still needed. */
export function segmentUseOf(
  query: Query,
): Pick<
  HousekeepingCatalog,
  'deadSegments' | 'reclaimedSegments' | 'graves' | 'residents' | 'copies' | 'unmoved'
> {
  return {
    deadSegments: async () => {
      const rows = await query(
        `SELECT segment, (SELECT coalesce(sum(payloadSizeBytes), 0) FROM instance
           WHERE instance.segment = dead.segment AND ${here}) AS liveBytes
         FROM (SELECT DISTINCT segment FROM grave) AS dead`,
      );
      return rows.map((row) => ({
        segment: textOf(row['segment']),
        liveBytes: numberOf(row['liveBytes']),
      }));
    },
    reclaimedSegments: async () => {
      const rows = await query('SELECT segment FROM segment WHERE isReclaimed = 1');
      return new Set(rows.map((row) => textOf(row['segment'])));
    },
    graves: async (segment) => {
      const rows = await query('SELECT recordOffset FROM grave WHERE segment = ?', segment);
      return new Set(rows.map((row) => numberOf(row['recordOffset'])));
    },
    residents: async (segment) => {
      const rows = await query(
        `SELECT * FROM instance WHERE segment = ? AND ${here} ORDER BY recordOffset`,
        segment,
      );
      return rows.map(placedOf);
    },
    copies: async (segment) => {
      const rows = await query(
        `SELECT instance.*, copy.recordOffset AS copyOffset FROM copy
         JOIN instance USING (sopInstanceUid, datasetSha256) WHERE copy.segment = ?`,
        segment,
      );
      return rows.map((row) => ({
        recordOffset: numberOf(row['copyOffset']),
        main: placedOf(row),
      }));
    },
    unmoved: async (segment) => {
      const [row] = await query(
        `SELECT count(*) AS number FROM instance WHERE segment = ? AND ${here} AND NOT EXISTS
           (SELECT 1 FROM copy WHERE copy.sopInstanceUid = instance.sopInstanceUid
            AND copy.datasetSha256 = instance.datasetSha256 AND copy.segment <> instance.segment)`,
        segment,
      );
      return numberOf(row?.['number']);
    },
  };
}

/** An instance with its place. */
export function placedOf(row: Row): PlacedInstance {
  return {
    ...storedObjectOf(row),
    recordOffset: numberOf(row['recordOffset']),
    state: textOf(row['state']) as InstanceState,
    isBad: row['state'] === 'damaged' || row['badAtMs'] !== null,
  };
}
