import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base64url } from '#sync/core/bytes.ts';
import type { Json } from '#sync/core/canonical-json.ts';
import { expectOk } from '#sync/core/result.ts';
import {
  acceptKeyList,
  centerIdentities,
  currentReceivingKey,
  datesOf,
  isCenterIdentity,
  type KeyList,
  openKeyList,
  rootHashOf,
  signKeyList,
} from '#sync/seal/key-list.ts';
import { receivingSecretOf } from '#sync/seal/receiving-key.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import { signFile } from '#sync/seal/signed-file.ts';
import { centerOf } from './parties.ts';

const center = centerOf('key list center');
const other = centerOf('other center');
const { keyList, root, text } = center;
const kindOf = (input: string, trust: Parameters<typeof openKeyList>[1] = {}): string => {
  const result = openKeyList(input, trust);
  return result.ok ? 'ok' : result.fault.kind;
};

/** The list as signed JSON, changed as an attacker with the root key would. */
const changed = (change: (list: Record<string, Json>) => void): string => {
  const list = JSON.parse(JSON.parse(text).signed);
  change(list);
  return signFile(root, 'outpost/v1/keylist', list);
};

test('a signed key list opens to what was signed, by fingerprint, by root and by its own word', () => {
  assert.deepEqual(expectOk(openKeyList(text, {})), keyList);
  assert.deepEqual(expectOk(openKeyList(text, { root: root.publicKey })), keyList);
  assert.deepEqual(expectOk(openKeyList(text, { rootHash: rootHashOf(root.publicKey) })), keyList);
});

test('the list of another root is not trusted', () => {
  assert.equal(kindOf(text, { root: other.root.publicKey }), 'seal/file-untrusted');
  assert.equal(kindOf(text, { rootHash: rootHashOf(other.root.publicKey) }), 'seal/file-untrusted');
  assert.equal(kindOf(text, { rootHash: new Uint8Array(0) }), 'seal/file-untrusted');
  const forged = signFile(other.root, 'outpost/v1/keylist', JSON.parse(JSON.parse(text).signed));
  assert.equal(kindOf(forged), 'seal/file-untrusted');
  assert.throws(() => signKeyList(keyList, other.root), RangeError);
});

test('a list that breaks a rule is refused, root or not', () => {
  const receive = { kid: base64url(center.receive.kid), key: base64url(center.receive.publicKey) };
  const mutations: readonly ((list: Record<string, Json>) => void)[] = [
    (list) => Object.assign(list, { v: 2 }),
    (list) => Object.assign(list, { extra: 1 }),
    (list) => Object.assign(list, { list: 0 }),
    (list) => Object.assign(list, { list: 1.5 }),
    (list) => Object.assign(list, { name: '' }),
    (list) => Object.assign(list, { name: 'a\u001b[2Jb' }),
    (list) => Object.assign(list, { phone: '\u202e123' }),
    (list) => Object.assign(list, { ledger: 'AAAA' }),
    (list) => Object.assign(list, { root: base64url(new Uint8Array(32)) }),
    (list) => Object.assign(list, { nextRoot: base64url(Uint8Array.of(1, ...Array(31).fill(0))) }),
    (list) => Object.assign(list, { identity: [] }),
    (list) =>
      Object.assign(list, { identity: [{ key: base64url(new Uint8Array(32)), state: 'current' }] }),
    (list) => Object.assign(list, { receive: [{ ...receive, state: 'accept' }] }),
    (list) =>
      Object.assign(list, {
        receive: [
          { ...receive, state: 'current' },
          { ...receive, state: 'current' },
        ],
      }),
    (list) =>
      Object.assign(list, { receive: [{ ...receive, kid: 'AAAAAAAAAAA', state: 'current' }] }),
    (list) => Object.assign(list, { receive: [{ ...receive, state: 'stolen' }] }),
    (list) =>
      Object.assign(list, {
        relays: [
          { id: 'r', urls: ['http://relay.example'], spki: receive.kid, receipt: receive.kid },
        ],
      }),
    (list) => delete list['mailbox'],
  ];
  assert.equal(kindOf(changed(() => {})), 'ok');
  for (const mutation of mutations) {
    assert.equal(kindOf(changed(mutation)), 'seal/file-damaged', String(mutation));
  }
});

test('packs are sealed to the current epoch, whatever else is listed', () => {
  const next = receivingSecretOf(new Uint8Array(32).fill(9));
  const list: KeyList = {
    ...keyList,
    receive: [{ kid: next.kid, key: next.publicKey, state: 'future' }, ...keyList.receive],
  };
  const opened = expectOk(openKeyList(signKeyList(list, root), {}));
  assert.deepEqual(currentReceivingKey(opened).kid, center.receive.kid);
});

test('current and old identities sign for a center, revoked and unknown ones do not', () => {
  const [a, b, c, d] = [1, 2, 3, 4].map(
    (at) => signingKeyOf(new Uint8Array(32).fill(at)).publicKey,
  );
  assert.ok(a && b && c && d);
  const list: KeyList = {
    ...keyList,
    identity: [
      { key: a, state: 'current' },
      { key: b, state: 'old' },
      { key: c, state: 'revoked' },
    ],
  };
  assert.deepEqual(centerIdentities(list), [a, b]);
  assert.deepEqual(
    [a, b, c, d].map((key) => isCenterIdentity(list, key)),
    [true, true, false, false],
  );
});

test('a higher number replaces, a lower one is ignored, the same number with other content alarms', () => {
  assert.equal(acceptKeyList(keyList, { ...keyList, list: 4 }), 'higher');
  assert.equal(acceptKeyList(keyList, { ...keyList, list: 2 }), 'lower');
  assert.equal(acceptKeyList(keyList, expectOk(openKeyList(text, {}))), 'same');
  assert.equal(acceptKeyList(keyList, { ...keyList, phone: '+1' }), 'alarm');
});

test('a list with dates says them; a later form of them verifies and says nothing; an older list has none', () => {
  const dates = { v: 1, issued: '2026-01-01', followBy: '2026-04-01' } as const;
  const dated = expectOk(openKeyList(signKeyList({ ...keyList, dates }, root), {}));
  assert.deepEqual(dated, { ...keyList, dates });
  assert.deepEqual(datesOf(dated), {
    issuedMs: Date.UTC(2026, 0, 1),
    followByMs: Date.UTC(2026, 3, 1),
  });
  const later: KeyList = { ...keyList, dates: { v: 2, epochs: [{ from: '2026' }] } };
  const kept = expectOk(openKeyList(signKeyList(later, root), {}));
  assert.deepEqual(kept, later);
  assert.equal(datesOf(kept), undefined);
  assert.equal(acceptKeyList(kept, later), 'same');
  assert.equal(datesOf(keyList), undefined);
  for (const wrong of [{ ...dates, issued: '1 May' }, { ...dates, more: 1 }, { v: 0 }, 7]) {
    const text = signKeyList({ ...keyList, dates: wrong as never }, root);
    assert.equal(kindOf(text), 'seal/file-damaged');
  }
});

test('a higher list must be of the root that the known one names as next', () => {
  const named: KeyList = { ...keyList, nextRoot: other.root.publicKey };
  assert.deepEqual(expectOk(openKeyList(signKeyList(named, root), {})), named);
  assert.equal(acceptKeyList(named, { ...keyList, list: 4 }), 'alarm');
  assert.equal(acceptKeyList(named, { ...other.keyList, list: 4 }), 'higher');
  assert.equal(acceptKeyList(keyList, { ...other.keyList, list: 4 }), 'alarm');
});
