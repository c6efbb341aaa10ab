import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBoard } from '#sync/agent/board.ts';
import type { Link, LinkFault } from '#sync/agent/ports.ts';
import { createPulse } from '#sync/agent/pulse.ts';
import { findAgain, type SeekingConnection } from '#sync/agent/recover.ts';
import { fault } from '#sync/core/fault.ts';
import { silentLog } from '#sync/core/log.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

type Opened = Result<void, LinkFault>;
const faultOf = (kind: LinkFault['kind']): Opened => fail(fault(kind, 'no', 'wait', 'later'));

interface Attempt {
  readonly atMs: number;
  hear(): void;
  end(opened: Opened): void;
  isGivenUp(): boolean;
}

/** A connection whose attempts the test answers, in virtual time. */
function open(change: Partial<SeekingConnection> = {}) {
  const clock = createVirtualClock();
  const board = createBoard(clock);
  const stop = new AbortController();
  const attempts: Attempt[] = [];
  const left: string[] = [];
  const resets: number[] = [];
  const link: Pick<Link, 'open' | 'reset'> = {
    reset: () => void resets.push(clock.monotonicMs()),
    open: (_deadlineMs, onReached, signal) =>
      new Promise((resolve) => {
        attempts.push({
          atMs: clock.monotonicMs(),
          hear: onReached,
          end: resolve,
          isGivenUp: () => signal.aborted,
        });
      }),
  };
  const connection: SeekingConnection = {
    ...{ board, clock, log: silentLog, signal: stop.signal, hasOthers: false },
    pulse: createPulse(clock, () => board.bell.ring()),
    random: { bytes: (length) => new Uint8Array(length), fraction: () => 1 },
    leave(cause) {
      left.push(cause.kind);
      stop.abort();
    },
    ...change,
  };
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.advance(50);
      for (let turn = 0; turn < 40; turn++) await Promise.resolve();
    }
  };
  return { connection, link, attempts, left, pass, board, stop, resets };
}

test('an outage of five seconds is over as soon as one of many attempts is heard', async () => {
  const { connection, link, attempts, pass } = open();
  const found = findAgain(connection, link, false);
  await pass(5_000);
  assert.ok(attempts.length >= 10, `${attempts.length} attempts`);
  assert.ok(connection.pulse.isDark);
  attempts.at(-1)?.hear();
  await pass(200);
  assert.equal(await found, 'cut');
  assert.ok(!connection.pulse.isDark);
  assert.ok(attempts.slice(0, -1).every((attempt) => attempt.isGivenUp()));
  assert.ok(!attempts.at(-1)?.isGivenUp(), 'the one that was heard becomes a connection');
});

test('what is under way is given up once, when no attempt was heard for long', async () => {
  const { connection, link, attempts, pass, resets } = open();
  const found = findAgain(connection, link, false);
  await pass(3_900);
  assert.deepEqual(resets, [], 'a link that flaps is back by then');
  await pass(16_000);
  assert.equal(resets.length, 1);
  attempts.at(-1)?.hear();
  await pass(200);
  assert.equal(await found, 'cut');
});

test('what is under way stays while anything is answered on it, or something answers at the address', async () => {
  const answered = open();
  const finding = findAgain(answered.connection, answered.link, false);
  answered.connection.pulse.begin().answered();
  await answered.pass(6_000);
  assert.equal(await finding, 'slow');
  const broken = open();
  void findAgain(broken.connection, broken.link, true);
  broken.attempts[0]?.hear();
  await broken.pass(6_000);
  for (const { resets } of [answered, broken]) assert.deepEqual(resets, []);
  broken.stop.abort();
});

test('a link that hears the first attempt first was only slow', async () => {
  const { connection, link, attempts, pass } = open();
  const found = findAgain(connection, link, false);
  await pass(1_200);
  attempts[0]?.hear();
  await pass(200);
  assert.equal(await found, 'slow');
});

test('where connections broke only a checked pin counts', async () => {
  const { connection, link, attempts, pass, board } = open();
  const found = findAgain(connection, link, true);
  await pass(200);
  attempts[0]?.hear();
  attempts[0]?.end(faultOf('link/down'));
  await pass(1_000);
  assert.equal(board.link, 'down');
  assert.equal(board.state().faults[0]?.kind, 'link/down');
  attempts.at(-1)?.end(ok(undefined));
  await pass(200);
  assert.equal(await found, 'slow');
  assert.deepEqual(board.state().faults, []);
});

test('what accepts connections itself in front of a relay that is gone is tried as seldom as any other', async () => {
  const { connection, link, attempts, pass, stop } = open();
  const found = findAgain(connection, link, true);
  for (let heard = 0, ms = 0; ms < 6_000; ms += 50) {
    await pass(50);
    for (; heard < attempts.length; heard++) attempts[heard]?.hear();
  }
  assert.ok(attempts.length >= 10 && attempts.length <= 21, `${attempts.length} attempts`);
  stop.abort();
  await pass(50);
  assert.equal(await found, undefined);
});

test('somebody else in the place of the relay ends the search, and is named', async () => {
  const { connection, link, attempts, left, pass } = open();
  const found = findAgain(connection, link, true);
  await pass(200);
  attempts[0]?.end(faultOf('link/not-tls'));
  await pass(200);
  assert.equal(await found, undefined);
  assert.deepEqual(left, ['link/not-tls']);
});

test('after a long outage attempts are rare, and waking makes one at once', async () => {
  const { connection, link, attempts, pass, board } = open();
  const found = findAgain(connection, link, false);
  await pass(600_000);
  const before = attempts.length;
  assert.ok(before < 200, `${before} attempts in ten minutes`);
  board.wake.ring();
  await pass(50);
  assert.equal(attempts.length, before + 1);
  attempts.at(-1)?.hear();
  await pass(200);
  assert.equal(await found, 'cut');
});

test('with another way to a relay the search here ends after a while', async () => {
  const { connection, link, left, pass } = open({ hasOthers: true });
  const found = findAgain(connection, link, false);
  await pass(25_000);
  assert.equal(await found, undefined);
  assert.deepEqual(left, ['link/down']);
});
