import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstPace, isUncertain, type Pace, paceAfter, type Reading } from '#sync/agent/pace.ts';

const roundTripMs = 600;
const quiet: Reading = {
  ...{ nowMs: 0, queueMs: 0, roundTripMs },
  ...{ acknowledgedBytesPerS: 240_000, isLimit: true },
};
const cruising: Pace = {
  ...firstPace(roundTripMs, 0),
  ...{ bytesPerS: 240_000, isSearching: false, provenBytesPerS: 240_000 },
};

/** A link of `capacity` bytes a second with a queue; answers the pace and the longest queue, milliseconds. */
function run(start: Pace, capacityAt: (ms: number) => number, forMs: number) {
  let pace = start;
  let queueBytes = 0;
  let longestMs = 0;
  let leftBytes = 0;
  for (let nowMs = 0; nowMs < forMs; nowMs += 50) {
    const capacity = capacityAt(nowMs);
    const sentBytes = nowMs < pace.drainedAtMs ? 0 : pace.bytesPerS / 20;
    queueBytes = Math.max(0, queueBytes + sentBytes - capacity / 20);
    leftBytes += sentBytes;
    const queueMs = (queueBytes * 1000) / capacity;
    longestMs = Math.max(longestMs, queueMs);
    const every = isUncertain(pace) ? 800 : 5_000;
    if (nowMs % every !== 0) continue;
    const acknowledgedBytesPerS = Math.min(pace.bytesPerS, capacity);
    pace = paceAfter(pace, { ...quiet, nowMs, queueMs, acknowledgedBytesPerS });
  }
  return { pace, longestMs, goodput: (leftBytes * 1000) / forMs };
}

test('a queue lowers the pace to what is acknowledged, and runs off first', () => {
  const pace = paceAfter(cruising, { ...quiet, nowMs: 5_000, queueMs: 400 });
  assert.equal(pace.bytesPerS, 0.95 * 240_000);
  assert.equal(pace.drainedAtMs, 5_400);
  const tooEarly = { ...quiet, nowMs: 5_900, queueMs: 400 };
  assert.equal(paceAfter(pace, tooEarly), pace, 'the change does not show yet');
  const again = paceAfter(pace, { ...tooEarly, nowMs: 7_000, acknowledgedBytesPerS: 60_000 });
  assert.equal(again.bytesPerS, 0.7 * pace.bytesPerS);
});

test('behind a queue of a second the pace goes to what arrives, by three quarters at most', () => {
  const slow = { ...quiet, nowMs: 5_000, acknowledgedBytesPerS: 16_000 };
  const first = paceAfter(cruising, { ...slow, queueMs: 4_000 });
  assert.equal(first.bytesPerS, 0.25 * 240_000);
  const second = paceAfter(first, { ...slow, nowMs: 9_000, queueMs: 3_000 });
  assert.equal(second.bytesPerS, 0.95 * 16_000);
  const short = paceAfter(cruising, { ...slow, queueMs: 900 });
  assert.equal(short.bytesPerS, 0.85 * 240_000, 'a lost packet may hold an answer up for so long');
});

test('without a queue the pace is raised after 15 seconds, and only where it is the limit', () => {
  assert.equal(paceAfter(cruising, { ...quiet, nowMs: 14_000 }).bytesPerS, 240_000);
  assert.equal(paceAfter(cruising, { ...quiet, nowMs: 15_000 }).bytesPerS, 1.05 * 240_000);
  const free = { ...quiet, nowMs: 60_000, isLimit: false };
  assert.equal(paceAfter(cruising, free).bytesPerS, 240_000);
});

test('a search ends at the first queue, or where nothing more arrives', () => {
  const first = firstPace(roundTripMs, 0);
  const found = paceAfter(first, { ...quiet, nowMs: 2_000, queueMs: 200 });
  assert.ok(!found.isSearching && found.bytesPerS < first.bytesPerS);
  const little = { ...quiet, acknowledgedBytesPerS: 50_000 };
  assert.ok(paceAfter(first, { ...little, nowMs: 2_000 }).isSearching, 'answers take their time');
  const stuck = paceAfter(first, { ...little, nowMs: 3_000 });
  assert.ok(!stuck.isSearching && stuck.bytesPerS === first.bytesPerS);
});

test('a search goes back one step, and what is found is raised sooner as long as nothing is proven', () => {
  const first = firstPace(roundTripMs, 0);
  const faster = paceAfter(first, { ...quiet, nowMs: 2_000 });
  assert.equal(faster.bytesPerS, 1.25 * first.bytesPerS);
  const late = { ...quiet, nowMs: 4_000, queueMs: 300, acknowledgedBytesPerS: 100_000 };
  const found = paceAfter(faster, late);
  assert.ok(Math.abs(found.bytesPerS - first.bytesPerS) < 1, `${found.bytesPerS}`);
  const raised = paceAfter(found, { ...quiet, nowMs: 8_400 });
  assert.equal(raised.bytesPerS, 1.05 * found.bytesPerS);
});

test('a link five times faster than thought is found within twenty seconds', () => {
  const { pace } = run(firstPace(roundTripMs, 0), () => 1_250_000, 20_000);
  assert.ok(pace.bytesPerS > 0.8 * 1_250_000, `${pace.bytesPerS}`);
});

test('on a steady link the pace stays near the rate and the queue below half a second', () => {
  const { longestMs, goodput } = run(cruising, () => 250_000, 300_000);
  assert.ok(goodput > 0.93 * 250_000, `${goodput}`);
  assert.ok(longestMs < 500, `${longestMs}`);
});

test('a link that becomes four times slower and faster again is followed', () => {
  const rain = run(cruising, () => 62_500, 60_000);
  assert.ok(rain.pace.bytesPerS < 1.2 * 62_500, `${rain.pace.bytesPerS}`);
  const sun = run({ ...rain.pace, changedAtMs: 0, drainedAtMs: 0 }, () => 250_000, 60_000);
  assert.ok(sun.pace.bytesPerS > 0.8 * 250_000, `${sun.pace.bytesPerS}`);
});

test('after one late answer the proven rate is regained within seconds; after three it is not', () => {
  const proven = { ...cruising, provenBytesPerS: 240_000 };
  const late = paceAfter(proven, { ...quiet, nowMs: 5_000, queueMs: 400 });
  const calm = run({ ...late, changedAtMs: 0, drainedAtMs: 0 }, () => 1_000_000, 3_000);
  assert.equal(calm.pace.bytesPerS, 240_000);
  let slower = proven;
  for (const nowMs of [5_000, 10_000, 15_000])
    slower = paceAfter(slower, { ...quiet, nowMs, queueMs: 900, acknowledgedBytesPerS: 60_000 });
  assert.equal(slower.provenBytesPerS, slower.bytesPerS);
});

test('on a link so slow that a slice takes long, its own slices are no queue', () => {
  const slow = { ...cruising, bytesPerS: 16_000, provenBytesPerS: 16_000 };
  const sliceMs = (4_096 * 1000) / 16_000;
  const held = paceAfter(slow, { ...quiet, nowMs: 5_000, queueMs: sliceMs });
  assert.equal(held.bytesPerS, 16_000);
  const lowered = paceAfter(slow, { ...quiet, nowMs: 5_000, queueMs: sliceMs + 200 });
  assert.ok(lowered.bytesPerS < 16_000);
});
