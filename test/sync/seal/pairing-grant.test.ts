import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base64url, fromHex, hex } from '#sync/core/bytes.ts';
import type { JsonObject } from '#sync/core/canonical-json.ts';
import { expectOk } from '#sync/core/result.ts';
import { centerIdentities } from '#sync/seal/key-list.ts';
import { openPack } from '#sync/seal/open.ts';
import { sealPack } from '#sync/seal/pack.ts';
import { buildGrant, grantOf, openGrant, type PairingGrant } from '#sync/seal/pairing.ts';
import { partyIdOfBox } from '#sync/seal/party.ts';
import { boxOf, centerOf, site } from './parties.ts';
import { seeded, shake } from './shake-random.ts';

const center = centerOf('grant center');
const box = boxOf('grant box');
const boxMailbox = shake('box mailbox', 16);
const request = 'ab'.repeat(32);
const grant: PairingGrant = {
  request,
  version: 1,
  state: 'provisional',
  site,
  handle: hex(shake('handle', 16)),
  boxMailbox: hex(boxMailbox),
  centerMailbox: hex(center.keyList.mailbox),
  list: 3,
};

const built = (changes: Partial<PairingGrant> = {}, identity = center.identity) =>
  buildGrant(
    {
      grant: { ...grant, ...changes },
      identity,
      boxIdentity: box.identity.publicKey,
      boxReceive: box.receive,
      nowMs: 0,
      stream: shake('stream', 16),
      sequence: 1n,
    },
    seeded('grant'),
  );

const opened = (bytes: Uint8Array, requestPackId = request) =>
  openGrant(bytes, {
    secrets: [box.receive],
    partyId: partyIdOfBox(box.identity.publicKey),
    identities: centerIdentities(center.keyList),
    requestPackId,
  });

const reasonOf = (bytes: Uint8Array, requestPackId = request): string => {
  const result = opened(bytes, requestPackId);
  return result.ok ? 'opened' : `${result.fault.check} ${result.fault.reason}`;
};

test('a grant opens at the box that asked, before it has a mailbox', () => {
  const said = (bytes: Uint8Array) => {
    const { certificate, ...rest } = expectOk(opened(bytes));
    assert.ok(certificate);
    return rest;
  };
  assert.deepEqual(said(built().bytes), grant);
  const refused = { state: 'refused' as const, reason: 'The site has a box already' };
  assert.deepEqual(said(built(refused).bytes), { ...grant, ...refused });
});

test('a later grant opens as an ordinary pack in the mailbox of the box', () => {
  const pack = expectOk(
    openPack(built({ version: 2, state: 'active' }).bytes, {
      mailbox: boxMailbox,
      secrets: [box.receive],
      partyId: partyIdOfBox(box.identity.publicKey),
      hasPackId: () => false,
      maySign: (identity, kind) =>
        kind === 'enrol' && hex(identity) === hex(center.identity.publicKey),
      packIdOfUid: () => undefined,
    }),
  );
  assert.equal(expectOk(grantOf(pack, request)).state, 'active');
});

test('a grant by a key that does not sign for the center is refused', () => {
  const bytes = built({}, centerOf('other').identity).bytes;
  assert.equal(reasonOf(bytes), '8 the signer may not send this kind here');
});

test('a grant for another request, or of another box, is refused', () => {
  assert.equal(reasonOf(built().bytes, 'cd'.repeat(32)), '12 the grant answers another request');
  const other = boxOf('other box');
  const result = openGrant(built().bytes, {
    secrets: [other.receive],
    partyId: partyIdOfBox(other.identity.publicKey),
    identities: centerIdentities(center.keyList),
    requestPackId: request,
  });
  assert.equal(result.ok ? 'opened' : result.fault.refusal, 'not-for-us');
});

test('a grant whose header names another mailbox than it grants is refused', () => {
  const bytes = sealed({ boxMailbox: base64url(new Uint8Array(16)) });
  assert.equal(reasonOf(bytes), '12 the mailbox is not the granted one');
});

test('a grant that breaks a rule is refused', () => {
  assert.equal(reasonOf(sealed({})), 'opened');
  const changes: readonly JsonObject[] = [
    { v: 2 },
    { type: 'request' },
    { version: 0 },
    { state: 'king' },
    { site: '' },
    { handle: 'AAAA' },
    { extra: 1 },
    { reason: 'x'.repeat(201) },
    { reason: 'a\u001b[2J' },
  ];
  for (const change of changes) {
    assert.match(reasonOf(sealed(change)), /^12 the grant is malformed/, JSON.stringify(change));
  }
  assert.equal(reasonOf(sealed({}, Uint8Array.of(1))), '12 a grant carries no payload');
});

function sealed(change: JsonObject, payload = new Uint8Array(0)): Uint8Array {
  const binary = (name: 'handle' | 'boxMailbox' | 'centerMailbox') =>
    base64url(fromHex(grant[name]) ?? new Uint8Array());
  const meta: JsonObject = {
    ...grant,
    v: 1,
    type: 'grant',
    handle: binary('handle'),
    boxMailbox: binary('boxMailbox'),
    centerMailbox: binary('centerMailbox'),
    ...change,
  };
  return sealPack(
    {
      class: 1,
      mailbox: boxMailbox,
      kind: 'enrol',
      meta,
      payload,
      sealedAtMs: 0,
      stream: shake('stream', 16),
      sequence: 1n,
      recipients: [box.receive],
      recipientParty: partyIdOfBox(box.identity.publicKey),
      signer: center.identity,
    },
    seeded('sealed grant'),
  ).bytes;
}
