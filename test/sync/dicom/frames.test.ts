import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat } from '#sync/core/bytes.ts';
import { framesOf } from '#sync/dicom/frames.ts';

function tableOf(offsets: readonly number[]): Uint8Array {
  const table = new Uint8Array(4 * offsets.length);
  const view = new DataView(table.buffer);
  for (const [index, offset] of offsets.entries()) view.setUint32(4 * index, offset, true);
  return table;
}

const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0);
const rest = Uint8Array.of(1, 2);
const none = new Uint8Array();

test('a fragment a frame, and all fragments one frame, need no table', () => {
  assert.deepEqual(framesOf([none, jpeg, rest], 2), [jpeg, rest]);
  assert.deepEqual(framesOf([none, jpeg, rest], 1), [concat(jpeg, rest)]);
  assert.equal(framesOf([none], 1), undefined);
  assert.equal(framesOf([], 1), undefined);
});

test('without a table frames begin with the marks of a code stream', () => {
  assert.deepEqual(framesOf([none, jpeg, rest, jpeg], 2), [concat(jpeg, rest), jpeg]);
  assert.equal(framesOf([none, rest, jpeg, rest], 2), undefined);
});

test('a table that points between fragments is no table', () => {
  const items = [tableOf([0, 5]), jpeg, rest, jpeg];
  assert.deepEqual(framesOf(items, 2), [concat(jpeg, rest), jpeg]);
});

test('a table that names one fragment again and again makes no frames of it', () => {
  const large = new Uint8Array(1024 ** 2);
  const second = 8 + large.length;
  const offsets = Array.from({ length: 20_000 }, (_, index) => (index % 2) * second);
  assert.equal(framesOf([tableOf(offsets), large, rest], offsets.length), undefined);
  assert.equal(framesOf([tableOf([0, 0]), large, rest, rest], 2), undefined);
});

test('whatever the table, frames are the fragments in their order, each once', () => {
  const fragment = fc.uint8Array({ maxLength: 6 });
  const offsets = fc.array(fc.nat({ max: 60 }), { maxLength: 6 });
  fc.assert(
    fc.property(
      fc.array(fragment, { maxLength: 6 }),
      offsets,
      fc.nat({ max: 7 }),
      (parts, at, count) => {
        const frames = framesOf([tableOf(at), ...parts], count);
        if (frames === undefined) return;
        assert.equal(frames.length, count);
        assert.deepEqual(concat(...frames), concat(...parts));
      },
    ),
    { numRuns: 1_000 },
  );
});
