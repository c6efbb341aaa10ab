import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxDecodedBytes } from '#sync/coding/coding.ts';
import { expectOk } from '#sync/core/result.ts';
import { buildData, buildDataMeta, decodeData, parseDataMeta } from '#sync/letters/data.ts';
import { data, digest, pieces, study } from './samples.ts';

function kindOf(change: object, payloadLength = data.payload.length): string {
  const parsed = parseDataMeta({ ...data.meta, ...change }, payloadLength);
  return parsed.ok ? 'ok' : parsed.fault.kind;
}

const instance = { datasetSha256: digest('a'), sizeBytes: 4, from: 0, to: 4 };

test('pieces come back as they were, in both codings', () => {
  for (const coding of [0, 1] as const) {
    const { meta, payload } = buildData(study, coding, pieces);
    assert.deepEqual(expectOk(parseDataMeta(meta, payload.length)), meta);
    const ranges = expectOk(decodeData(meta, payload));
    assert.deepEqual(
      ranges,
      pieces.map(({ bytes }) => bytes),
    );
  }
});

test('a meta of another version, with a strange key or without a field is refused', () => {
  const bad = [
    { v: 2 },
    { extra: 1 },
    { study: undefined },
    { study: '../x' },
    { coding: 9 },
    { coding: '1' },
    { instances: [] },
    { instances: Array(1_001).fill(instance) },
  ];
  for (const change of bad) assert.equal(kindOf(change), 'letter/meta', JSON.stringify(change));
});

test('a piece that is no piece of its object is refused', () => {
  const bad = [
    { from: 4 },
    { from: -1 },
    { to: 5 },
    { to: 0 },
    { from: 0.5 },
    { sizeBytes: 2 ** 33, to: 2 ** 33 },
    { datasetSha256: 'AB'.repeat(32) },
    { datasetSha256: digest('a').slice(2) },
    { more: true },
  ];
  for (const change of bad) {
    assert.equal(kindOf({ instances: [{ ...instance, ...change }] }), 'letter/meta');
  }
});

test('more bytes than a payload may stand for are refused before decoding', () => {
  const large = { ...instance, sizeBytes: maxDecodedBytes + 1, to: maxDecodedBytes + 1 };
  assert.equal(kindOf({ instances: [large] }), 'letter/too-large');
  assert.throws(() => buildDataMeta({ v: 1, study, coding: 1, instances: [large] }), RangeError);
});

test('a payload that does not fit the meta is refused', () => {
  assert.equal(kindOf({ coding: 0 }, 8), 'letter/payload');
  assert.equal(kindOf({ coding: 0 }, 9), 'ok');
  assert.equal(kindOf({}, 0), 'letter/payload');
  const decoded = decodeData(data.meta, new Uint8Array(20));
  assert.equal(decoded.ok ? 'ok' : decoded.fault.kind, 'letter/payload');
});

test('a piece that is not as long as its range is a bug', () => {
  const [first] = pieces;
  assert.ok(first);
  assert.throws(() => buildData(study, 0, [{ ...first, bytes: new Uint8Array(3) }]), RangeError);
});

test('a fault names fields and no value', () => {
  const secret = { ...data.meta, study: 'TEST^ALPHA', 'TEST^BRAVO': 1 };
  const parsed = parseDataMeta(secret, 1);
  assert.ok(!parsed.ok);
  assert.match(parsed.fault.message, /study/);
  assert.doesNotMatch(parsed.fault.message, /TEST/);
});
