import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogMigrations } from '#appliance/adapters/catalog-schema.ts';
import { createQueryCatalog } from '#appliance/adapters/query-catalog-libsql.ts';
import type { Narrowing, QueryLevel } from '#appliance/query/ports.ts';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import type { Database } from '#sync/core/database.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import type { Keyword } from '#sync/dicom/dictionary.ts';
import { databasePath } from '#test/contract/database.ts';

test('no query that is narrowed reads a whole table, whatever the database thinks of its size', async (t) => {
  const { database, plans } = await explained(t);
  const catalog = createQueryCatalog(database);
  const wanted = new Set<Keyword>([
    ...(['NumberOfPatientRelatedInstances', 'NumberOfStudyRelatedInstances'] as const),
    ...(['ModalitiesInStudy', 'SOPClassesInStudy', 'NumberOfSeriesRelatedInstances'] as const),
  ]);
  const patientIds = ['P1'];
  const studyInstanceUids = ['1.2'];
  const seriesInstanceUids = ['1.3'];
  const series = { studyInstanceUids, seriesInstanceUids };
  const asked: readonly (readonly [QueryLevel, Narrowing])[] = [
    ['PATIENT', { patientIds }],
    ['STUDY', { patientIds }],
    ['STUDY', { studyInstanceUids }],
    ['STUDY', { accessionNumbers: ['A1'] }],
    ['STUDY', { studyDates: { from: '20260101', to: '20260101' } }],
    ['SERIES', { studyInstanceUids }],
    ['SERIES', { ...series, patientIds }],
    ['IMAGE', series],
    ['IMAGE', { ...series, sopInstanceUids: ['1.4'] }],
    ['IMAGE', { patientIds }],
    ['IMAGE', { studyInstanceUids }],
  ];
  for (const [level, narrowing] of asked) {
    await catalog.page(level, narrowing, wanted, undefined);
    if (level !== 'IMAGE') continue;
    await catalog.count(narrowing);
    await catalog.classes(narrowing);
  }
  await catalog.undescribed(50);
  assert.ok(plans.length >= asked.length);
  assert.deepEqual(
    plans.filter(({ plan }) =>
      /(SCAN (study|instance)\b|(study|instance) USING INTEGER PRIMARY KEY \(rowid[<>])/.test(plan),
    ),
    [],
  );
});

/** The database, and how it goes about every reading. */
async function explained(t: Parameters<typeof databasePath>[0]) {
  const path = await databasePath(t);
  const database = expectOk(await openDatabase(path, { schema: catalogMigrations }, silentLog));
  t.after(() => database.close());
  const plans: { readonly sql: string; readonly plan: string }[] = [];
  const explaining: Database = {
    ...database,
    read: async (sql, args) => {
      const steps = expectOk(await database.read(`EXPLAIN QUERY PLAN ${sql}`, args));
      plans.push({ sql, plan: steps.map((step) => String(step['detail'])).join('; ') });
      return database.read(sql, args);
    },
  };
  return { database: explaining, plans };
}
