import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBulkLane } from '#appliance/intake/sealing-bulk.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

test('one bulk turn at a time, anew when something came meanwhile or when it is due', async () => {
  const clock = createVirtualClock();
  let ends = 0;
  const lane = createBulkLane(clock, () => ends++);
  const turns: PromiseWithResolvers<{ sealedBytes: number; againInMs: number }>[] = [];
  const begin = () => {
    const turn = Promise.withResolvers<{ sealedBytes: number; againInMs: number }>();
    turns.push(turn);
    return turn.promise;
  };
  assert.equal(lane.turn(begin).sealedBytes, 0);
  lane.turn(begin);
  assert.equal(turns.length, 1);
  lane.stir();
  turns[0]?.resolve({ sealedBytes: 7, againInMs: 5_000 });
  await lane.idle();
  assert.equal(ends, 1);
  assert.equal(lane.turn(begin).sealedBytes, 7);
  assert.equal(turns.length, 2, 'something came while it sealed');
  turns[1]?.resolve({ sealedBytes: 0, againInMs: 5_000 });
  await lane.idle();
  assert.deepEqual(lane.turn(begin), { sealedBytes: 0, againInMs: 5_000 });
  assert.equal(turns.length, 2, 'its own end is no reason');
  clock.advance(5_000);
  lane.turn(begin);
  assert.equal(turns.length, 3);
});

test('a bulk turn that fails is told once, and the next one begins', async () => {
  const lane = createBulkLane(createVirtualClock(), () => undefined);
  lane.turn(() => Promise.reject(new Error('a bug')));
  await lane.idle();
  assert.throws(() => lane.turn(() => assert.fail('not in the same turn')), /a bug/);
  let hasBegun = false;
  lane.turn(async () => {
    hasBegun = true;
    return { sealedBytes: 0, againInMs: 1 };
  });
  await lane.idle();
  assert.ok(hasBegun);
});

test('a turn that runs long is asked about within a minute, and what two turns sealed adds up', async () => {
  const clock = createVirtualClock();
  const lane = createBulkLane(clock, () => undefined);
  const turn = Promise.withResolvers<{ sealedBytes: number; againInMs: number }>();
  assert.equal(lane.turn(() => turn.promise).againInMs, 60_000);
  assert.equal(lane.turn(() => assert.fail('one at a time')).againInMs, 60_000);
  turn.resolve({ sealedBytes: 3, againInMs: 0 });
  await lane.idle();
  const next = lane.turn(async () => ({ sealedBytes: 4, againInMs: 1_000 }));
  assert.equal(next.sealedBytes, 3);
  await lane.idle();
  assert.deepEqual(
    lane.turn(() => assert.fail('not due')),
    { sealedBytes: 4, againInMs: 1_000 },
  );
});
