import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { constants, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import {
  type Coding,
  codeRanges,
  codings,
  decodeRanges,
  decodeWhole,
  maxDecodedBytes,
} from '#sync/coding/coding.ts';
import { concat, utf8 } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';

const parts = [utf8('one '), utf8('two '.repeat(1_000)), utf8('three')];
const sizes = parts.map((part) => part.length);

function kindOf(coding: Coding, payload: Uint8Array, declared: readonly number[]): string {
  const result = decodeRanges(coding, payload, declared);
  return result.ok ? 'ok' : result.fault.kind;
}

test('coding 0 is the ranges one after another', () => {
  assert.deepEqual(codeRanges(0, parts), concat(...parts));
});

test('coding 1 makes repeated bytes small', () => {
  assert.ok(codeRanges(1, parts).length < 100);
  assert.ok(codeRanges(1, parts, 19).length < 100);
});

test('any ranges come back as they were, in any coding', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...codings),
      fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 10 }),
      (coding, ranges) => {
        const payload = codeRanges(coding, ranges);
        const lengths = ranges.map((range) => range.length);
        assert.deepEqual(expectOk(decodeRanges(coding, payload, lengths)), ranges);
      },
    ),
  );
});

test('incompressible megabytes come back from coding 1', () => {
  let state = 1;
  const noise = Uint8Array.from({ length: 3_000_000 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state >> 8;
  });
  const [back] = expectOk(decodeRanges(1, codeRanges(1, [noise]), [noise.length]));
  assert.equal(Buffer.compare(back ?? new Uint8Array(0), noise), 0);
});

test('a payload that is not as long as declared is refused', () => {
  for (const coding of codings) {
    const payload = codeRanges(coding, parts);
    assert.equal(kindOf(coding, payload, [...sizes, 1]), 'coding/size');
    assert.notEqual(kindOf(coding, payload, sizes.slice(0, 2)), 'ok');
    assert.equal(kindOf(coding, payload, []), coding === 1 ? 'coding/too-large' : 'coding/size');
  }
});

test('sizes that are no sizes, or too much together, are refused before anything is allocated', () => {
  const bad = [[-1], [1.5], [Number.NaN], [2 ** 53], [maxDecodedBytes, 1], Array(1_001).fill(0)];
  for (const declared of bad) {
    for (const coding of codings) {
      assert.equal(kindOf(coding, codeRanges(coding, parts), declared), 'coding/too-large');
    }
  }
});

test('a bomb stops at the declared size', () => {
  const bomb = zstdCompressSync(new Uint8Array(65 * 1024 * 1024));
  assert.equal(kindOf(1, bomb, [1_000]), 'coding/too-large');
  const whole = decodeWhole(bomb, 1_000_000_000);
  assert.equal(whole.ok ? 'ok' : whole.fault.kind, 'coding/too-large');
});

test('a frame that asks for more memory than was declared is refused unread', () => {
  const content = frameOf(0xe0, 0, 0, 0, 0, 1, 0, 0, 0);
  const window = frameOf(0x00, 0xff);
  assert.equal(kindOf(1, content, sizes), 'coding/too-large');
  assert.equal(kindOf(1, window, sizes), 'coding/too-large');
});

/** A frame of one empty block with this descriptor and these header fields (RFC 8878 3.1.1). */
function frameOf(descriptor: number, ...fields: number[]): Uint8Array {
  return Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, descriptor, ...fields, 1, 0, 0);
}

test('anything but one frame is refused', () => {
  const frame = codeRanges(1, parts);
  const skippable = new Uint8Array([0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9]);
  const bad = [
    new Uint8Array(0),
    utf8('not zstd at all'),
    concat(frame, frame),
    concat(frame, Uint8Array.of(0)),
    concat(skippable, frame),
    frame.subarray(0, -1),
  ];
  for (const payload of bad) assert.equal(kindOf(1, payload, sizes), 'coding/damaged');
});

test('a frame with a checksum is read, and refused when the checksum is wrong', () => {
  const params = { [constants.ZSTD_c_checksumFlag]: 1 };
  const frame = new Uint8Array(zstdCompressSync(concat(...parts), { params }));
  assert.equal(kindOf(1, frame, sizes), 'ok');
  frame[frame.length - 1] = (frame.at(-1) ?? 0) ^ 1;
  assert.notEqual(kindOf(1, frame, sizes), 'ok');
});

test('a damaged payload never throws, and never gives another length', () => {
  const frame = codeRanges(1, parts);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(frame.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      (changes) => {
        const bytes = frame.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        const result = decodeRanges(1, bytes, sizes);
        if (!result.ok) return;
        const lengths = result.value.map((range) => range.length);
        assert.deepEqual(lengths, sizes);
      },
    ),
    { numRuns: 500 },
  );
});
