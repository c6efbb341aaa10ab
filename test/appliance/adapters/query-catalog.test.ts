import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createQueryCatalog } from '#appliance/adapters/query-catalog-libsql.ts';
import type { Narrowing, QueryLevel } from '#appliance/query/ports.ts';
import type { Keyword } from '#sync/dicom/dictionary.ts';
import { explainingDatabase } from '#test/support/query-plans.ts';

test('no query that is narrowed reads a whole table, whatever the database thinks of its size', async (t) => {
  const { database, plans } = await explainingDatabase(t);
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
