import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createForwarding } from '#appliance/outbound/forwarding.ts';
import type { WaitingInstance } from '#appliance/outbound/ports.ts';
import { silentLog } from '#sync/core/log.ts';
import { ok } from '#sync/core/result.ts';
import type { OpensAssociation } from '#sync/dimse/scu.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

const hourMs = 3_600_000;

/** A box that forwards everything to one PACS, which takes images while it `isOn`; time is moved by hand. */
async function open() {
  const clock = createVirtualClock();
  const stop = new AbortController();
  const here: WaitingInstance[] = [];
  const gone = new Set<string>();
  const looks: number[] = [];
  const pacs = { isOn: false };
  const openAssociation: OpensAssociation = async () =>
    pacs.isOn
      ? {
          kind: 'open',
          contextOf: () => 1,
          request: async () => ({ status: 0 }) as never,
          release: async () => undefined,
        }
      : { kind: 'unreachable', code: 'ECONNREFUSED' };
  const forwarding = createForwarding(
    {
      catalog: {
        starts: async () => new Map([['PACS', 0]]),
        waiting: async (_rules, limit, sinceMs) => {
          looks.push(sinceMs);
          const waits = here.filter((each) => each.arrivedAtMs >= sinceMs);
          return waits.filter((each) => !gone.has(each.sopInstanceUid)).slice(0, limit);
        },
        waitingCount: async () => 0,
        forwardedCount: async () => gone.size,
      },
      recorder: {
        record: async (facts) => {
          for (const fact of facts)
            if (fact.fact === 'forwarded') for (const [uid] of fact.instances) gone.add(uid);
          return ok(undefined);
        },
      },
      store: { read: async () => ok(new Uint8Array()) },
      ...{ openAssociation, clock, random: { fraction: () => 0.5 }, log: silentLog },
    },
    {
      destinations: [{ name: 'PACS', aeTitle: 'PACS1', address: '192.0.2.40', port: 104 }],
      rules: [{ to: 'PACS' }],
      callingAeTitle: 'OUTPOST',
    },
  );
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
  };
  const running = forwarding.run(stop.signal);
  await settle();
  return {
    ...{ forwarding, gone, looks, pacs, settle, clock },
    health: () => forwarding.health()[0],
    /** An image is in the catalog that arrived `agoMs` ago. */
    add: (sopInstanceUid: string, agoMs = 0) => {
      here.push({
        ...{ sopInstanceUid, datasetSha256: '0', sopClassUid: '1', transferSyntaxUid: '2' },
        ...{ segment: 's', payloadOffset: 0, payloadSizeBytes: 1, fileHeaderSizeBytes: 0 },
        arrivedAtMs: clock.nowMs() - agoMs,
      });
    },
    pass: async (ms: number, stepMs = 60_000) => {
      for (let at = 0; at < ms; at += stepMs) {
        clock.advance(stepMs);
        await settle();
      }
    },
    end: async () => {
      stop.abort();
      await running;
    },
  };
}

test('a new image goes when the bell rings, and the look for it reads only what came lately', async () => {
  const world = await open();
  world.pacs.isOn = true;
  world.add('1.1');
  world.forwarding.wake();
  await world.settle();
  assert.deepEqual([...world.gone], ['1.1']);
  const [first, second] = world.looks;
  assert.equal(first, 0);
  assert.ok(second !== undefined && second > 0);
  await world.end();
});

test('an old image that a person freed is found though nobody rings for its time', async () => {
  const world = await open();
  world.pacs.isOn = true;
  world.add('1.1', 24 * hourMs);
  world.forwarding.wake();
  await world.settle();
  assert.equal(world.gone.size, 0);
  // New images that ring all the time do not put off the look at all.
  for (let at = 0; at < 6; at++) {
    world.forwarding.wake();
    await world.pass(10_000, 10_000);
  }
  assert.deepEqual([...world.gone], ['1.1']);
  await world.end();
});

test('a destination that takes nothing for an hour while images wait is stuck, until it takes one', async () => {
  const world = await open();
  await world.pass(3 * hourMs);
  assert.equal(world.health()?.isStuck, false);
  world.add('1.1');
  world.forwarding.wake();
  await world.pass(hourMs - 120_000);
  assert.match(world.health()?.trouble ?? '', /"PACS" at 192\.0\.2\.40 port 104/);
  assert.equal(world.health()?.isStuck, false);
  await world.pass(300_000);
  assert.equal(world.health()?.isStuck, true);
  world.pacs.isOn = true;
  await world.pass(hourMs / 2);
  assert.deepEqual(world.health(), {
    ...{ destination: 'PACS', waitingSinceMs: undefined, trouble: undefined, isStuck: false },
  });
  // The hour begins with the last image that it took.
  world.pacs.isOn = false;
  world.add('1.2', 2 * hourMs);
  world.forwarding.wake();
  await world.pass(300_000);
  assert.ok(world.health()?.trouble);
  assert.equal(world.health()?.isStuck, false);
  await world.end();
});
