import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type CodingGround,
  chooseLevel,
  createCodingRates,
  type LevelRate,
} from '#appliance/intake/coding-level.ts';
import { codingMax } from '#sync/coding/coding.ts';
import { codingOf, isLower, levels } from '#sync/coding/payload.ts';

const mebibyte = 1024 * 1024;
const ground: CodingGround = {
  codingMax,
  linkBytesPerS: 50_000,
  width: 1,
  isAlone: false,
  plainBytes: 8 * mebibyte,
};

test('a slow link gets the fewest bytes, a fast one nothing that holds it up', () => {
  const rates = createCodingRates();
  assert.equal(chooseLevel(rates, ground), 'slow link');
  assert.equal(chooseLevel(rates, { ...ground, linkBytesPerS: 5e6 }), 'fast');
  assert.equal(chooseLevel(rates, { ...ground, linkBytesPerS: 500e6 }), 'raw');
});

test('a link that nobody measured is taken for a rural one, and its codec keeps it full', () => {
  assert.equal(chooseLevel(createCodingRates(), { ...ground, linkBytesPerS: 0 }), 'medium');
});

test('a codec that turns out slow on this box gives way', () => {
  const rates = createCodingRates();
  for (let pack = 0; pack < 40; pack++) {
    rates.note({
      level: 'slow link',
      plainBytes: 8 * mebibyte,
      codedBytes: 2 * mebibyte,
      tookMs: 60_000,
      fallbacks: [],
    });
  }
  assert.equal(chooseLevel(rates, ground), 'medium');
});

test('a small pack and a pack that fell back say nothing about the codec', () => {
  const rates = createCodingRates();
  const before = rates.of('slow link');
  rates.note({ level: 'slow link', plainBytes: 1_000, codedBytes: 900, tookMs: 50, fallbacks: [] });
  rates.note({
    level: 'slow link',
    plainBytes: 8 * mebibyte,
    codedBytes: 8 * mebibyte,
    tookMs: 9_000,
    fallbacks: [{ coding: 2, reason: 'mismatch' }],
  });
  assert.deepEqual(rates.of('slow link'), before);
});

const anyGround = fc.record({
  codingMax: fc.integer({ min: 0, max: 255 }),
  linkBytesPerS: fc.oneof(fc.constant(0), fc.double({ min: 1, max: 1e9, noNaN: true })),
  width: fc.integer({ min: 1, max: 8 }),
  isAlone: fc.boolean(),
  plainBytes: fc.integer({ min: 1, max: 14 * mebibyte }),
});

test('never beyond what the center reads, and never slower than sending the bytes as they are', () => {
  fc.assert(
    fc.property(anyGround, (each) => {
      const rates = createCodingRates();
      const level = chooseLevel(rates, each);
      assert.ok(codingOf(level) <= each.codingMax);
      if (each.linkBytesPerS === 0) return;
      const secondsAt = (each: CodingGround, { plainBytesPerS, ratio }: LevelRate): number => {
        const linkS = each.plainBytes / ratio / each.linkBytesPerS;
        const codeS = each.plainBytes / plainBytesPerS;
        return each.isAlone ? codeS + linkS : Math.max(codeS / each.width, linkS);
      };
      const [took, raw] = [level, 'raw' as const].map((one) => secondsAt(each, rates.of(one)));
      assert.ok((took ?? 0) <= (raw ?? 0), `${level} takes ${took} s, raw takes ${raw} s`);
    }),
  );
});

test('a faster link never asks for a heavier level', () => {
  fc.assert(
    fc.property(anyGround, fc.double({ min: 1, max: 100, noNaN: true }), (each, factor) => {
      if (each.linkBytesPerS === 0) return;
      const rates = createCodingRates();
      const slow = chooseLevel(rates, each);
      const fast = chooseLevel(rates, { ...each, linkBytesPerS: each.linkBytesPerS * factor });
      assert.ok(!isLower(slow, fast), `${slow} on the slow link, ${fast} on the fast one`);
    }),
  );
  assert.equal(levels.length, 5);
});
