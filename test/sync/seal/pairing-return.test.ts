import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hex } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { centerIdentities, type KeyList } from '#sync/seal/key-list.ts';
import {
  buildGrant,
  buildReturn,
  openGrant,
  openReturn,
  type PairingGrant,
} from '#sync/seal/pairing.ts';
import { partyIdOfBox } from '#sync/seal/party.ts';
import { boxOf, centerOf, requestOf, site, type TestBox, type TestCenter } from './parties.ts';
import { seeded, shake } from './shake-random.ts';

const center = centerOf('return center');
const other = centerOf('another return center');
const box = boxOf('return box');
const thief = boxOf('return thief');
const request = 'ab'.repeat(32);
const grant: PairingGrant = {
  ...{ request, version: 2, state: 'active', site, list: 3 },
  ...{ handle: hex(shake('handle', 16)), boxMailbox: hex(shake('box mailbox', 16)) },
  centerMailbox: hex(center.keyList.mailbox),
};
const numbers = { nowMs: 0, stream: shake('stream', 16), sequence: 1n };

/** The certificate of a grant that `by` signed for `to`. */
function certified(change: Partial<PairingGrant> = {}, by: TestCenter = center, to = box) {
  const { bytes } = buildGrant(
    {
      ...{ grant: { ...grant, ...change }, identity: by.identity, ...numbers },
      ...{ boxIdentity: to.identity.publicKey, boxReceive: to.receive },
    },
    seeded('grant'),
  );
  const opened = expectOk(
    openGrant(bytes, {
      ...{ secrets: [to.receive], partyId: partyIdOfBox(to.identity.publicKey) },
      ...{ identities: centerIdentities(by.keyList), requestPackId: request },
    }),
  );
  return opened.certificate ?? assert.fail();
}

function shown(
  certificate: Uint8Array,
  by: TestBox = box,
  change: { readonly keyList?: KeyList; readonly receive?: TestBox['receive'] } = {},
) {
  return buildReturn(
    {
      ...{ kind: 'enrol', ticket: 'cd'.repeat(16), certificate, keyList: center.keyList },
      ...{ ...by, nonce: shake('nonce', 16), hw: 'Test machine', version: '0', ...numbers },
      ...change,
    },
    seeded('return'),
  );
}

const opened = (bytes: Uint8Array, keyList: KeyList = center.keyList) =>
  openReturn(bytes, {
    ...{ secrets: [center.receive], partyId: center.partyId, roots: [center.root.publicKey] },
    ...{ mailbox: keyList.mailbox, identities: centerIdentities(keyList) },
  });

function reasonOf(bytes: Uint8Array, keyList?: KeyList): string {
  const result = opened(bytes, keyList);
  if (result === undefined) return 'no return';
  return result.ok ? 'opened' : `${result.fault.check} ${result.fault.reason}`;
}

test('a box shows the grant that its center signed, with keys that it holds', () => {
  const pack = shown(certified());
  const { identity, transport, receive, words, ...rest } = expectOk(
    opened(pack.bytes) ?? assert.fail(),
  );
  assert.deepEqual(rest, { kind: 'enrol', ticket: 'cd'.repeat(16), grant });
  assert.deepEqual(
    [identity, transport, receive.publicKey].map(hex),
    [box.identity.publicKey, box.transport.publicKey, box.receive.publicKey].map(hex),
  );
  assert.deepEqual(words, pack.words);
});

test('a forged, borrowed, changed or foreign grant brings nobody back', () => {
  const forged = certified(
    {},
    { ...center, identity: thief.identity, keyList: withIdentity(thief) },
  );
  assert.equal(
    reasonOf(shown(forged).bytes),
    '8 the grant is signed by nobody who signs for this center',
  );
  assert.equal(
    reasonOf(shown(certified(), thief).bytes),
    '8 the grant is of another box',
    'replayed',
  );
  const foreign = certified({ centerMailbox: hex(other.keyList.mailbox) }, other);
  assert.equal(
    reasonOf(shown(foreign).bytes),
    '8 the grant is signed by nobody who signs for this center',
  );
  const moved = certified({ centerMailbox: hex(other.keyList.mailbox) });
  assert.equal(reasonOf(shown(moved).bytes), '8 the grant is of another mailbox');
  for (const state of ['refused', 'revoked', 'retired'] as const) {
    assert.equal(reasonOf(shown(certified({ state })).bytes), '8 the grant lets nobody in', state);
  }
  const good = certified();
  // Each part of it is hit; the slow words of each pack make more of this dear.
  for (let at = 0; at < good.length; at += 47) {
    const changed = good.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.match(reasonOf(shown(changed).bytes), /^8 /, `byte ${at}`);
  }
  assert.match(
    reasonOf(shown(good.subarray(0, good.length - 1)).bytes),
    /^8 the certificate is no grant/,
  );
});

test('an identity key of the center that was revoked has let nobody in; an old one has', () => {
  const pack = shown(certified());
  const state = (known: 'old' | 'revoked'): KeyList => ({
    ...center.keyList,
    identity: [
      { key: center.identity.publicKey, state: known },
      { key: other.identity.publicKey, state: 'current' },
    ],
  });
  assert.equal(reasonOf(pack.bytes, state('old')), 'opened');
  assert.match(reasonOf(pack.bytes, state('revoked')), /signed by nobody/);
});

test('who does not hold the transport key, or uses one key twice, does not come back; a request is no return', () => {
  const stolen = { ...box, transport: { ...thief.transport, publicKey: box.transport.publicKey } };
  assert.equal(reasonOf(shown(certified(), stolen).bytes), '8 the transport key did not sign');
  const one = { ...box, transport: box.identity };
  assert.equal(reasonOf(shown(certified(), one).bytes), '8 one key is used for two purposes');
  const root = { ...center.keyList, root: other.root.publicKey };
  assert.match(
    reasonOf(shown(certified(), box, { keyList: root }).bytes),
    /^(8|10) /,
    'of another root',
  );
  assert.equal(reasonOf(requestOf(box, center).bytes), 'no return');
});

function withIdentity(by: TestBox): KeyList {
  return { ...center.keyList, identity: [{ key: by.identity.publicKey, state: 'current' }] };
}
