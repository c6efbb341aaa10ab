import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Encoding,
  explicitBigEndian,
  explicitLittleEndian,
  implicitLittleEndian,
} from '#sync/dicom/element.ts';
import { maxSequenceDepth, walk } from '#sync/dicom/walk.ts';
import { leastElements, type Written, written } from './dataset.ts';

const item: Written = [0xfffee000, '', undefined];
const itemEnd: Written = [0xfffee00d, '', ''];
const sequenceEnd: Written = [0xfffee0dd, '', ''];
const after: Written = [0x00400001, 'SH', 'AB'];

function tagsOf(bytes: Uint8Array, encoding: Encoding = explicitLittleEndian) {
  const tags: number[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = walk(view, encoding, (element) => tags.push(element.tag));
  return { tags, end };
}

const encodings = { explicitLittleEndian, implicitLittleEndian, explicitBigEndian };

for (const [name, encoding] of Object.entries(encodings)) {
  test(`elements are visited in order in ${name}`, () => {
    const { tags, end } = tagsOf(written(leastElements, encoding), encoding);
    assert.deepEqual(tags, [0x00080016, 0x00080018, 0x00100010, 0x0020000d]);
    assert.deepEqual(end, { reason: 'end', declaredEnd: undefined, isOrderly: true });
  });

  test(`a sequence of undefined length is passed over in ${name}`, () => {
    const bytes = written(
      [[0x00081115, 'SQ', undefined], item, ...leastElements, itemEnd, sequenceEnd, after],
      encoding,
    );
    const { tags, end } = tagsOf(bytes, encoding);
    assert.deepEqual(tags, [0x00400001]);
    assert.equal(end.isOrderly, true);
  });
}

test('encapsulated fragments of an icon are passed over', () => {
  const fragment: Written = [0xfffee000, '', 'fragment'];
  const icon: Written[] = [[0x7fe00010, 'OB', undefined], fragment, fragment, sequenceEnd];
  const bytes = written([[0x00880200, 'SQ', undefined], item, ...icon, itemEnd, sequenceEnd]);
  assert.deepEqual(tagsOf(bytes).end, {
    reason: 'end',
    declaredEnd: undefined,
    isOrderly: true,
  });
});

test('an unknown value of undefined length is read as implicit inside', () => {
  const lengthLikeLetters: Written = [0x00100020, 'LO', new Uint8Array(0x4f42)];
  const inside = [item, ...leastElements, lengthLikeLetters, itemEnd, sequenceEnd];
  const inner = written(inside, implicitLittleEndian);
  const bytes = new Uint8Array([
    ...written([[0x00091001, 'UN', undefined]]),
    ...inner,
    ...written([after]),
  ]);
  assert.deepEqual(tagsOf(bytes).tags, [0x00400001]);
});

test('a missing delimiter does not hide what follows', () => {
  const noItemEnd = written([
    [0x00081115, 'SQ', undefined],
    item,
    ...leastElements,
    sequenceEnd,
    after,
  ]);
  assert.deepEqual(tagsOf(noItemEnd).tags, [0x00400001]);
  const noSequenceEnd = written([[0x00081115, 'SQ', undefined], item, itemEnd, after]);
  assert.deepEqual(tagsOf(noSequenceEnd).tags, [0x00400001]);
  assert.equal(tagsOf(noSequenceEnd).end.isOrderly, false);
});

test('stray delimiters and an illegal value representation are borne', () => {
  const stray = written([itemEnd, sequenceEnd, ...leastElements]);
  assert.equal(tagsOf(stray).tags.length, 4);
  const implicit = written([[0x00080060, '', 'CT']], implicitLittleEndian);
  assert.deepEqual(
    tagsOf(new Uint8Array([...implicit, ...written([after])])).tags,
    [0x00080060, 0x00400001],
  );
});

test('the walk stops at Pixel Data and says where it should end', () => {
  const bytes = written([...leastElements, [0x7fe00010, 'OW', new Uint8Array(10)]]);
  const { end } = tagsOf(bytes.subarray(0, -4));
  assert.deepEqual(end, {
    reason: 'pixel-data',
    declaredEnd: bytes.length,
    pixelsAt: bytes.length - 10,
    isOrderly: true,
  });
});

test('nesting has a limit', () => {
  const nested = (depth: number) => {
    const open = Array.from({ length: depth }, (): Written[] => [
      [0x00081115, 'SQ', undefined],
      item,
    ]);
    const close = Array.from({ length: depth }, (): Written[] => [itemEnd, sequenceEnd]);
    return tagsOf(written([...open.flat(), ...close.flat(), after])).end.reason;
  };
  assert.equal(nested(maxSequenceDepth), 'end');
  assert.equal(nested(maxSequenceDepth + 1), 'deep');
  assert.equal(nested(5_000), 'deep');
});

test('every input ends the walk, with no more visits than it has elements', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 16 }),
    fc.constantFrom(
      written([item]),
      written([itemEnd]),
      written([sequenceEnd]),
      written([[0x00081115, 'SQ', undefined]]),
      written([[0x00091001, 'UN', undefined]]),
      written([after]),
    ),
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 40 }),
      fc.constantFrom(...Object.values(encodings)),
      (pieces, encoding) => {
        const bytes = new Uint8Array(pieces.flatMap((part) => [...part]));
        assert.ok(tagsOf(bytes, encoding).tags.length <= bytes.length / 8);
      },
    ),
    { numRuns: 500 },
  );
});
