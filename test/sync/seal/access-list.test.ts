import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hex } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import {
  type AccessList,
  acceptAccessList,
  openAccessList,
  signAccessList,
} from '#sync/seal/access-list.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import { signFile } from '#sync/seal/signed-file.ts';
import { centerOf } from './parties.ts';
import { shake } from './shake-random.ts';

const center = centerOf('access list center');
const name = (text: string) => hex(shake(text, 16));
const list: AccessList = {
  v: 1,
  center: hex(center.root.publicKey),
  version: 2,
  mailboxes: [{ id: name('box mailbox'), owner: name('box') }],
  handles: [
    {
      handle: name('box'),
      transport: hex(signingKeyOf(shake('transport', 32)).publicKey),
      state: 'provisional',
      write: [hex(center.keyList.mailbox)],
      read: [name('box mailbox')],
      bytesPerDay: 200_000_000,
      openPacks: 16,
    },
  ],
  tickets: [{ id: name('ticket'), until: '2027-01-31' }],
};
const text = signAccessList(list, center.identity);
const kindOf = (input: string, keyList = center.keyList): string => {
  const result = openAccessList(input, keyList);
  return result.ok ? 'ok' : result.fault.kind;
};

test('a signed access list opens to what was signed', () => {
  assert.deepEqual(expectOk(openAccessList(text, center.keyList)), list);
});

test('names and keys are base64url in the file', () => {
  assert.match(JSON.parse(JSON.parse(text).signed).handles[0].handle, /^[A-Za-z0-9_-]{22}$/);
});

test('only a current identity of the center signs an access list', () => {
  const old = signingKeyOf(shake('old identity', 32));
  assert.equal(kindOf(signAccessList(list, old)), 'seal/file-untrusted');
  assert.equal(kindOf(signAccessList(list, center.root)), 'seal/file-untrusted');
  const rotated = {
    ...center.keyList,
    identity: [
      { key: center.identity.publicKey, state: 'old' as const },
      { key: old.publicKey, state: 'current' as const },
    ],
  };
  assert.equal(kindOf(text, rotated), 'seal/file-untrusted');
  assert.equal(kindOf(signAccessList(list, old), rotated), 'ok');
});

test('the list of another center under our identity key is refused', () => {
  const other = { ...list, center: hex(centerOf('other').root.publicKey) };
  assert.equal(kindOf(signAccessList(other, center.identity)), 'seal/file-damaged');
});

test('a list that breaks a rule is refused though signed', () => {
  const base = JSON.parse(JSON.parse(text).signed);
  const bad = [
    { ...base, v: 2 },
    { ...base, extra: true },
    { ...base, version: 0 },
    { ...base, mailboxes: [{ id: 'AAAA', owner: base.mailboxes[0].owner }] },
    { ...base, handles: [{ ...base.handles[0], state: 'root' }] },
    { ...base, handles: [{ ...base.handles[0], bytesPerDay: -1 }] },
    { ...base, handles: [{ ...base.handles[0], transport: 'A'.repeat(43) }] },
    { ...base, tickets: [{ id: base.tickets[0].id, until: 'tomorrow' }] },
  ];
  for (const value of bad) {
    const signed = signFile(center.identity, 'outpost/v1/access', value);
    assert.equal(kindOf(signed), 'seal/file-damaged', JSON.stringify(value));
  }
});

test('versions rise, and one version has one content', () => {
  assert.equal(acceptAccessList(list, { ...list, version: 3 }), 'higher');
  assert.equal(acceptAccessList(list, { ...list, version: 1 }), 'lower');
  assert.equal(acceptAccessList(list, { ...list }), 'same');
  assert.equal(acceptAccessList(list, { ...list, tickets: [] }), 'alarm');
});
