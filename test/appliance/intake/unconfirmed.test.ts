import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createUnconfirmed } from '#appliance/intake/unconfirmed.ts';
import { silentLog } from '#sync/core/log.ts';
import { ok } from '#sync/core/result.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

const hourMs = 3_600_000;
const packOf = (resends: number) => ({
  ...{ packId: 'a', study: '1.2', center: 'c', sizeBytes: 1_000, resends },
  offeredAtMs: undefined,
});

function createWorld() {
  const clock = createVirtualClock();
  const dropped: string[] = [];
  const catalog = { packs: [packOf(0)], delivered: 0 };
  const unconfirmed = createUnconfirmed(
    {
      catalog: {
        unconfirmedPacks: async () => catalog.packs,
        packedInstances: async () => [],
        resends: async () => [],
        resendRegisters: async () => [],
        resendWords: async () => new Set<string>(),
        totals: async () => ({ studies: 2, instances: 9, onlyHere: 9 - catalog.delivered }),
      },
      recorder: {
        record: async (facts) => {
          for (const fact of facts) if (fact.fact === 'dropped') dropped.push(fact.packId);
          return ok(undefined);
        },
      },
      spool: { agentState: async () => undefined },
      clock,
      log: silentLog,
    },
    24 * hourMs,
  );
  const after = async (hours: number): Promise<void> => {
    clock.advance(hours * hourMs);
    await unconfirmed.turn();
  };
  return { unconfirmed, catalog, dropped, after };
}

test('a study that the center skips while it confirms others is sent again', async () => {
  const { unconfirmed, catalog, dropped, after } = createWorld();
  await after(1);
  catalog.delivered = 3;
  await after(23);
  assert.deepEqual([unconfirmed.studies(), dropped], [0, []], 'a day is given');
  await after(2);
  assert.deepEqual([unconfirmed.studies(), dropped], [1, ['a']]);
});

test('a center that confirms nothing is an alarm, and nothing is sent twice', async () => {
  const { unconfirmed, dropped, after } = createWorld();
  await after(1);
  await after(60);
  assert.deepEqual([unconfirmed.studies(), dropped], [1, []]);
});

test('a study goes twice more at most, then a person is needed', async () => {
  const { unconfirmed, catalog, dropped, after } = createWorld();
  catalog.packs = [packOf(2)];
  await after(1);
  catalog.delivered = 3;
  await after(1);
  await after(30);
  assert.deepEqual([unconfirmed.studies(), dropped], [1, []]);
  assert.equal(unconfirmed.refusedResends().size, 1);
});
