import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type PackKind, packKinds } from '#sync/seal/kind.ts';
import { maxInnerBytes, paddedLength, padding } from '#sync/seal/padding.ts';

const kinds = Object.keys(packKinds) as readonly PackKind[];
const others = kinds.filter((kind) => kind !== 'data');

test('data is padded to a multiple of max(1 KiB, 2^floor(log2 L) / 32)', () => {
  const examples: Readonly<Record<number, number>> = {
    248: 1_024,
    1024: 1_024,
    1025: 2_048,
    32767: 32_768,
    32768: 32_768,
    32769: 33_792,
    65535: 65_536,
    65537: 67_584,
    1048577: 1_081_344,
    16777216: 16_777_216,
    16777215: 16_777_216,
    16252929: 16_515_072,
  };
  for (const [length, padded] of Object.entries(examples)) {
    assert.equal(padding('data', Number(length)), padded, length);
  }
});

test('all else is padded to a power of two, at least 2 KiB', () => {
  const examples: Readonly<Record<number, number>> = {
    248: 2_048,
    2048: 2_048,
    2049: 4_096,
    1048576: 1_048_576,
    8388609: 16_777_216,
    16777216: 16_777_216,
  };
  for (const kind of others) {
    for (const [length, padded] of Object.entries(examples)) {
      assert.equal(padding(kind, Number(length)), padded, `${kind} ${length}`);
    }
  }
});

test('padding never shrinks, is stable, grows with the length and fits whenever the content does', () => {
  const length = fc.integer({ min: 248, max: maxInnerBytes });
  fc.assert(
    fc.property(fc.constantFrom(...kinds), length, length, (kind, a, b) => {
      const padded = padding(kind, a);
      assert.ok(padded >= a && padded <= maxInnerBytes);
      assert.equal(padding(kind, padded), padded);
      if (a <= b) assert.ok(padded <= padding(kind, b));
      if (kind === 'data' && a >= 32_768) assert.ok(padded - a < a / 32);
    }),
    { numRuns: 500 },
  );
});

test('a planner counts the inner head of 248 bytes', () => {
  assert.equal(paddedLength('data', 7, 769), 1_024);
  assert.equal(paddedLength('data', 7, 770), 2_048);
});
