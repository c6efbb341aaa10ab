import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admit } from '#appliance/intake/admit.ts';

const called = (calledAeTitle: string) => ({ calledAeTitle });
const titles = ['OUTPOST', 'OLD_PACS'];

test('a known caller is accepted, under any of the titles of the box', () => {
  for (const title of titles) assert.equal(admit(called(title), titles, 'known', false), 'accept');
});

test('a device that moved is let in to send', () => {
  assert.equal(admit(called('OUTPOST'), titles, 'moved', false), 'accept');
});

test('a wrong called title is told before anything else', () => {
  assert.deepEqual(admit(called('OUTPSOT'), titles, 'unknown', true), { reject: 'called-ae' });
});

test('a full disk turns known callers away for now, and tells strangers the truth', () => {
  for (const standing of ['known', 'moved'] as const) {
    assert.deepEqual(admit(called('OUTPOST'), titles, standing, true), { reject: 'busy' });
  }
  for (const standing of ['unknown', 'refused', 'uncertified'] as const) {
    assert.deepEqual(admit(called('OUTPOST'), titles, standing, true), { reject: 'calling-ae' });
  }
});
