import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createValve } from '#sync/agent/valve.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

const never = new AbortController().signal;

/** A valve in virtual time, and the names of the requests whose slices left, in order. */
function open() {
  const clock = createVirtualClock();
  const valve = createValve(clock);
  const left: string[] = [];
  const send = async (
    name: string,
    sizeBytes: number,
    isStat = false,
    isHeld = () => false,
  ): Promise<void> => {
    const pace = valve.pacing(isStat, isHeld);
    for (let at = 0; at < sizeBytes; ) {
      at += await pace(sizeBytes - at, never);
      left.push(name);
    }
  };
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 10) {
      clock.advance(10);
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
  };
  return { clock, valve, left, send, pass };
}

test('each request gets a slice as soon as it comes; then the oldest is brought to its end', async () => {
  const { left, send, pass } = open();
  for (const name of ['a', 'b', 'c']) void send(name, 40_000);
  await pass(300);
  void send('d', 40_000);
  await pass(800);
  assert.equal(left.slice(0, 5).join(''), 'abcaa');
  const ends = ['a', 'b', 'c', 'd'].map((name) => left.lastIndexOf(name));
  assert.deepEqual(
    ends,
    [...ends].sort((a, b) => a - b),
  );
});

test('what is held lets others pass, and goes on by itself when it is held no more', async () => {
  const { left, send, pass } = open();
  let isHeld = true;
  void send('held', 40_000, false, () => isHeld);
  void send('free', 40_000);
  await pass(500);
  assert.ok(left.length > 0 && !left.includes('held'), `${left}`);
  const before = left.length;
  isHeld = false;
  await pass(500);
  assert.ok(left.slice(before).includes('held'));
});

test('STAT leaves before all others, and while it is under way they wait', async () => {
  const { left, send, pass, valve } = open();
  void send('bulk', 1_000_000);
  await pass(100);
  const before = left.length;
  valve.stat(true);
  void send('stat', 30_000, true);
  await pass(300);
  const behind = left.slice(before);
  assert.ok(behind.length > 0);
  assert.ok(
    behind.every((name) => name === 'stat'),
    `${behind}`,
  );
  valve.stat(false);
  await pass(200);
  assert.equal(left.at(-1), 'bulk');
});

test('a search begins with the work: a link on which nobody sent anything is not known', async () => {
  const { pass, send, valve } = open();
  const reading = { queueMs: 0, roundTripMs: 600, acknowledgedBytesPerS: 1_000_000 };
  await pass(60_000);
  void send('bulk', 10_000_000);
  await pass(100);
  const first = valve.pace();
  valve.judge(reading);
  assert.equal(valve.pace(), first, 'too early to say anything');
  await pass(2_000);
  valve.judge(reading);
  assert.ok(valve.pace().bytesPerS > first.bytesPerS);
  assert.ok(valve.pace().isSearching);
});
