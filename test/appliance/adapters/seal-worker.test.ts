import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSealer } from '#appliance/adapters/seal-worker.ts';
import type { SealJob, SealPart } from '#appliance/ports-sealing.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { workerLanes } from '#sync/adapters/worker-lane-threads.ts';
import { codingMax } from '#sync/coding/coding.ts';
import type { Level } from '#sync/coding/payload.ts';
import { expectOk } from '#sync/core/result.ts';
import { decodeData, parseDataMeta } from '#sync/letters/data.ts';
import { openPack } from '#sync/seal/open.ts';
import { syntheticStudy } from '#test/support/synthetic-ct.ts';
import { centerOf } from '#test/sync/seal/parties.ts';
import { shake } from '#test/sync/seal/shake-random.ts';

const center = centerOf('seal-worker');
const [slice] = syntheticStudy({ seed: 2, slices: 1, rows: 64 });
assert.ok(slice);

test('a worker seals what the center opens, smaller than it was', async (t) => {
  const sealer = createSealer(shake('identity', 32), workerLanes(systemClock), 1);
  t.after(() => sealer.close());
  const sealed = expectOk(await sealer.seal(jobOf([partOf(slice.part10.slice())], 'fast zstd')));
  const { meta, payload } = open(sealed.bytes);
  const data = expectOk(parseDataMeta(meta, payload.length));
  assert.equal(data.coding, 1);
  assert.ok(payload.length < slice.part10.length);
  assert.deepEqual(expectOk(decodeData(data, payload))[0], slice.part10);
});

test('bytes are sent as they are at the level that codes nothing', async (t) => {
  const sealer = createSealer(shake('identity', 32), workerLanes(systemClock), 1);
  t.after(() => sealer.close());
  const sealed = expectOk(await sealer.seal(jobOf([partOf(slice.part10.slice())], 'raw')));
  assert.deepEqual(open(sealed.bytes).payload, slice.part10);
});

test('bytes that do not shrink are sent as they are', async (t) => {
  const sealer = createSealer(shake('identity', 32), workerLanes(systemClock), 1);
  t.after(() => sealer.close());
  const noise = shake('noise', 30_000);
  const piece = { ...partOf(noise), sizeBytes: 60_000, from: 0, to: 30_000 };
  const sealed = expectOk(await sealer.seal(jobOf([piece], 'fast zstd')));
  assert.deepEqual(open(sealed.bytes).payload, shake('noise', 30_000));
});

test('an object that no longer hashes to its digest is named and not sealed', async (t) => {
  const sealer = createSealer(shake('identity', 32), workerLanes(systemClock), 1);
  t.after(() => sealer.close());
  const rotten = slice.part10.slice();
  rotten[rotten.length - 1] = (rotten[rotten.length - 1] ?? 0) ^ 1;
  const refused = await sealer.seal(jobOf([partOf(rotten)], 'fast zstd'));
  assert.ok(!refused.ok && refused.fault.kind === 'seal/damaged-source');
  assert.deepEqual(refused.fault.damaged?.[0]?.datasetSha256, slice.datasetSha256);
});

test('jobs that wait together are answered each with its own pack', async (t) => {
  const sealer = createSealer(shake('identity', 32), workerLanes(systemClock), 2);
  t.after(() => sealer.close());
  const jobs = [1, 2, 3, 4].map((text) =>
    sealer.seal({ ...jobOf([], 'fast zstd'), kind: 'manifest', letter: letterOf(text) }),
  );
  const texts = (await Promise.all(jobs)).map((each) => open(expectOk(each).bytes).meta['text']);
  assert.deepEqual(texts, [1, 2, 3, 4]);
});

function letterOf(text: number): SealJob['letter'] {
  return { meta: { text }, payload: new Uint8Array() };
}

function partOf(bytes: Uint8Array): SealPart {
  return {
    sopInstanceUid: slice?.sopInstanceUid ?? '',
    datasetSha256: slice?.datasetSha256 ?? '',
    bytes,
    sizeBytes: bytes.length,
    from: 0,
    to: bytes.length,
    fileHeaderSizeBytes: slice?.fileHeaderSizeBytes ?? 0,
  };
}

function jobOf(parts: readonly SealPart[], level: Level): SealJob {
  return {
    class: 2,
    kind: 'data',
    mailbox: center.keyList.mailbox,
    recipientParty: center.partyId,
    recipients: [center.receive],
    sealedAtMs: 0,
    stream: shake('stream', 16),
    sequence: 1n,
    parts,
    letter: { study: '2.25.1', level, codingMax },
  };
}

function open(bytes: Uint8Array) {
  return expectOk(
    openPack(bytes, {
      mailbox: center.keyList.mailbox,
      secrets: [center.receive],
      partyId: center.partyId,
      hasPackId: () => false,
      maySign: () => true,
      packIdOfUid: () => undefined,
    }),
  );
}
