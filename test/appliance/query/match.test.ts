import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testOf } from '#appliance/query/match.ts';
import { plainDateOf, plainTimeOf } from './plain-ranges.ts';

const fits = (vr: string, key: string, value: string): boolean => {
  const made = testOf(vr, key);
  assert.ok(made.ok, `${vr} "${key}" is legal`);
  return made.value === undefined || made.value(value);
};

test('an empty key and stars alone are universal: also what is empty fits', () => {
  for (const vr of ['LO', 'PN', 'UI', 'DA', 'TM', 'IS', 'SQ']) {
    for (const key of ['', '*', '**']) assert.equal(fits(vr, key, ''), true, `${vr} ${key}`);
  }
  assert.equal(fits('LO', '?', ''), false);
  assert.equal(fits('LO', 'a', ''), false);
});

test('case counts everywhere but in names, whose accents and groups do not count either', () => {
  assert.equal(fits('LO', 'abc', 'ABC'), false);
  for (const [key, value] of [
    ['muller^a*', 'MÜLLER^ANNE'],
    ['Müller', 'muller^'],
    ['yamada^*', 'Yamada^Tarou=山田^太郎'],
    ['山田*', 'Yamada^Tarou=山田^太郎'],
    ['TEST ^ ALPHA', 'TEST^ALPHA'],
  ] as const) {
    assert.equal(fits('PN', key, value), true, key);
  }
  assert.equal(fits('PN', 'か', 'が'), false, 'the mark makes another letter');
  assert.equal(fits('PN', 'TEST', 'TEST^ALPHA'), false);
});

test('one of several values has to fit one of several keys', () => {
  assert.equal(fits('CS', 'MR\\CT', 'CR\\CT'), true);
  assert.equal(fits('CS', 'MR\\CT', 'CR\\DX'), false);
  assert.equal(fits('UI', '1.2\\1.3', '1.3'), true);
  assert.equal(fits('UI', '1.2*', '1.2.3'), false, 'UIDs have no wildcards');
  assert.equal(fits('IS', '007', '7'), true);
  assert.equal(fits('LT', 'a\\b', 'a\\b'), true, 'a letter, not a list');
});

test('keys that are no value of their kind are refused, none of them by matching nothing', () => {
  for (const [vr, key] of [
    ['DA', '2026'],
    ['DA', '2026*'],
    ['DA', '-'],
    ['DA', '20260101-20260102-20260103'],
    ['TM', '1'],
    ['TM', '10.5'],
    ['TM', '10-x'],
    ['LO', 'x'.repeat(1_025)],
  ] as const) {
    assert.equal(testOf(vr, key).ok, false, `${vr} ${key}`);
  }
});

test('a range holds exactly the dates from its first to its last', () => {
  const date = fc.date({
    min: new Date('1900-01-01'),
    max: new Date('2099-12-31'),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(date, date, date, (from, to, at) => {
      const [first, last, value] = [from, to, at].map(plainDateOf) as [string, string, string];
      assert.equal(fits('DA', `${first}-${last}`, value), first <= value && value <= last);
      assert.equal(fits('DA', `${first}-`, value), first <= value);
      assert.equal(fits('DA', `-${last}`, value), value <= last);
      assert.equal(fits('DA', first, value), first === value);
    }),
  );
});

test('a range of times ends with the last moment of what it names', () => {
  const second = fc.integer({ min: 0, max: 86_399 });
  fc.assert(
    fc.property(second, second, second, (from, to, at) => {
      const minute = (seconds: number): number => Math.floor(seconds / 60);
      const key = `${plainTimeOf(from).slice(0, 4)}-${plainTimeOf(to).slice(0, 4)}`;
      const isInside = minute(from) <= minute(at) && minute(at) <= minute(to);
      assert.equal(fits('TM', key, plainTimeOf(at)), isInside);
      assert.equal(fits('TM', key, `${plainTimeOf(at)}.999`), isInside);
    }),
  );
});
