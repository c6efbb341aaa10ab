import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base64url, hex } from '#sync/core/bytes.ts';
import type { JsonObject } from '#sync/core/canonical-json.ts';
import { expectOk } from '#sync/core/result.ts';
import { enrolKeyOf, ticketOf } from '#sync/seal/card.ts';
import { openPack } from '#sync/seal/open.ts';
import { sealPack } from '#sync/seal/pack.ts';
import { pairingMac, pairingTranscript, signTransport } from '#sync/seal/pairing-transcript.ts';
import type { SigningKey } from '#sync/seal/signature.ts';
import { boxOf, cardOf, centerOf, openedRequest, requestOf, site } from './parties.ts';
import { seeded, shake } from './shake-random.ts';

const center = centerOf('request center');
const box = boxOf('request box');
const card = cardOf(center);
const open = { ticket: hex(ticketOf(card)), enrolKey: enrolKeyOf(card) };
const m1 = requestOf(box, center);

test('a request opens at its center with the same words, and says who asks', () => {
  const opened = expectOk(openedRequest(m1.bytes, center, open));
  assert.equal(opened.packId, m1.packId);
  assert.deepEqual(opened.words, m1.words);
  assert.equal(opened.words.length, 8);
  const { receive, ...request } = opened.request;
  assert.deepEqual(request, {
    kind: 'enrol',
    ticket: open.ticket,
    site,
    identity: box.identity.publicKey,
    transport: box.transport.publicKey,
    hw: 'Test machine',
    version: '0.1.0',
  });
  assert.deepEqual(receive.publicKey, box.receive.publicKey);
});

test('a request fits the limit of the relay for enrolment', () => {
  assert.ok(m1.bytes.length < 64 * 1024);
});

test('an ordinary opener takes no request', () => {
  const result = openPack(m1.bytes, {
    mailbox: center.keyList.mailbox,
    secrets: [center.receive],
    partyId: center.partyId,
    hasPackId: () => false,
    maySign: () => false,
    packIdOfUid: () => undefined,
  });
  assert.equal(result.ok ? 'opened' : result.fault.packKind, 'enrol');
});

const reasonOf = (bytes: Uint8Array, at = center, ticket: Partial<typeof open> = open) => {
  const result = openedRequest(bytes, at, ticket);
  return result.ok ? 'opened' : `${result.fault.check} ${result.fault.reason}`;
};

test('a request for a ticket that is not open is refused', () => {
  assert.equal(reasonOf(m1.bytes, center, {}), '8 the ticket is not open');
});

test('a request under another card is refused', () => {
  const enrolKey = enrolKeyOf(cardOf(center, 'enrol', 'another secret'));
  const reason = '8 the mac is not of the card and our root';
  assert.equal(reasonOf(m1.bytes, center, { ...open, enrolKey }), reason);
});

test('a request made with the card of one root and the key list of another is refused', () => {
  const mixed = { ...center, root: centerOf('other').root };
  assert.equal(reasonOf(m1.bytes, mixed), '8 the mac is not of the card and our root');
});

test('each changed field of a request is refused, though sealed and signed by the sender', () => {
  const stranger = boxOf('stranger');
  const cases: readonly (readonly [JsonObject, string])[] = [
    [{}, 'opened'],
    [{ v: 2 }, '8 the request is malformed'],
    [{ type: 'grant' }, '8 the request is malformed'],
    [{ extra: 1 }, '8 the request is malformed'],
    [{ kind: 3 }, '8 the request is malformed'],
    [{ site: 'demo clinic' }, '8 the request is malformed'],
    [{ hw: 'a\u001b]0;b' }, '8 the request is malformed'],
    [{ transport: base64url(new Uint8Array(32)) }, '8 the request is malformed'],
    [{ kind: 2 }, '8 the mac is not of the card and our root'],
    [{ site: 'OTHER' }, '8 the mac is not of the card and our root'],
    [{ nonce: base64url(new Uint8Array(16)) }, '8 the mac is not of the card and our root'],
    [{ mac: base64url(new Uint8Array(32)) }, '8 the mac is not of the card and our root'],
    [{ ticket: base64url(new Uint8Array(16)) }, '8 the ticket is not open'],
    [
      { receive: base64url(stranger.receive.publicKey) },
      '8 the mac is not of the card and our root',
    ],
    [{ transportSig: base64url(new Uint8Array(64)) }, '8 the transport key did not sign'],
    [{ identity: base64url(stranger.identity.publicKey) }, '8 the identity is not the signer'],
    [{ version: '9.9.9' }, 'opened'],
  ];
  for (const [change, expected] of cases) {
    const reason = reasonOf(sealed({ ...metaOf(), ...change }));
    assert.ok(reason.startsWith(expected), `${JSON.stringify(change)}: ${reason}`);
  }
});

test('a request signed by another key than its identity is refused', () => {
  const bytes = sealed(metaOf(), { signer: boxOf('stranger').identity });
  assert.equal(reasonOf(bytes), '8 the identity is not the signer');
});

test('one key for identity and transport is refused', () => {
  const meta = metaOf({ transport: box.identity });
  assert.equal(reasonOf(sealed(meta)), '8 one key is used for two purposes');
});

test('a receiving key that nothing can be sealed to is refused', () => {
  const receive = Uint8Array.from(box.receive.publicKey).fill(0, 1184);
  const meta = metaOf({ receive });
  assert.equal(reasonOf(sealed(meta)), '8 nothing can be sealed to the receiving key');
});

test('a request with a payload is refused', () => {
  const bytes = sealed(metaOf(), { payload: Uint8Array.of(1) });
  assert.equal(reasonOf(bytes), '12 a request carries no payload');
});

/** The meta of M1, with its mac and transport signature made anew for what is changed. */
function metaOf({
  transport = box.transport,
  receive = box.receive.publicKey,
}: {
  readonly transport?: SigningKey;
  readonly receive?: Uint8Array;
} = {}): JsonObject {
  const facts = {
    kind: 'enrol' as const,
    ticket: ticketOf(card),
    root: center.root.publicKey,
    site,
    identity: box.identity.publicKey,
    receive,
    transport: transport.publicKey,
    nonce: shake('nonce', 16),
  };
  const transcript = pairingTranscript(facts);
  return {
    v: 1,
    type: 'request',
    kind: 1,
    ticket: base64url(facts.ticket),
    site,
    identity: base64url(facts.identity),
    receive: base64url(receive),
    transport: base64url(facts.transport),
    nonce: base64url(facts.nonce),
    mac: base64url(pairingMac(open.enrolKey, transcript)),
    transportSig: base64url(signTransport(transport, transcript)),
    hw: 'Test machine',
    version: '0.1.0',
  };
}

function sealed(
  meta: JsonObject,
  { signer = box.identity, payload = new Uint8Array(0) } = {},
): Uint8Array {
  return sealPack(
    {
      class: 1,
      mailbox: center.keyList.mailbox,
      kind: 'enrol',
      meta,
      payload,
      sealedAtMs: 0,
      stream: shake('stream', 16),
      sequence: 1n,
      recipients: [center.receive],
      recipientParty: center.partyId,
      signer,
    },
    seeded('sealed request'),
  ).bytes;
}
