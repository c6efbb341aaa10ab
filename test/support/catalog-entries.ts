import type { TestContext } from 'node:test';
import { createCatalog } from '#appliance/adapters/catalog-libsql.ts';
import { catalogMigrations } from '#appliance/adapters/catalog-schema.ts';
import type { CatalogEntry } from '#appliance/ports-catalog.ts';
import type { BoxFact } from '#appliance/store/facts.ts';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import type { InstanceAttributes } from '#sync/dicom/types.ts';
import { uid } from '#sync/dicom/uid.ts';
import { databasePath } from '../contract/database.ts';
import { syntheticSlice } from './synthetic-ct.ts';

/** What every instance of these tests says of itself, unless a test changes it. */
export const { attributes } = syntheticSlice({ seed: 1, slices: 1, rows: 16 }, 0);
export const study = attributes.studyInstanceUid ?? '';
export const segment = 'lane-0-0000001.seg';
export const payloadSizeBytes = 2_000;
/** Root public keys of two centers. */
export const center = 'c'.repeat(64);
export const otherCenter = 'd'.repeat(64);

export const uidOf = (number: number) => uid(`2.25.${number}`);
export const digestOf = (number: number): string => number.toString(16).padStart(64, '0');
export const packOf = (number: number): string => `${number}`.padStart(64, 'a');

/** Instance `number`, the bytes of which lie at `place`. */
export function entryOf(
  number: number,
  change: Partial<InstanceAttributes> = {},
  { callingAeTitle = 'CT1', place = number } = {},
): CatalogEntry {
  const { sopClassUid, transferSyntaxUid } = attributes;
  const sopInstanceUid = uidOf(number);
  const mine = { ...attributes, sopInstanceUid, ...change };
  const recordOffset = 4_096 * place;
  return {
    attributes: mine,
    record: {
      arrival: {
        ...{ arrivedAtMs: place, callingAeTitle },
        ...{ sopInstanceUid, sopClassUid, transferSyntaxUid },
      },
      ...{ segment, recordOffset, payloadOffset: recordOffset + 512, payloadSizeBytes },
      fileHeaderSizeBytes: 300,
      datasetSha256: digestOf(number),
      studyInstanceUid: mine.studyInstanceUid,
      seriesInstanceUid: mine.seriesInstanceUid,
      nextOffset: recordOffset + 4_096,
    },
  };
}

export type SealedFact = Extract<BoxFact, { fact: 'sealed' }>;

/** Pack `number` of the study was sealed to `center`. */
export function sealed(number: number, what: Partial<SealedFact>): SealedFact {
  return {
    ...{ fact: 'sealed', atMs: number, packId: packOf(number), center, study },
    kind: what.manifest ? 'manifest' : 'data',
    ...{ class: 2, group: '0'.repeat(32), sizeBytes: payloadSizeBytes },
    ...what,
  };
}

/** All of these instances, whole. */
export const wholePieces = (...numbers: readonly number[]): NonNullable<SealedFact['pieces']> =>
  numbers.map((n) => [uidOf(n), digestOf(n), 0, payloadSizeBytes]);

/** An empty catalog in a folder of its own. */
export async function openEmptyCatalog(t: TestContext) {
  const path = await databasePath(t);
  const database = expectOk(await openDatabase(path, { schema: catalogMigrations }, silentLog));
  t.after(() => database.close());
  const catalog = createCatalog(database);
  let offset = 0;
  return {
    ...{ catalog, database },
    add: async (...entries: readonly CatalogEntry[]) =>
      void expectOk(await catalog.addInstances(entries)),
    apply: async (...facts: readonly BoxFact[]) => {
      offset += 1;
      expectOk(await catalog.apply(facts, { file: 'facts-1', offset }));
    },
  };
}
