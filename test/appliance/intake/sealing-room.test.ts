import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSealingRoom } from '#appliance/intake/sealing-room.ts';
import { fault } from '#sync/core/fault.ts';
import { fail, ok } from '#sync/core/result.ts';

const MiB = 1024 ** 2;

function openRoom() {
  const clock = { nowMs: 0, monotonicMs: () => clock.nowMs };
  const own = { statBytes: 10 * MiB, bytes: 20 * MiB };
  const window = { ...own, openStatBytes: 1 * MiB, openBytes: 5 * MiB };
  return { clock, room: createSealingRoom(window, clock) };
}

test('STAT takes room from all, the others none from STAT, and waits behind STAT alone', () => {
  const { room } = openRoom();
  assert.ok(room.took(ok(2 * MiB), 0));
  assert.ok(room.took(ok(3 * MiB), 2));
  assert.equal(room.leftBytes(0), 8 * MiB);
  assert.equal(room.leftBytes(2), 15 * MiB);
  assert.equal(room.queuedBytes(0), 3 * MiB);
  assert.equal(room.queuedBytes(2), 10 * MiB);
  room.took(ok(16 * MiB), 3);
  assert.ok(room.leftBytes(2) < 0, 'too much is there');
});

test('a turn is late after half a second or 64 MiB, but not before it sealed anything', () => {
  const { clock, room } = openRoom();
  clock.nowMs = 60_000;
  assert.ok(!room.isLate());
  room.took(ok(1), 2);
  assert.ok(room.isLate());
  const { room: other } = openRoom();
  other.took(ok(64 * MiB - 1), 2);
  assert.ok(!other.isLate());
  other.took(ok(1), 2);
  assert.ok(other.isLate());
});

test('a spool that takes nothing is named, and counts for no bytes', () => {
  const { room } = openRoom();
  assert.equal(room.refusal(), undefined);
  assert.ok(!room.took(fail(fault('spool/full', 'No room', 'Wait')), 2));
  assert.equal(room.refusal(), 'spool/full');
  assert.equal(room.sealedBytes(), 0);
});
