import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '#sync/core/bytes.ts';
import {
  canonicalJson,
  type Json,
  jsonObject,
  parseCanonicalJson,
} from '#sync/core/canonical-json.ts';
import { expectOk } from '#sync/core/result.ts';

const kindOf = (input: Uint8Array | string, maxDepth?: number): string => {
  const result = parseCanonicalJson(input, maxDepth === undefined ? {} : { maxDepth });
  return result.ok ? 'ok' : result.fault.kind;
};

test('the example of RFC 8785, section 3.2.2, has its published canonical text', () => {
  const value = JSON.parse(
    '{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],' +
      '"string": "\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/",' +
      '"literals": [null, true, false]}',
  ) as Json;
  assert.equal(
    canonicalJson(value),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

test('keys are ordered by UTF-16 code units, not by code points (RFC 8785, section 3.2.3)', () => {
  const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, ö: 7 };
  assert.equal(
    canonicalJson(value),
    '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"\u{1f600}":5,"\ufb33":3}',
  );
});

test('any JSON value survives writing and parsing', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5, noUnicodeString: false }), (value) => {
      const text = canonicalJson(value as Json);
      const parsed = expectOk(parseCanonicalJson(utf8(text)));
      assert.equal(canonicalJson(parsed), text);
    }),
    { numRuns: 200 },
  );
});

test('a text that is not the canonical one is refused', () => {
  const refusals: Readonly<Record<string, string>> = {
    '{"a":1,"a":1}': 'json/not-canonical',
    '{"a":1,"a":2}': 'json/not-canonical',
    '{"b":1,"a":1}': 'json/not-canonical',
    '{"a": 1}': 'json/not-canonical',
    '{"a":1}\n': 'json/not-canonical',
    '{"a":1.0}': 'json/not-canonical',
    '{"a":-0}': 'json/not-canonical',
    '{"a":1e2}': 'json/not-canonical',
    '{"a":9007199254740993}': 'json/not-canonical',
    '{"a":1e400}': 'json/not-canonical',
    '"\\u0041"': 'json/not-canonical',
    '"\\/"': 'json/not-canonical',
    '"\\ud800"': 'json/not-canonical',
    '{"\\udc00":1}': 'json/not-canonical',
    '': 'json/not-json',
    '{"a":1}x': 'json/not-json',
    "{'a':1}": 'json/not-json',
    '[1,]': 'json/not-json',
    NaN: 'json/not-json',
    '\ufeff{"a":1}': 'json/not-json',
  };
  for (const [text, kind] of Object.entries(refusals)) {
    assert.equal(kindOf(text), kind, text);
    if (text.isWellFormed()) assert.equal(kindOf(utf8(text)), kind, text);
  }
});

test('bytes that are not UTF-8 are refused', () => {
  assert.equal(kindOf(Uint8Array.of(0x22, 0xff, 0x22)), 'json/not-utf8');
  assert.equal(kindOf(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)), 'json/not-utf8');
});

test('nesting counts arrays and objects, not brackets in strings', () => {
  assert.equal(kindOf('[[[[[[[[]]]]]]]]'), 'ok');
  assert.equal(kindOf('[[[[[[[[[]]]]]]]]]'), 'json/too-deep');
  assert.equal(kindOf('{"a":{"a":[]}}', 3), 'ok');
  assert.equal(kindOf('{"a":{"a":[]}}', 2), 'json/too-deep');
  assert.equal(kindOf('["[[[[[[[[[[\\"[[[["]'), 'ok');
});

test('hostile nesting neither overflows a stack nor takes long', () => {
  assert.equal(kindOf('['.repeat(200_000)), 'json/too-deep');
});

test('a key named __proto__ is a key like any other', () => {
  const parsed = expectOk(parseCanonicalJson('{"__proto__":{"x":1}}'));
  assert.equal(canonicalJson(parsed), '{"__proto__":{"x":1}}');
  assert.equal(Object.hasOwn(jsonObject(parsed) ?? {}, '__proto__'), true);
});

test('what has no JSON form is a bug of the caller', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, '\ud800', undefined, 1n]) {
    assert.throws(() => canonicalJson({ value } as unknown as Json), TypeError);
  }
});

test('only an object is an object', () => {
  assert.deepEqual(jsonObject({ a: 1 }), { a: 1 });
  for (const value of [null, [], 1, 'x', true] as const) {
    assert.equal(jsonObject(value), undefined);
  }
});

test('a long list is read, more than a million values are refused before they are made', () => {
  const zeros = (count: number): string => `[${'0,'.repeat(count - 1)}0]`;
  assert.ok(parseCanonicalJson(zeros(400_000)).ok);
  for (const text of [zeros(1_000_001), `[${'{},'.repeat(600_000)}{}]`]) {
    const parsed = parseCanonicalJson(text);
    assert.equal(parsed.ok ? '' : parsed.fault.kind, 'json/too-many');
  }
});
