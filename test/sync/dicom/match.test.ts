import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  matchesDate,
  matchesDateTime,
  matchesName,
  matchesText,
  matchesTime,
  matchesUid,
} from '#sync/dicom/match.ts';
import { processorMsOf } from '#test/support/processor-time.ts';

test('wildcards match as a regular expression of the same meaning does', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.', 'ä'), maxLength: 12 });
  fc.assert(
    fc.property(text, text, (key, value) => {
      const source = key.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
      const expected = key === '' || new RegExp(`^${source}$`, 'su').test(value);
      assert.equal(matchesText(key, value), expected);
    }),
    { numRuns: 2_000 },
  );
});

test('a hostile wildcard key does not hold the door for long', () => {
  const tookMs = processorMsOf(() => {
    assert.equal(matchesText(`${'*a'.repeat(500)}b`, 'a'.repeat(1_024)), false);
  });
  assert.ok(tookMs < 1_000, `${tookMs} ms`);
});

test('a key longer than any value matches nothing, and is not looked into', () => {
  const length = 2 * 1024 ** 2;
  assert.equal(matchesText('*'.repeat(length), 'DOE'), false);
  assert.equal(matchesName(`DOE${'^'.repeat(length)}JOHN`, 'DOE^JOHN'), false);
});

test('names match in any case, and as if empty components at their end were not there', () => {
  assert.ok(matchesName('test^a*', 'TEST^ALPHA'));
  assert.ok(matchesName('TEST^ALPHA^^', 'Test^Alpha'));
  assert.ok(!matchesName('TEST^BRAVO', 'TEST^ALPHA'));
});

test('one of a list of UIDs is enough', () => {
  assert.ok(matchesUid('1.2\\1.3', '1.3'));
  assert.ok(!matchesUid('1.2\\1.3', '1'));
  assert.ok(matchesUid('', ''));
});

test('a range of dates has its ends in it, open or not', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['20260110', '20260110', true],
    ['20260110', '20260111', false],
    ['2026.01.10', '20260110', true],
    ['20260110-20260112', '20260110', true],
    ['20260110-20260112', '20260112', true],
    ['20260110-20260112', '20260113', false],
    ['20260110-20260112', '20260109', false],
    ['20260110-', '20270101', true],
    ['20260110-', '20260109', false],
    ['-20260110', '20250101', true],
    ['-20260110', '20260111', false],
    ['-', '20260111', true],
    ['20260110-', '', false],
    ['', '', true],
  ];
  for (const [key, value, expected] of cases)
    assert.equal(matchesDate(key, value), expected, `${key} ${value}`);
});

test('a time that says less than another includes it', () => {
  assert.ok(matchesTime('10', '1059'));
  assert.ok(matchesTime('0800-1000', '100059.5'));
  assert.ok(!matchesTime('0800-1000', '1001'));
  assert.ok(!matchesTime('0800-1000', '075959'));
});

test('ranges of date and time together are one range from moment to moment', () => {
  const key = { date: '20260705-20260707', time: '1000-1800' };
  assert.ok(matchesDateTime(key, { date: '20260706', time: '0300' }));
  assert.ok(!matchesDateTime(key, { date: '20260705', time: '0959' }));
  assert.ok(!matchesDateTime(key, { date: '20260707', time: '1801' }));
  const sameDay = { date: '20260706', time: '1000-1800' };
  assert.ok(!matchesDateTime(sameDay, { date: '20260706', time: '0300' }));
  assert.ok(!matchesDateTime(key, { date: '', time: '' }));
});
