import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createBoard } from '#sync/agent/board.ts';
import { pacingOf } from '#sync/agent/hold.ts';
import { createPulse } from '#sync/agent/pulse.ts';
import type { Running } from '#sync/agent/running.ts';
import { createValve } from '#sync/agent/valve.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';
import { createSeededRandom } from '#test/support/random-seeded.ts';

const roundTripMs = 600;
const pieceBytes = 33_000;
const side = 18;
/** A piece of 23 packets of which each is lost once in a hundred times waits for a round trip more. */
const lateShare = 0.2;
const stepMs = 10;

/** Uploads side by side over a link of 240 kB/s that is cut when the test says so. */
function open(seed: string) {
  const clock = createVirtualClock();
  const random = createSeededRandom(seed);
  const board = createBoard(clock);
  const running = new Set<Running>();
  const valve = createValve(clock);
  const pulse = createPulse(clock, () => board.bell.ring());
  const over = new AbortController();
  const link = { board, clock, pulse, running, valve };
  board.echoed(roundTripMs);
  let isUp = true;
  let leftBytes = 0;

  async function upload(isStat = false): Promise<void> {
    const request: Running = { isStat, sizeBytes: pieceBytes, stop: () => undefined };
    running.add(request);
    const beat = pulse.begin();
    const pace = pacingOf(link, beat, { isStat, length: pieceBytes });
    for (let at = 0; at < pieceBytes; ) {
      const sizeBytes = await pace(pieceBytes - at, over.signal);
      if (over.signal.aborted) return;
      at += sizeBytes;
      leftBytes += sizeBytes;
    }
    const fromMs = clock.monotonicMs();
    const isLate = random.fraction() < lateShare;
    await clock.wait(isLate ? 2 * roundTripMs : roundTripMs, over.signal);
    while (!isUp && !over.signal.aborted) await clock.wait(stepMs, over.signal);
    running.delete(request);
    beat.answered();
    board.acknowledged({ fromMs, toMs: clock.monotonicMs(), sizeBytes: pieceBytes });
  }

  const worker = async (): Promise<void> => {
    while (!over.signal.aborted) await upload();
  };

  return {
    pulse,
    upload,
    work: () => void Array.from({ length: side }, worker),
    left: () => leftBytes,
    turn: (to: 'up' | 'down') => {
      isUp = to === 'up';
    },
    async pass(ms: number): Promise<void> {
      for (let passed = 0; passed < ms; passed += stepMs) {
        clock.advance(stepMs);
        for (let turn = 0; turn < 30; turn++) await Promise.resolve();
      }
    },
    end: () => over.abort(),
  };
}

const seeds = fc.string({ minLength: 1, maxLength: 8 });

test('a cut costs what leaves in half a second, and not what the window has room for', async () => {
  await fc.assert(
    fc.asyncProperty(seeds, async (seed) => {
      const link = open(seed);
      link.work();
      await link.pass(6_000);
      const before = link.left();
      link.turn('down');
      await link.pass(2_000);
      const inVain = link.left() - before;
      link.end();
      await link.pass(100);
      assert.ok(inVain < 190_000, `${inVain} bytes left after the cut`);
    }),
    { numRuns: 5 },
  );
});

test('lost packets alone hold next to nothing up', async () => {
  await fc.assert(
    fc.asyncProperty(seeds, async (seed) => {
      const link = open(seed);
      link.work();
      await link.pass(20_000);
      const bytes = link.left();
      link.end();
      await link.pass(100);
      // The pace before anything is known, for twenty seconds; a search raises it.
      assert.ok(bytes > 0.95 * 20 * 241_000, `${bytes} bytes left`);
    }),
    { numRuns: 3 },
  );
});

test('in the dark nothing leaves, and all goes on when the link is found again', async () => {
  const link = open('dark');
  link.pulse.isDark = true;
  link.work();
  await link.pass(5_000);
  assert.equal(link.left(), 0);
  link.pulse.isDark = false;
  await link.pass(500);
  assert.ok(link.left() > 90_000, `${link.left()}`);
  link.end();
  await link.pass(100);
});

test('a relay that stays silent on a link that is there is fed again after the patience', async () => {
  const link = open('mute');
  link.work();
  await link.pass(6_000);
  link.turn('down');
  await link.pass(2_000);
  const held = link.left();
  await link.pass(2_000);
  assert.ok(link.left() > held, 'whatever the reason, it is not for ever');
  link.end();
  await link.pass(100);
});

test('STAT is not held for a hush', async () => {
  const link = open('stat');
  link.work();
  await link.pass(6_000);
  link.turn('down');
  await link.pass(1_500);
  const held = link.left();
  void link.upload(true);
  await link.pass(500);
  assert.ok(link.left() - held >= pieceBytes, `${link.left() - held}`);
  link.end();
  await link.pass(100);
});
