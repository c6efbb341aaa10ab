import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { createDecoder } from '#sync/adapters/decoder-worker.ts';
import { workerLanes } from '#sync/adapters/worker-lane-threads.ts';
import { codings } from '#sync/coding/coding.ts';
import { expectOk } from '#sync/core/result.ts';
import type { OpenWorkerLane } from '#sync/core/worker-lane.ts';
import { buildData, type DataPiece } from '#sync/letters/data.ts';
import { syntheticStudy } from '../../support/synthetic-ct.ts';

const pieces: readonly DataPiece[] = syntheticStudy({ seed: 5, slices: 3, rows: 128 }).map(
  ({ part10, datasetSha256 }) => ({
    datasetSha256: datasetSha256 as DataPiece['datasetSha256'],
    sizeBytes: part10.length,
    from: 0,
    to: part10.length,
    bytes: part10,
  }),
);
const study = '2.25.5';

function decoderOf(t: TestContext, openLane = workerLanes(systemClock)) {
  const decoder = createDecoder(openLane);
  t.after(() => decoder.close());
  return decoder;
}

test('what a box coded comes back byte for byte, in every coding', async (t) => {
  const decoder = decoderOf(t);
  for (const coding of codings) {
    const { meta, payload } = buildData(study, coding, pieces);
    const decoded = expectOk(await decoder.decode(meta, payload));
    assert.equal(decoded.length, pieces.length);
    for (const [index, { bytes }] of pieces.entries()) {
      assert.ok(Buffer.from(bytes).equals(decoded[index] ?? Buffer.of()), `coding ${coding}`);
    }
  }
});

test('a damaged payload is refused with a reason, and the next one is read', async (t) => {
  const decoder = decoderOf(t);
  const { meta, payload } = buildData(study, 1, pieces);
  const refused = await decoder.decode(meta, payload.subarray(0, payload.length - 9));
  assert.ok(!refused.ok && refused.fault.kind === 'decoder/refused');
  assert.ok((await decoder.decode(meta, payload)).ok);
});

test('a payload that holds the codec up is given up after the second try', async (t) => {
  const hanging = new URL('../../support/odd-worker.ts', import.meta.url);
  const openLane: OpenWorkerLane = (_, options) =>
    workerLanes(systemClock)(hanging, { ...options, limitMs: 700 });
  const decoder = decoderOf(t, openLane);
  const { meta, payload } = buildData(study, 1, pieces);
  const refused = await decoder.decode(meta, payload);
  assert.ok(!refused.ok && refused.fault.kind === 'decoder/limit');
});
