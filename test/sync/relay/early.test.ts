import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEarlyBytes } from '#sync/relay/early.ts';
import { aheadBytes } from '#sync/wire/limits.ts';
import { idOf, seededBytes } from '#test/support/pack-bytes.ts';

const partOf = (handle: string, seed: string, heldBytes = 0) => ({
  key: { center: 'c'.repeat(64), handle, packId: idOf(seededBytes(seed, 1)) },
  heldBytes,
});
const bytes = (length: number, value = 1) => new Uint8Array(length).fill(value);

test('bytes come out when those in front of them are there, without what overlaps', () => {
  const early = createEarlyBytes();
  const part = partOf('a', 'one');
  assert.ok(early.keep(part, 10, Uint8Array.of(10, 11, 12, 13)));
  assert.equal(early.next(part), undefined);
  part.heldBytes = 12;
  assert.deepEqual(early.next(part), Uint8Array.of(12, 13));
  assert.equal(early.next(part), undefined, 'only once');
});

test('what is behind the held bytes by now is let go', () => {
  const early = createEarlyBytes({ callerBytes: 10, totalBytes: 100 });
  const part = partOf('a', 'one');
  assert.ok(early.keep(part, 5, bytes(8)));
  part.heldBytes = 13;
  assert.equal(early.next(part), undefined);
  assert.ok(early.keep(part, 20, bytes(8)), 'its room is free again');
});

test('too far ahead, too many runs and too much of one caller are refused', () => {
  const early = createEarlyBytes({ callerBytes: 1_000, totalBytes: 10_000 });
  const part = partOf('a', 'one');
  assert.equal(early.keep(part, aheadBytes, bytes(1)), false);
  assert.ok(early.keep(part, 1, bytes(600)));
  assert.ok(early.keep(part, 100, bytes(100)), 'known bytes take no room');
  assert.equal(early.keep(partOf('a', 'two'), 1, bytes(500)), false);
  assert.ok(early.keep(partOf('b', 'two'), 1, bytes(500)), 'another caller has room of its own');
  const many = createEarlyBytes();
  let kept = 0;
  for (let n = 0; n < 1_000; n++) if (many.keep(part, 1 + 2 * n, bytes(1))) kept++;
  assert.equal(kept, 256);
});

test('when all together need more, the part that waited longest gives its room up', () => {
  const early = createEarlyBytes({ callerBytes: 100, totalBytes: 250 });
  const parts = ['a', 'b', 'c'].map((handle) => partOf(handle, 'one'));
  for (const part of parts) assert.ok(early.keep(part, 1, bytes(100)));
  const [first, second] = parts.map((part) => ({ ...part, heldBytes: 1 }));
  assert.ok(first && second && parts[0] && parts[1]);
  parts[0].heldBytes = 1;
  parts[1].heldBytes = 1;
  assert.equal(early.next(parts[0]), undefined);
  assert.equal(early.next(parts[1])?.length, 100);
});
