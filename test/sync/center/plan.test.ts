import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOf } from '#sync/center/instances.ts';
import { planBatch } from '#sync/center/plan.ts';
import type { InstanceRow } from '#sync/center/rows.ts';

const row = (n: number, study = '2.25.1', sizeBytes = 100): InstanceRow => ({
  sopInstanceUid: `2.25.1${n}`,
  datasetSha256: 'aa',
  studyInstanceUid: study,
  seriesInstanceUid: '2.25.2',
  sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
  transferSyntaxUid: '1.2.840.10008.1.2.1',
  sizeBytes,
  instanceNumber: n,
  enteredAs: 'planned',
  state: 'planned',
  refusals: 0,
  resentAfterCrash: 0,
  lastFault: null,
  storedAt: null,
});
const numbers = (rows: readonly InstanceRow[]) => rows.map(({ instanceNumber }) => instanceNumber);

test('a batch is of one study, within the limits', () => {
  const planned = [row(1), row(2), row(3), row(4, '2.25.9')];
  const limits = { instances: 2, sizeBytes: 1_000 };
  assert.deepEqual(numbers(planBatch(planned, new Map(), 0, limits).rows), [1, 2]);
  const bytes = { instances: 9, sizeBytes: 250 };
  assert.deepEqual(numbers(planBatch(planned, new Map(), 0, bytes).rows), [1, 2]);
  assert.deepEqual(numbers(planBatch(planned.slice(2), new Map(), 0).rows), [3]);
});

test('an object larger than a batch goes alone', () => {
  const planned = [row(1, '2.25.1', 5_000), row(2)];
  const limits = { instances: 9, sizeBytes: 1_000 };
  assert.deepEqual(numbers(planBatch(planned, new Map(), 0, limits).rows), [1]);
});

test('what was refused lately stands aside, and its pause is told when nothing else is left', () => {
  const planned = [row(1), row(2, '2.25.9')];
  const pauses = new Map([[keyOf(row(1)), 500]]);
  assert.deepEqual(numbers(planBatch(planned, pauses, 499).rows), [2]);
  assert.deepEqual(planBatch(planned.slice(0, 1), pauses, 499), { rows: [], waitUntilMs: 500 });
  assert.deepEqual(numbers(planBatch(planned, pauses, 500).rows), [1]);
  assert.deepEqual(planBatch([], pauses, 0), { rows: [], waitUntilMs: undefined });
});
