import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCodingRates } from '#appliance/intake/coding-level.ts';
import { createDataPacking } from '#appliance/intake/data-packing.ts';
import type { Center } from '#appliance/ports-pairing.ts';
import type { SealJob } from '#appliance/ports-sealing.ts';
import type { PendingInstance } from '#appliance/ports-waiting.ts';
import { fault } from '#sync/core/fault.ts';
import { silentLog } from '#sync/core/log.ts';
import { fail, ok } from '#sync/core/result.ts';

const instance = { sopInstanceUid: '2.25.7', datasetSha256: 'ab' } as PendingInstance;
const plan = { pieces: [{ instance, from: 0, to: 4 }], sizeBytes: 8 * 1024 * 1024 };
const study = { study: '2.25.1', class: 2 as const, group: '00' };
const place = { queuedBytes: 0, hasMore: true, behindBytes: 1e9 };
const center = { keyList: { codingMax: 255 } } as Center;

function world(answer: (level: string) => 'sealed' | 'dead') {
  const asked: string[] = [];
  const seal = async (_fact: unknown, _parts: unknown, letter: SealJob['letter']) => {
    const level = 'level' in letter ? letter.level : 'none';
    asked.push(level);
    return answer(level) === 'sealed'
      ? ok({ packId: 'p', bytes: new Uint8Array(4) })
      : fail(fault('seal/worker', 'Cannot seal a pack: its worker ended', 'Again', 'now'));
  };
  let reads = 0;
  const pack = createDataPacking(
    {
      recorder: { record: async () => ok(undefined) },
      reader: {
        read: async () => {
          reads += 1;
          return { parts: [], damaged: [] };
        },
      },
      sealer: { width: 1 },
      codingRates: createCodingRates(),
      clock: { nowMs: () => 0 },
      log: silentLog,
    },
    center,
    { bytesPerS: 50_000, downS: 0 },
    seal,
  );
  return { pack, asked, reads: () => reads };
}

test('a worker that dies over a pack costs its coding, never the pack', async () => {
  const { pack, asked, reads } = world((level) => (level === 'raw' ? 'sealed' : 'dead'));
  const sealed = await pack(study, plan, place);
  assert.equal(sealed?.packId, 'p');
  assert.deepEqual(asked, ['slow link', 'fast zstd', 'raw']);
  // Buffers are handed over to the worker, so each try needs its own.
  assert.equal(reads(), 3);
});

test('when every worker dies the pack is tried again later', async () => {
  const { pack, asked } = world(() => 'dead');
  assert.equal(await pack(study, plan, place), undefined);
  assert.equal(asked.length, 3);
});
