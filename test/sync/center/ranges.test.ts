import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { coverObject } from '../../../sync/center/ranges.ts';

test('an object whose last range is missing is not whole', () => {
  assert.equal(coverObject([{ from: 0, to: 8 }], 10), undefined);
  assert.equal(coverObject([{ from: 1, to: 10 }], 10), undefined);
  assert.equal(
    coverObject(
      [
        { from: 0, to: 4 },
        { from: 5, to: 10 },
      ],
      10,
    ),
    undefined,
  );
});

test('ranges of two cuts of one object join without overlap', () => {
  const pieces = coverObject(
    [
      { from: 6, to: 10 },
      { from: 0, to: 5 },
      { from: 4, to: 7 },
      { from: 0, to: 5 },
    ],
    10,
  );
  assert.deepEqual(pieces, [
    { range: { from: 0, to: 5 }, skip: 0 },
    { range: { from: 4, to: 7 }, skip: 1 },
    { range: { from: 6, to: 10 }, skip: 1 },
  ]);
});

test('a range that ends beyond the object is ignored', () => {
  assert.equal(coverObject([{ from: 0, to: 11 }], 10), undefined);
});

test('whatever the cuts, the pieces rebuild the object, or a byte is truly missing', () => {
  const range = fc.tuple(fc.nat(40), fc.nat(44)).map(([from, to]) => ({ from, to }));
  fc.assert(
    fc.property(
      fc.array(range, { maxLength: 12 }),
      fc.integer({ min: 1, max: 40 }),
      (ranges, size) => {
        const object = Uint8Array.from({ length: size }, (_, index) => index + 1);
        const held = new Set<number>();
        for (const { from, to } of ranges) {
          if (to <= size) for (let at = from; at < to; at++) held.add(at);
        }
        const pieces = coverObject(ranges, size);
        assert.equal(pieces !== undefined, held.size === size);
        if (pieces === undefined) return;
        const built = pieces.flatMap(({ range: { from, to }, skip }) => [
          ...object.subarray(from + skip, to),
        ]);
        assert.deepEqual(built, [...object]);
      },
    ),
  );
});
