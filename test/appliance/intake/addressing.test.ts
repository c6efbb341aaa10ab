import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addressingOf,
  type CenterRules,
  linkedCenters,
  shownCenter,
} from '#appliance/intake/addressing.ts';
import type { Center, Pairing } from '#appliance/ports-pairing.ts';
import { hex } from '#sync/core/bytes.ts';
import { codeOfRoot } from '#sync/seal/party.ts';
import { receivingSecretOf } from '#sync/seal/receiving-key.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import { centerOf } from '#test/sync/seal/parties.ts';
import { shake } from '#test/sync/seal/shake-random.ts';

/** A center with which the box is linked, unless `change` says otherwise. */
function linked(name: string, change: Partial<Pick<Center, 'state'>> = {}): Center {
  const { root, keyList } = centerOf(name);
  const mailbox = hex(keyList.mailbox);
  const grant: Center['grant'] = {
    ...{ version: 1, state: 'active', handle: mailbox, boxMailbox: mailbox },
    centerMailbox: mailbox,
  };
  return { root: hex(root.publicKey), name, state: 'linked', keyList, grant, ...change };
}

const [first, second] = [linked('first'), linked('second')];
const codeOf = ({ root }: Center): string => codeOfRoot(root);

const pairingWith = (...centers: readonly Center[]): Pairing => ({
  identity: signingKeyOf(shake('box/identity', 32)),
  receive: receivingSecretOf(shake('box/receive', 32)),
  centers,
});

const ground = { callingAeTitle: 'CT1', modalities: ['CT'], orderPriority: undefined };
const toNight: CenterRules = {
  centerRules: [
    { name: 'ultrasound', center: codeOf(first), modalities: ['US'] },
    { name: 'night', center: codeOf(second), from: ['CT1'] },
    { name: 'never asked', center: codeOf(first), from: ['CT1'] },
  ],
};

/** Name of the center that a study goes to. */
const goesTo = (centers: readonly Center[], rules: CenterRules, addressee?: string) =>
  addressingOf(pairingWith(...centers), rules).centerOf({ addressee, ground })?.name;

test('without rules a study goes to the center that was paired first', () => {
  assert.equal(goesTo([first, second], {}), 'first');
  assert.equal(goesTo([second, first], {}), 'second');
  assert.equal(goesTo([], {}), undefined);
  assert.equal(addressingOf(undefined).centerOf({ addressee: undefined, ground }), undefined);
});

test('the first rule that fits counts, then the default', () => {
  assert.equal(goesTo([first, second], toNight), 'second');
  const other = { ...ground, callingAeTitle: 'CR1' };
  const rules: CenterRules = { ...toNight, defaultCenter: codeOf(second) };
  const addressing = addressingOf(pairingWith(first, second), rules);
  assert.equal(addressing.centerOf({ addressee: undefined, ground: other })?.name, 'second');
  const ultrasound = { ...other, modalities: ['CR', 'US'] };
  assert.equal(addressing.centerOf({ addressee: undefined, ground: ultrasound })?.name, 'first');
});

test('who has packs of it or was named by a person counts before all rules', () => {
  assert.equal(goesTo([first, second], toNight, first.root), 'first');
});

test('a study whose center takes nothing now waits, and goes to no other one', () => {
  const shut = linked('second', { state: 'revoked' });
  assert.equal(goesTo([first, shut], toNight), undefined);
  assert.equal(goesTo([first, shut], {}, shut.root), undefined);
  assert.equal(goesTo([first, shut], { defaultCenter: codeOf(shut) }), undefined);
  assert.equal(goesTo([first, shut], { defaultCenter: 'ffffffffffffffff' }), undefined);
  assert.deepEqual(
    addressingOf(pairingWith(shut, first)).open.map(({ name }) => name),
    ['first'],
  );
});

test('the screen names a center where a box has several, and one that is unknown always', () => {
  const shown = (centers: readonly Center[], addressee?: string, rules = toNight) =>
    shownCenter(linkedCenters(pairingWith(...centers)), rules, { addressee, ground })?.name;
  assert.equal(shown([first]), undefined);
  assert.equal(shown([first], first.root), undefined);
  assert.equal(shown([first], second.root), 'a center that this box is not paired with');
  assert.equal(shown([first, second]), 'second');
  assert.equal(shown([first, second], first.root), 'first');
  assert.equal(shown([first, second], undefined, {}), 'first');
  const shut = linked('first', { state: 'revoked' });
  assert.equal(shown([shut, second], undefined, {}), 'second', 'the first that is open');
  assert.equal(shown([shut, second], shut.root), 'first', 'shut or not: it waits for that one');
  assert.deepEqual(
    linkedCenters(pairingWith(shut, second)).map(({ isOpen }) => isOpen),
    [false, true],
  );
});
