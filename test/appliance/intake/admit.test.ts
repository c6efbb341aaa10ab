import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admit } from '#appliance/intake/admit.ts';

const caller = { callingAeTitle: 'CT1', calledAeTitle: 'OUTPOST', address: '192.0.2.7' };
const rules = {
  aeTitles: ['OUTPOST', 'OLD_PACS'],
  callers: [{ aeTitle: 'CT1', address: '192.0.2.7' }, { aeTitle: 'US1' }],
};

test('a listed caller is accepted, under any of the titles of the box', () => {
  assert.equal(admit(caller, rules, false), 'accept');
  assert.equal(admit({ ...caller, calledAeTitle: 'OLD_PACS' }, rules, false), 'accept');
});

test('an address that came over IPv6 is the same address', () => {
  assert.equal(admit({ ...caller, address: '::ffff:192.0.2.7' }, rules, false), 'accept');
});

test('a listed title from another address is an unknown caller, unless no address is bound', () => {
  const elsewhere = { ...caller, address: '192.0.2.8' };
  assert.deepEqual(admit(elsewhere, rules, false), { reject: 'calling-ae' });
  assert.equal(admit({ ...elsewhere, callingAeTitle: 'US1' }, rules, false), 'accept');
});

test('a wrong called title is told before anything else', () => {
  const slip = { callingAeTitle: 'NOBODY', calledAeTitle: 'OUTPSOT', address: '192.0.2.9' };
  assert.deepEqual(admit(slip, rules, true), { reject: 'called-ae' });
});

test('a full disk turns known callers away for now, and tells strangers the truth', () => {
  assert.deepEqual(admit(caller, rules, true), { reject: 'busy' });
  const stranger = { ...caller, callingAeTitle: 'NOBODY' };
  assert.deepEqual(admit(stranger, rules, true), { reject: 'calling-ae' });
});

test('"any" takes every caller', () => {
  const open = { ...rules, callers: 'any' as const };
  assert.equal(admit({ ...caller, callingAeTitle: 'NOBODY' }, open, false), 'accept');
});
