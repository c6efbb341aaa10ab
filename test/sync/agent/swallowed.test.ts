import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBoard } from '#sync/agent/board.ts';
import type { CallFault } from '#sync/agent/call.ts';
import { createPulse } from '#sync/agent/pulse.ts';
import { areSwallowed, type ProvingConnection } from '#sync/agent/swallowed.ts';
import { fault } from '#sync/core/fault.ts';
import { silentLog } from '#sync/core/log.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

type Pinged = Result<void, CallFault>;
const closed: Pinged = fail(fault('link/closed', 'no', 'wait', 'later'));

/** A silence that is looked into, 2 Mbit/s and 300 ms away, over a link that the test speaks for. */
async function open(pinged: (use: string | undefined, atMs: number) => number | undefined) {
  const clock = createVirtualClock();
  const board = createBoard(clock);
  const stop = new AbortController();
  const asked: { readonly use: string | undefined; readonly atMs: number }[] = [];
  const pulse = createPulse(clock, () => undefined);
  const connection: ProvingConnection = {
    ...{ board, clock, log: silentLog, pulse, signal: stop.signal },
    random: { bytes: (length) => new Uint8Array(length), fraction: () => 1 },
    client: {
      async ping(signal, use, deadlineMs = 45_000): Promise<Pinged> {
        const atMs = clock.monotonicMs();
        asked.push({ use, atMs });
        const tookMs = pinged(use, atMs);
        if (tookMs !== undefined && tookMs < 0) return closed;
        await clock.wait(Math.min(tookMs ?? Infinity, deadlineMs), signal);
        const isAnswered = !signal.aborted && tookMs !== undefined && tookMs <= deadlineMs;
        return isAnswered ? ok(undefined) : closed;
      },
    },
  };
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.advance(50);
      for (let turn = 0; turn < 60; turn++) await Promise.resolve();
    }
  };
  board.echoed(300);
  board.acknowledged({ fromMs: 0, toMs: 1_000, sizeBytes: 250_000 });
  const beat = pulse.begin();
  const sinceMs = pulse.silentSinceMs() ?? assert.fail();
  await pass(1_600);
  let proof: boolean | undefined;
  const proving = areSwallowed(connection, { sinceMs, underWayBytes: 250_000, inVain: 0 });
  void proving.then((is) => {
    proof = is;
  });
  const until = async (limitMs: number): Promise<number> => {
    const fromMs = clock.monotonicMs();
    while (proof === undefined && clock.monotonicMs() - fromMs < limitMs) await pass(50);
    return clock.monotonicMs() - fromMs;
  };
  return { beat, pulse, asked, until, board, stop, proof: () => proof };
}

test('where only fresh connections are answered the others are swallowed, which is known within seconds', async () => {
  const { until, proof, asked, pulse } = await open((use) => (use === 'fresh' ? 900 : undefined));
  const tookMs = await until(60_000);
  assert.equal(proof(), true);
  assert.ok(tookMs < 5_000, `${tookMs} ms`);
  assert.deepEqual([...new Set(asked.map(({ use }) => use))], ['kept', 'fresh']);
  assert.ok(!pulse.isDark);
});

test('a queue that holds up everything swallows nothing, even when one packet is lost and repeated', async () => {
  for (const queueMs of [0, 500, 1_500, 8_000]) {
    const one = 300 + queueMs;
    const road = await open((use) => (use === 'fresh' ? 3 * one : 2.5 * one + 200));
    await road.until(60_000);
    assert.equal(road.proof(), false, `a queue of ${queueMs} ms`);
  }
});

test('an old request that is answered meanwhile, broken or given up ends the search', async () => {
  const answered = await open((use) => (use === 'fresh' ? 900 : undefined));
  answered.beat.answered();
  await answered.until(1_000);
  assert.equal(answered.proof(), false);
  const over = await open((use) => (use === 'fresh' ? 900 : undefined));
  over.beat.ended();
  await over.until(1_000);
  assert.equal(over.proof(), false);
  const broken = await open((use) => (use === 'fresh' ? 900 : undefined));
  broken.pulse.alarm();
  await broken.until(1_000);
  assert.equal(broken.proof(), false);
});

test('where nothing rests that could be asked nothing is called swallowed', async () => {
  const { until, proof } = await open((use) => (use === 'fresh' ? 900 : -1));
  await until(30_000);
  assert.equal(proof(), false);
});

test('behind something that accepts connections itself the link is found within two seconds of its return', async () => {
  const backMs = 12_000;
  const isBack = (use: string | undefined, atMs: number) => use === 'fresh' && atMs >= backMs;
  const { until, proof, asked } = await open((use, atMs) => (isBack(use, atMs) ? 900 : undefined));
  const tookMs = await until(60_000);
  assert.equal(proof(), true);
  assert.ok(tookMs + 1_600 < backMs + 2_100, `${tookMs + 1_600 - backMs} ms after its return`);
  assert.ok(asked.length <= 15, `${asked.length} requests into the void`);
});

test('after a long outage a waking makes a request at once', async () => {
  let isBack = false;
  const { until, proof, board } = await open((use) =>
    isBack && use === 'fresh' ? 900 : undefined,
  );
  await until(40_000);
  assert.equal(proof(), undefined);
  isBack = true;
  board.wake.ring();
  const tookMs = await until(5_000);
  assert.equal(proof(), true);
  assert.ok(tookMs <= 1_000, `${tookMs} ms`);
});

test('whoever wakes while the answer of a fresh connection is weighed stops no clock', async () => {
  const road = await open((use) => (use === 'fresh' ? 300 : undefined));
  await road.until(400);
  assert.equal(road.proof(), undefined);
  const { wake } = road.board;
  const { after } = wake;
  let looks = 0;
  wake.after = (...wait) => {
    looks++;
    return after(...wait);
  };
  wake.ring();
  const tookMs = await road.until(60_000);
  assert.equal(road.proof(), true);
  assert.ok(looks < 100, `${looks} looks without a wait`);
  assert.ok(tookMs > 100, `${tookMs} ms`);
});
