import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBulkLane } from '#appliance/intake/sealing-bulk.ts';
import { createSealingClaims } from '#appliance/intake/sealing-claims.ts';
import { sealAheadOf, sealingWindow } from '#appliance/intake/sealing-window.ts';
import type { OpenPack, PendingInstance } from '#appliance/ports-waiting.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

const mib = 1024 ** 2;
const packOf = (sizeBytes: number, of: OpenPack['class'] = 2) =>
  ({ class: of, sizeBytes }) as OpenPack;
const instance = (name: string) =>
  ({ sopInstanceUid: name, datasetSha256: name }) as PendingInstance;
const names = (found: readonly PendingInstance[]) =>
  found.map((each) => each.sopInstanceUid).join('');

test('two hours of the link are sealed ahead, a gigabyte at most, a few packs at least', () => {
  const ahead = (rateBytesPerS: number, open: readonly OpenPack[] = []) =>
    sealingWindow(open, { link: 'up', rateBytesPerS }, 1024 * mib).bytes;
  assert.equal(ahead(0), 1024 * mib, 'nobody knows the link');
  assert.equal(ahead(1_000_000), 1024 * mib);
  assert.equal(ahead(12_000), 12_000 * 7_200);
  assert.equal(ahead(100), 32 * mib);
  assert.equal(ahead(12_000, [packOf(50 * mib)]), 12_000 * 7_200 - 50 * mib);
});

test('STAT has a window of its own, so the spool is bounded and nothing that waits holds it up', () => {
  const open = [packOf(2_000 * mib), packOf(30 * mib, 0)];
  const window = sealingWindow(open, { link: 'down', rateBytesPerS: 12_000 }, 100 * mib);
  assert.ok(window.bytes < 0);
  assert.equal(window.statBytes, 70 * mib);
  assert.equal(window.isLinkIdle, false);
});

test('a full disk leaves the reserve to facts and receipts, and delivery goes on', () => {
  const ahead = (
    trouble: 'full' | 'files' | undefined,
    isShort: boolean,
    configured = 1024 * mib,
  ) => sealAheadOf(configured, { trouble: () => trouble, isShort: () => isShort });
  assert.equal(ahead(undefined, false), 1024 * mib);
  assert.equal(ahead('full', false), 64 * mib);
  assert.equal(ahead('files', false), 64 * mib);
  assert.equal(ahead('full', true), 4 * mib);
  assert.equal(ahead('full', false, mib), mib);
});

test('what the link carries in a second does not make it busy', () => {
  const isIdle = (sizeBytes: number, rateBytesPerS: number) =>
    sealingWindow([packOf(sizeBytes)], { link: 'up', rateBytesPerS }, mib).isLinkIdle;
  assert.equal(isIdle(4_096, 0), true, 'a manifest');
  assert.equal(isIdle(65 * 1024, 0), false);
  assert.equal(isIdle(240_000, 250_000), true);
  assert.equal(isIdle(260_000, 250_000), false);
  assert.equal(sealingWindow([], undefined, mib).isLinkIdle, false);
});

test('what one lane has in hand the other does not see, until it is done', async () => {
  const claims = createSealingClaims();
  const read = async () => ['a', 'b', 'c'].map(instance);
  const letGo = claims.take([instance('b')]);
  assert.equal(names(await claims.unclaimed(read)), 'ac');
  letGo();
  assert.equal(names(await claims.unclaimed(read)), 'abc');
});

test('what became sealed while the other lane read is left out of what it read', async () => {
  const claims = createSealingClaims();
  const letGo = claims.take([instance('a')]);
  const answer = Promise.withResolvers<readonly PendingInstance[]>();
  const reading = claims.unclaimed(() => answer.promise);
  letGo();
  answer.resolve([instance('a'), instance('b')]);
  assert.equal(names(await reading), 'b');
  assert.equal(names(await claims.unclaimed(async () => [instance('a')])), 'a', 'it came back');
});

test('a read that fails lets go as well, and an instance in two packs is held by both', async () => {
  const claims = createSealingClaims();
  const first = claims.take([instance('a')]);
  const second = claims.take([instance('a')]);
  const broken = claims.unclaimed(() => Promise.reject(new Error('EIO')));
  first();
  await assert.rejects(broken, /EIO/);
  const read = async () => [instance('a')];
  assert.equal(names(await claims.unclaimed(read)), '');
  second();
  assert.equal(names(await claims.unclaimed(read)), 'a');
});

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
