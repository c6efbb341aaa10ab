import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat } from '#sync/core/bytes.ts';
import { createGatherer } from '#sync/core/gatherer.ts';

test('pieces come back as one array, in order, and the next ones start anew', () => {
  const gatherer = createGatherer();
  const pieces = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 40 });
  fc.assert(
    fc.property(pieces, (each) => {
      for (const piece of each) gatherer.add(piece);
      assert.equal(gatherer.sizeBytes, concat(...each).length);
      assert.deepEqual(Uint8Array.from(gatherer.take()), concat(...each));
    }),
  );
});

test('a taken array is not touched by what is added later', () => {
  const gatherer = createGatherer();
  gatherer.add(Uint8Array.of(1, 2));
  const taken = gatherer.take();
  gatherer.add(Uint8Array.of(9, 9));
  assert.deepEqual([...taken], [1, 2]);
});

test('a million single bytes make one array', () => {
  const gatherer = createGatherer();
  for (let n = 0; n < 1_000_000; n++) gatherer.add(Uint8Array.of(n));
  const all = gatherer.take();
  assert.equal(all.length, 1_000_000);
  assert.equal(all.at(-1), 999_999 % 256);
  assert.ok(all.buffer.byteLength <= 2_000_000);
});
