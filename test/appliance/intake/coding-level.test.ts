import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type CodingGround,
  type CodingRates,
  chooseLevel,
  createCodingRates,
  type LevelRate,
} from '#appliance/intake/coding-level.ts';
import { codingMax } from '#sync/coding/coding.ts';
import { codingOf, isLower, type Level, levels } from '#sync/coding/payload.ts';

const mebibyte = 1024 * 1024;
const ground: CodingGround = {
  codingMax,
  linkBytesPerS: 50_000,
  linkDownS: 0,
  width: 1,
  queuedBytes: 0,
  hasMore: true,
  behindBytes: 1024 * mebibyte,
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

test('while the first pack is awaited it is coded soon, the rest as small as the codec can in time', () => {
  const rates = createCodingRates();
  const rural = { ...ground, linkBytesPerS: 250_000 };
  const first = { ...rural, plainBytes: 512 * 1024, hasMore: false, behindBytes: 0 };
  assert.equal(chooseLevel(rates, first), 'fast');
  assert.equal(chooseLevel(rates, { ...rural, queuedBytes: 120_000 }), 'medium');
  assert.equal(chooseLevel(rates, { ...rural, queuedBytes: 20 * 250_000 }), 'slow link');
});

test('an outage is taken to last as long again: what it leaves time for is coded as small as it can be', () => {
  const rates = createCodingRates();
  const rural = { ...ground, linkBytesPerS: 250_000, hasMore: false, behindBytes: 0 };
  assert.equal(chooseLevel(rates, { ...rural, linkDownS: 0 }), 'fast');
  assert.equal(chooseLevel(rates, { ...rural, linkDownS: 60 }), 'slow link');
});

test('the last packs of a study are not coded so hard that the far end is still busy when all is there', () => {
  const rates = createCodingRates();
  const [linkBytesPerS, plainBytes] = [250_000, mebibyte];
  const tail = { ...ground, linkBytesPerS, plainBytes, queuedBytes: 5 * linkBytesPerS };
  assert.equal(chooseLevel(rates, tail), 'slow link');
  assert.equal(chooseLevel(rates, { ...tail, behindBytes: 512 * 1024 }), 'medium');
  assert.equal(chooseLevel(rates, { ...tail, behindBytes: 0, hasMore: false }), 'medium');
});

/** Seconds until `packs` are over a link and decoded, and how long the link waited after the first of them. */
function crossing(packs: number, linkBytesPerS: number, levelAt: (ground: CodingGround) => Level) {
  const real: Readonly<Record<Level, LevelRate>> = {
    raw: { plainBytesPerS: 1e9, ratio: 1 },
    'fast zstd': { plainBytesPerS: 90e6, ratio: 2.4 },
    fast: { plainBytesPerS: 28e6, ratio: 4.3 },
    medium: { plainBytesPerS: 3.3e6, ratio: 6.2 },
    'slow link': { plainBytesPerS: 0.57e6, ratio: 6.6 },
  };
  let codedAtS = 0;
  let carriedAtS = 0;
  let decodedAtS = 0;
  let waitedS = 0;
  const used: Level[] = [];
  for (let pack = 0; pack < packs; pack++) {
    const plainBytes = pack === 0 ? 512 * 1024 : 8 * mebibyte;
    const queuedBytes = Math.max(0, carriedAtS - codedAtS) * linkBytesPerS;
    const hasMore = pack > 0 && pack < packs - 1;
    const behindBytes = hasMore ? (packs - 1 - pack) * plainBytes : 0;
    const place = { queuedBytes, hasMore, behindBytes };
    const level = levelAt({ ...ground, linkBytesPerS, plainBytes, ...place });
    const { plainBytesPerS, ratio } = real[level];
    codedAtS += plainBytes / plainBytesPerS;
    if (pack > 0) waitedS += Math.max(0, codedAtS - carriedAtS);
    carriedAtS = Math.max(codedAtS, carriedAtS) + plainBytes / ratio / linkBytesPerS;
    decodedAtS = Math.max(carriedAtS, decodedAtS) + plainBytes / plainBytesPerS / 2;
    used.push(level);
  }
  return { tookS: decodedAtS, waitedS, used };
}

test('a study of 70 MB is over sooner than at any one level, and the link hardly waits', () => {
  for (const linkBytesPerS of [12_000, 60_000, 250_000, 1_000_000]) {
    const chosen = crossing(9, linkBytesPerS, (each) => chooseLevel(createCodingRates(), each));
    for (const level of levels) {
      const { tookS } = crossing(9, linkBytesPerS, () => level);
      assert.ok(
        chosen.tookS <= tookS * 1.02,
        `${linkBytesPerS}: ${chosen.used}, ${level} ${tookS}`,
      );
    }
    assert.ok(
      chosen.waitedS <= chosen.tookS * 0.06,
      `${linkBytesPerS}: waited ${chosen.waitedS} s: ${chosen.used}`,
    );
  }
  const { used } = crossing(9, 250_000, (each) => chooseLevel(createCodingRates(), each));
  assert.deepEqual([used[0], used[1]], ['fast', 'medium']);
});

test('what is sealed ahead while the link is down becomes as small as it can', () => {
  const rates = createCodingRates();
  let queuedBytes = 0;
  const used = Array.from({ length: 8 }, () => {
    const level = chooseLevel(rates, { ...ground, linkBytesPerS: 250_000, queuedBytes });
    queuedBytes += ground.plainBytes / rates.of(level).ratio;
    return level;
  });
  assert.deepEqual(used.slice(-4), Array(4).fill('slow link'));
});

test('what one level says of the images counts for all, and is forgotten where nothing is coded', () => {
  const rates = createCodingRates();
  const note = (level: Level, codedBytes: number) =>
    rates.note({ level, plainBytes: mebibyte, codedBytes, tookMs: 100, fallbacks: [] });
  for (let pack = 0; pack < 40; pack++) note('fast', mebibyte / 8);
  assert.ok(rates.of('slow link').ratio > rates.of('fast').ratio);
  assert.ok(rates.of('fast').ratio > 7.9);
  for (let pack = 0; pack < 40; pack++) note('fast', mebibyte);
  assert.equal(chooseLevel(rates, ground), 'raw', 'lossy images');
  for (let pack = 0; pack < 10; pack++) note('raw', mebibyte);
  assert.notEqual(chooseLevel(rates, ground), 'raw', 'it tries again');
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

/** Codes packs of `plainBytes` at the chosen levels, with a share of a machine that keeps its first rates. */
function codedAt(rates: CodingRates, share: number, packs: number, plainBytes = 2 * mebibyte) {
  const whole = createCodingRates();
  const busy = { ...ground, linkBytesPerS: 250_000, queuedBytes: 250_000, plainBytes };
  return Array.from({ length: packs }, () => {
    const level = chooseLevel(rates, busy);
    const { plainBytesPerS, ratio } = whole.of(level);
    const tookMs = (plainBytes / (plainBytesPerS * share)) * 1_000;
    rates.note({ level, plainBytes, codedBytes: plainBytes / ratio, tookMs, fallbacks: [] });
    return level;
  });
}

test('others that take the processor are noticed by the next pack, and their end within a few', () => {
  const rates = createCodingRates();
  const medium = (packs: number) => Array(packs).fill('medium');
  assert.deepEqual(codedAt(rates, 1, 3), medium(3));
  assert.deepEqual(codedAt(rates, 1 / 20, 40).slice(1), Array(39).fill('fast'));
  assert.deepEqual(codedAt(rates, 1, 8).slice(-4), medium(4));
});

test('one short pack that was interrupted says little', () => {
  const rates = createCodingRates();
  const short = { level: 'fast', plainBytes: 512 * 1024, codedBytes: 150_000 } as const;
  for (const tookMs of [35, 140]) rates.note({ ...short, tookMs, fallbacks: [] });
  assert.equal(codedAt(rates, 1, 1)[0], 'medium');
});

test('packs that are not coded say nothing of the processor', () => {
  const rates = createCodingRates();
  const before = rates.of('medium').plainBytesPerS;
  const raw = { level: 'raw', plainBytes: mebibyte, codedBytes: mebibyte, fallbacks: [] } as const;
  for (let pack = 0; pack < 5; pack++) rates.note({ ...raw, tookMs: 0.01 });
  assert.equal(rates.of('medium').plainBytesPerS, before);
});

test('a codec that is slow by itself is not taken for a busy machine', () => {
  const rates = createCodingRates();
  for (let pack = 0; pack < 40; pack++) {
    const level = pack % 2 === 0 ? 'slow link' : 'medium';
    const bytesPerS = level === 'medium' ? 2e6 : 0.05e6;
    const plainBytes = 2 * mebibyte;
    rates.note({
      ...{ level, plainBytes, codedBytes: plainBytes / 5, fallbacks: [] },
      tookMs: (plainBytes / bytesPerS) * 1_000,
    });
  }
  const isNear = (found: number, real: number) => found > real / 1.3 && found < real * 1.3;
  assert.ok(isNear(rates.of('slow link').plainBytesPerS, 0.05e6));
  assert.ok(isNear(rates.of('medium').plainBytesPerS, 2e6));
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
  linkDownS: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e5, noNaN: true })),
  width: fc.integer({ min: 1, max: 8 }),
  queuedBytes: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1e9 })),
  hasMore: fc.boolean(),
  behindBytes: fc.integer({ min: 0, max: 1e9 }),
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
        const behindS = each.behindBytes / ratio / each.linkBytesPerS;
        const decodeS = each.linkDownS > 0 ? 0 : Math.max(0, codeS / 2 - behindS);
        const aheadS = each.linkDownS + each.queuedBytes / each.linkBytesPerS;
        const freeS = each.hasMore ? Math.max(aheadS, linkS / 2) : aheadS;
        const ownS = codeS / (each.hasMore ? each.width : 1);
        return linkS + Math.max(0, ownS - freeS) + decodeS;
      };
      const [took, raw] = [level, 'raw' as const].map((one) => secondsAt(each, rates.of(one)));
      assert.ok(
        (took ?? 0) <= (raw ?? 0) * (1 + 1e-9),
        `${level} takes ${took} s, raw takes ${raw} s`,
      );
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
