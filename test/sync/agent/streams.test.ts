import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RelayClient } from '#sync/agent/client.ts';
import { openInbox } from '#sync/agent/inbox.ts';
import { listenLoop } from '#sync/agent/listen.ts';
import { afterEnd, afterLoss, fullTrust, type StreamTrust } from '#sync/agent/streams.ts';
import { fault } from '#sync/core/fault.ts';
import { fail, ok } from '#sync/core/result.ts';
import type { PackId } from '#sync/wire/pack-id.ts';
import { connectionOf } from '#test/support/agent-connection.ts';

const down = fault('link/down', 'no', 'wait', 'later');

/** Minutes apart, so that each end counts by itself. */
const endsAt = (times: readonly number[], livedMs: number): StreamTrust =>
  times.reduce((trust, nowMs) => afterEnd(trust, livedMs, nowMs), fullTrust);

test('streams that end soon, three times in a row, are asked instead for an hour', () => {
  assert.equal(endsAt([60_000, 120_000], 50_000).pollUntilMs, 0);
  assert.equal(endsAt([60_000, 120_000, 180_000], 50_000).pollUntilMs, 3_780_000);
  assert.equal(endsAt([60_000, 120_000, 500_000], 301_000).pollUntilMs, 0);
  const anew = afterEnd(endsAt([60_000, 120_000, 180_000], 50_000), 50_000, 4_000_000);
  assert.deepEqual([anew.breaks, anew.pollUntilMs > 4_000_000], [1, false]);
});

test('however often streams end within seconds, it is one end', () => {
  const stopping = Array.from({ length: 90 }, (_, n) => 60_000 + n * 100);
  assert.equal(endsAt(stopping, 50).breaks, 1);
});

test('an outage that shows within seconds takes the end before it back', () => {
  const thrice = endsAt([60_000, 120_000, 180_000], 50_000);
  const lost = afterLoss(thrice, 190_000);
  assert.deepEqual([lost.breaks, lost.pollUntilMs], [2, 0]);
  assert.deepEqual(afterLoss(thrice, 300_000), thrice, 'too late to have to do with it');
  assert.deepEqual(afterLoss(lost, 191_000), lost, 'an end is taken back once');
  const restarts = [1, 2, 3, 4, 5, 6].reduce(
    (trust, n) => afterLoss(afterEnd(trust, 40_000, n * 60_000), n * 60_000 + 2_000),
    fullTrust,
  );
  assert.equal(restarts.pollUntilMs, 0);
});

/** A relay that a test speaks for, listened to in virtual time. */
function listen() {
  const stop = new AbortController();
  const calls: string[] = [];
  const afters: string[] = [];
  const state = { run: 'first', livesMs: 0, isDown: false, breaksAll: true };
  const events = () => ({ cursor: `${afters.length}`, packs: [], keyList: 0, run: state.run });
  const client: Pick<RelayClient, 'events' | 'follow'> = {
    async events(_mailbox, after, waitS, signal) {
      calls.push('asked');
      afters.push(after);
      if (state.isDown) return fail(down);
      await clock.wait(waitS * 1_000, signal);
      return ok(events());
    },
    async follow(_mailbox, after, onEvents, signal) {
      calls.push('followed');
      afters.push(after);
      if (state.isDown) return fail(down);
      onEvents(events());
      await clock.wait(state.breaksAll ? state.livesMs : 3_600_000, signal);
      return ok(undefined);
    },
  };
  const { connection, clock } = connectionOf(client, { signal: stop.signal });
  const inbox = openInbox(connection);
  const listening = listenLoop(connection, inbox);
  const pass = async (ms: number, stepMs = 50): Promise<void> => {
    for (let passed = 0; passed < ms; passed += stepMs) {
      clock.advance(stepMs);
      for (let turn = 0; turn < 60; turn++) await Promise.resolve();
    }
  };
  const end = async (): Promise<void> => {
    stop.abort();
    await pass(100);
    await listening;
  };
  return { calls, afters, inbox, state, pass, end };
}

test('a relay that stops, answers for two more seconds and comes back is followed again', async () => {
  const { calls, state, pass, end } = listen();
  // Its streams end at once, each time they are begun.
  await pass(2_500);
  assert.ok(calls.length >= 3, calls.join());
  state.isDown = true;
  await pass(20_000);
  Object.assign(state, { isDown: false, breaksAll: false, run: 'second' });
  await pass(60_000);
  assert.ok(!calls.includes('asked'), calls.join());
  await end();
});

test('where something ends every stream the mailbox is asked, until the relay was started anew', async () => {
  const { calls, state, pass, end } = listen();
  state.livesMs = 20_000;
  await pass(90_000);
  assert.equal(calls.filter((call) => call === 'followed').length, 3, calls.join());
  assert.equal(calls.at(-1), 'asked');
  Object.assign(state, { breaksAll: false, run: 'second' });
  await pass(70_000);
  assert.equal(calls.at(-1), 'followed');
  await end();
});

test('the mailbox is read from its beginning once an hour, and not while packs wait', async () => {
  const { afters, inbox, state, pass, end } = listen();
  state.livesMs = 20 * 60_000;
  await pass(2.5 * 3_600_000, 10_000);
  // One stream that ended at once, and then each third of 20 minutes.
  const isWhole = afters.map((after) => after === '');
  assert.deepEqual(isWhole.slice(1, 8), [false, false, false, true, false, false, true]);
  inbox.waiting.set('a'.repeat(64) as PackId, { sizeBytes: 1, class: 2, notBeforeMs: 0 });
  const before = afters.length;
  await pass(2 * 3_600_000, 10_000);
  assert.ok(afters.length > before + 4 && !afters.slice(before).includes(''), afters.join());
  await end();
});
