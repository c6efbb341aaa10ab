import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Area } from '#sync/coding/areas.ts';
import {
  type Coding,
  codingMax,
  codings,
  decodeRanges,
  encodeRanges,
} from '#sync/coding/coding.ts';
import { areasOfObject } from '#sync/coding/part10-areas.ts';
import {
  codePayload,
  codingOf,
  levels,
  ownCodec,
  type PayloadCodec,
} from '#sync/coding/payload.ts';
import { expectOk } from '#sync/core/result.ts';
import { syntheticSlice } from '#test/support/synthetic-ct.ts';

const ct = [0, 1, 2].map((slice) => ctSlice(slice));

function ctSlice(slice: number): Uint8Array {
  return syntheticSlice({ seed: 7, slices: 3, rows: 64 }, slice).part10;
}

function rangesOf(parts: readonly Uint8Array[]) {
  return parts.map((bytes) => ({ bytes, from: 0 }));
}

test('every level gives the same bytes back, and each is smaller than the one before', () => {
  let before = Number.POSITIVE_INFINITY;
  for (const level of levels) {
    const coded = codePayload(rangesOf(ct), level);
    assert.deepEqual(coded.fallbacks, []);
    assert.ok(coded.coding === (codingOf(level) > 2 ? codingMax : codingOf(level)));
    const sizes = ct.map(({ length }) => length);
    assert.deepEqual(expectOk(decodeRanges(coded.coding, coded.payload, sizes)), ct);
    // Where nothing is gained the checksum is all that is added.
    assert.ok(coded.payload.length <= before + 12, `${level}: ${coded.payload.length}`);
    before = coded.payload.length;
  }
});

test('any bytes come back from any level, with any areas that somebody believes in', () => {
  const areas = fc
    .record({
      from: fc.nat(60),
      rows: fc.integer({ min: 1, max: 9 }),
      lines: fc.integer({ min: 1, max: 30 }),
      columns: fc.integer({ min: 1, max: 9 }),
      components: fc.integer({ min: 1, max: 3 }),
      bytesPerSample: fc.constantFrom(1 as const, 2 as const),
      isBigEndian: fc.boolean(),
      isSigned: fc.boolean(),
    })
    .map(({ from, rows, lines, ...shape }): Area => {
      const row = shape.columns * shape.components * shape.bytesPerSample;
      return { from, to: from + row * lines, rows, shape };
    });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 900 }),
    fc.uint8Array({ maxLength: 900, max: 3 }),
  );
  const range = fc.record({ bytes, from: fc.nat(40), areas: fc.array(areas, { maxLength: 1 }) });
  fc.assert(
    fc.property(
      fc.array(range, { maxLength: 4 }),
      fc.constantFrom(...codings),
      (ranges, coding) => {
        const sizes = ranges.map(({ bytes: { length } }) => length);
        const back = expectOk(decodeRanges(coding, encodeRanges(coding, ranges), sizes));
        for (const [index, range] of ranges.entries()) {
          assert.equal(Buffer.compare(back[index] ?? new Uint8Array(1), range.bytes), 0);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('a range of an object is coded as samples, and decoded without the rest', () => {
  const object = syntheticSlice({ seed: 7, slices: 3, rows: 256 }, 1).part10;
  const areas = areasOfObject(object.subarray(0, 4_000), object.length);
  const from = object.length - 60_001;
  const range = { bytes: object.subarray(from), from };
  const known = codePayload([{ ...range, areas }], 'fast');
  const unknown = codePayload([range], 'fast');
  assert.ok(known.payload.length < unknown.payload.length * 0.9);
  const [back] = expectOk(decodeRanges(known.coding, known.payload, [60_001]));
  assert.deepEqual(back, range.bytes);
});

test('a codec that gives other bytes back, or throws, is left for a lower one and counted', () => {
  const broken = (reason: 'mismatch' | 'failed', bad: readonly Coding[]): PayloadCodec => ({
    encode: (coding, ranges) => {
      if (reason === 'failed' && bad.includes(coding)) throw new Error('out of memory');
      return encodeRanges(coding, ranges);
    },
    isProven: (coding) => reason === 'failed' || !bad.includes(coding),
  });
  for (const reason of ['mismatch', 'failed'] as const) {
    const one = codePayload(rangesOf(ct), 'fast', codingMax, broken(reason, [2]));
    assert.deepEqual([one.coding, one.fallbacks], [1, [{ coding: 2, reason }]]);
    const both = codePayload(rangesOf(ct), 'fast', codingMax, broken(reason, [1, 2]));
    assert.deepEqual([both.coding, both.fallbacks.length], [0, 2]);
    assert.equal(both.payload.length, both.plainBytes);
  }
});

test('bytes that do not code go as they are', () => {
  let state = 1;
  const noise = Uint8Array.from({ length: 3_000 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state >> 8;
  });
  for (const level of levels) {
    const coded = codePayload([{ bytes: noise, from: 0 }], level);
    assert.deepEqual([coded.coding, coded.payload], [0, noise]);
  }
});

test('a proof sees a payload that decodes to one other bit', () => {
  const other = ct.map((bytes) => bytes.slice());
  const last = other.at(-1);
  if (last) last[last.length - 1] = (last.at(-1) ?? 0) ^ 1;
  const codec: PayloadCodec = {
    encode: (coding) => encodeRanges(coding, rangesOf(other)),
    isProven: ownCodec.isProven,
  };
  const coded = codePayload(rangesOf(ct), 'fast', codingMax, codec);
  assert.deepEqual(
    coded.fallbacks.map(({ reason }) => reason),
    ['mismatch', 'mismatch'],
  );
});
