import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '#sync/core/canonical-json.ts';
import { type Direction, parseLetter } from '#sync/letters/letter.ts';
import { data, deliveryReceipt, manifest, report, reportReceipt } from './samples.ts';

const heartbeat = {
  meta: {
    v: 1,
    register: 'heartbeat',
    version: 1,
    list: 1,
    at: '2026-01-05T10:00:00.000Z',
    software: '1',
    ledger: '0'.repeat(32),
  },
  payload: new Uint8Array(0),
};

/** Kind, the way it may go, the letter. */
const letters: readonly (readonly [string, Direction, { meta: Json; payload: Uint8Array }])[] = [
  ['data', 'to-center', data],
  ['manifest', 'to-center', manifest],
  ['report', 'to-clinic', report],
  ['receipt', 'to-clinic', deliveryReceipt],
  ['receipt', 'to-center', reportReceipt],
  ['control', 'to-clinic', heartbeat],
];

for (const [kind, direction, { meta, payload }] of letters) {
  test(`a ${kind} pack ${direction} is read`, () => {
    const parsed = parseLetter(kind, meta, payload, direction);
    assert.equal(parsed.ok && parsed.value.kind, kind);
  });
}

test('data, manifest and report in the wrong direction are alarms', () => {
  for (const [kind, direction, { meta, payload }] of letters.slice(0, 3)) {
    const other = direction === 'to-center' ? 'to-clinic' : 'to-center';
    const parsed = parseLetter(kind, meta, payload, other);
    assert.ok(!parsed.ok && parsed.fault.kind === 'letter/direction');
  }
});

test('a letter of one kind is never read as another', () => {
  for (const [kind, direction] of letters) {
    for (const [other, , { meta, payload }] of letters) {
      if (other !== kind) assert.equal(parseLetter(kind, meta, payload, direction).ok, false);
    }
  }
});

test('enrolment and unknown kinds are no letters', () => {
  for (const kind of ['enrol', '', 'toString', '__proto__']) {
    const parsed = parseLetter(kind, data.meta, data.payload, 'to-center');
    assert.ok(!parsed.ok && parsed.fault.kind === 'letter/kind');
  }
});

test('one field of the wrong type anywhere is refused, and nothing ever throws', () => {
  fc.assert(
    fc.property(fc.constantFrom(...letters), fc.nat(), fc.jsonValue(), (letter, pick, value) => {
      const [kind, direction, { meta, payload }] = letter;
      const keys = Object.keys(meta as object);
      const key = keys[pick % keys.length] ?? 'v';
      const changed = { ...(meta as object), [key]: { wrong: value } } as Json;
      assert.equal(parseLetter(kind, changed, payload, direction).ok, false);
      parseLetter(kind, value as Json, payload, direction);
    }),
    { numRuns: 300 },
  );
});
