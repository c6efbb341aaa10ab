import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hex } from '#sync/core/bytes.ts';
import { canonicalJson, type Json } from '#sync/core/canonical-json.ts';
import type { Fault } from '#sync/core/fault.ts';
import { expectOk, type Result } from '#sync/core/result.ts';
import { acceptAccessList, openAccessList, signAccessList } from '#sync/seal/access-list.ts';
import {
  cardQrText,
  cardText,
  enrolKeyOf,
  parseCard,
  parseCardBytes,
  ticketOf,
} from '#sync/seal/card.ts';
import { openCustody, signCustody } from '#sync/seal/custody.ts';
import { parseHeader, parsePackFrame } from '#sync/seal/header.ts';
import { parseInner } from '#sync/seal/inner.ts';
import { acceptKeyList, openKeyList, signKeyList } from '#sync/seal/key-list.ts';
import { openKeyListChain } from '#sync/seal/key-list-chain.ts';
import { openPack } from '#sync/seal/open.ts';
import { openWith } from '#sync/seal/opening.ts';
import { padding } from '#sync/seal/padding.ts';
import { buildGrant, openGrant, type PairingGrant } from '#sync/seal/pairing-grant.ts';
import { buildReturn, openReturn } from '#sync/seal/pairing-return.ts';
import { partyIdOfBox } from '#sync/seal/party.ts';
import { boxPeerSchema, centerTicketSchema } from '#sync/seal/peers.ts';
import { parseReceivingKey } from '#sync/seal/receiving-key.ts';
import {
  checkChallenge,
  makeChallenge,
  sessionSignature,
  verifySession,
} from '#sync/seal/session.ts';
import { isSoundPublicKey, signingKeyOf, verify } from '#sync/seal/signature.ts';
import { openSignedFile, signFile } from '#sync/seal/signed-file.ts';
import { fuzzBytes, fuzzJson, fuzzText } from '#test/support/fuzz.ts';
import { forge, mailbox, partyId, secrets } from './forge.ts';
import { boxOf, cardOf, centerOf, openedRequest, requestOf, site } from './parties.ts';
import { seeded, shake } from './shake-random.ts';

const center = centerOf('fuzz center');
const box = boxOf('fuzz box');
const card = cardOf(center);
const request = requestOf(box, center);
const relayKey = signingKeyOf(shake('relay receipts', 32));
const packs = [forge(), forge({ kind: 'data' })];
/** X25519 and ML-KEM of one round are a few hundred KiB in pure TypeScript. */
const cipher = { rounds: 30, allocates: 8 * 1024 * 1024 };

/** Anything but the original is refused with a fault that names no byte of it. */
function assertRefused(result: Result<unknown, Fault>): void {
  assert.ok(!result.ok, 'a changed one was believed');
  assert.doesNotMatch(result.fault.message, /[\p{Cc}\p{Cf}]/u);
}

const same = (a: Uint8Array, b: Uint8Array): boolean => hex(a) === hex(b);
const isOneOf = (bytes: Uint8Array, all: readonly Uint8Array[]) =>
  all.some((one) => same(bytes, one));

test('the outside of a pack is in bounds or refused', () =>
  fuzzBytes('parseHeader, parsePackFrame', packs, (bytes) => {
    const header = parseHeader(bytes);
    const frame = parsePackFrame(bytes);
    if (header.ok) assert.ok(header.value.sizeBytes <= 16_782_080);
    if (frame.ok) assert.equal(frame.value.header.sizeBytes, bytes.length);
    assert.ok(header.ok || !frame.ok);
  }));

test('an inner part is cut inside its bytes or refused', () => {
  const plain = shake('inner', 2_048);
  plain.fill(0);
  plain.set(new TextEncoder().encode('SPKINNER\u0004'));
  plain.set([0, 0, 0, 20], 12);
  plain.set([0, 0, 0, 0, 0, 0, 0, 30], 16);
  return fuzzBytes('parseInner', [plain], (bytes) => {
    const inner = parseInner(bytes, padding);
    if (inner.ok)
      assert.ok(248 + inner.value.meta.length + inner.value.payload.length <= bytes.length);
  });
});

test('no changed pack opens', () => {
  const context = {
    ...{ mailbox, secrets, partyId, hasPackId: () => false, maySign: () => true },
    packIdOfUid: () => undefined,
  };
  return fuzzBytes(
    'openPack, openWith',
    packs,
    (bytes) => {
      if (isOneOf(bytes, packs)) return assert.ok(openPack(bytes, context).ok);
      assertRefused(openPack(bytes, context));
      assertRefused(openWith(bytes, { ...context, mailbox: undefined }, padding));
    },
    cipher,
  );
});

test('no changed request and no changed grant is believed', async () => {
  const open = { ticket: hex(ticketOf(card)), enrolKey: enrolKeyOf(card) };
  await fuzzBytes(
    'openRequest',
    [request.bytes],
    (bytes) => {
      const opened = openedRequest(bytes, center, open);
      if (!same(bytes, request.bytes)) assertRefused(opened);
    },
    { ...cipher, rounds: 8 },
  );
  const grant: PairingGrant = {
    ...{ request: request.packId, version: 1, state: 'active', site, list: 3 },
    ...{
      handle: '01'.repeat(16),
      boxMailbox: '02'.repeat(16),
      centerMailbox: hex(center.keyList.mailbox),
    },
  };
  const sealed = buildGrant(
    {
      ...{ grant, identity: center.identity, boxIdentity: box.identity.publicKey },
      ...{ boxReceive: box.receive, nowMs: 0, stream: shake('stream', 16), sequence: 1n },
    },
    seeded('grant'),
  );
  let certificate: Uint8Array = new Uint8Array();
  await fuzzBytes(
    'openGrant',
    [sealed.bytes],
    (bytes) => {
      const opened = openGrant(bytes, {
        ...{ secrets: [box.receive], partyId: partyIdOfBox(box.identity.publicKey) },
        ...{ identities: [center.identity.publicKey], requestPackId: request.packId },
      });
      if (!same(bytes, sealed.bytes)) return assertRefused(opened);
      const { certificate: shown, ...rest } = expectOk(opened);
      assert.deepEqual(rest, grant);
      certificate = shown ?? certificate;
    },
    { ...cipher, rounds: 8 },
  );
  const { transport } = box;
  const back = buildReturn(
    {
      ...{ kind: 'enrol', ticket: 'cd'.repeat(16), certificate, keyList: center.keyList },
      ...{ identity: box.identity, receive: box.receive, transport, nonce: shake('nonce', 16) },
      ...{ hw: 'Test', version: '0', nowMs: 0, stream: shake('stream', 16), sequence: 2n },
    },
    seeded('return'),
  );
  const read = (bytes: Uint8Array) =>
    openReturn(bytes, {
      ...{ secrets: [center.receive], partyId: center.partyId, mailbox: center.keyList.mailbox },
      ...{ roots: [center.root.publicKey], identities: [center.identity.publicKey] },
    });
  assert.ok(read(back.bytes)?.ok);
  await fuzzBytes(
    'openReturn',
    [back.bytes],
    (bytes) => {
      const opened = read(bytes);
      if (!same(bytes, back.bytes)) assert.ok(opened === undefined || !opened.ok);
    },
    { ...cipher, rounds: 8 },
  );
});

test('a signed file that was changed in any place is refused', () => {
  const access = signAccessList(
    {
      ...{ v: 1, center: hex(center.root.publicKey), version: 2 },
      mailboxes: [{ id: '0a'.repeat(16), owner: '0b'.repeat(16) }],
      handles: [],
      tickets: [{ id: '0c'.repeat(16), until: '2027-01-31' }],
    },
    center.identity,
  );
  const custody = signCustody(relayKey, {
    ...{ relay: 'relay-1', at: '2026-01-05T10:00:00.000Z' },
    packs: [{ packId: 'ab'.repeat(32), sizeBytes: 2_000 }],
  });
  const files = [center.text, access, custody];
  return fuzzText(
    'openKeyList, openAccessList, openCustody',
    files,
    (text) => {
      const keyList = openKeyList(text, { root: center.root.publicKey });
      const list = openAccessList(text, center.keyList);
      const receipt = openCustody(text, relayKey.publicKey);
      const opened = [keyList, list, receipt].filter(({ ok }) => ok).length;
      assert.equal(opened, isSameJson(text, files) ? 1 : 0);
      if (keyList.ok) assert.equal(acceptKeyList(center.keyList, keyList.value), 'same');
      if (list.ok) assert.equal(acceptAccessList(list.value, list.value), 'same');
    },
    { rounds: 30 },
  );
});

test('a chain of key lists that was changed in any place leads no further than its good lines', () => {
  const second = { ...center.keyList, list: 4, nextRoot: relayKey.publicKey };
  const third = { ...center.keyList, list: 5, root: relayKey.publicKey };
  const chain = `${center.text}${signKeyList(second, center.root)}${signKeyList(third, relayKey)}`;
  return fuzzText(
    'openKeyListChain',
    [chain],
    (text) => {
      const opened = openKeyListChain(text, { root: center.root.publicKey });
      if (!opened.ok) return;
      const { list, roots } = opened.value;
      assert.ok([3, 4, 5].includes(list.list));
      assert.equal(roots.length, list.list === 5 ? 2 : 1);
    },
    { rounds: 20, allocates: 8 * 1024 * 1024 },
  );
});

test('a list of any form that its own root signed is read in bounds or refused', async () => {
  const schemaOnly = JSON.parse(JSON.parse(center.text).signed);
  const read = (value: unknown): void => {
    const text = JSON.stringify(value) ?? 'null';
    if (/\\ud[89a-f]/.test(text)) return;
    const label = 'outpost/v1/keylist';
    const file = signFile(center.root, label, JSON.parse(text) as Json);
    const opened = openKeyList(file, { root: center.root.publicKey });
    if (opened.ok) assert.doesNotMatch(opened.value.name + opened.value.phone, /[\p{Cc}\p{Cf}]/u);
    else assert.doesNotMatch(opened.fault.message, /[\p{Cc}\p{Cf}]/u);
    assert.ok(
      openSignedFile(file, label, () => center.root.publicKey).ok || text.includes('[[[[[[['),
    );
  };
  await fuzzJson('openKeyList signed', [schemaOnly], read, {
    rounds: 80,
    allocates: 8 * 1024 * 1024,
  });
});

test('a key from outside is sound or none', async () => {
  const signature = sessionSignature(
    box.transport,
    shake('spki', 32),
    shake('handle', 16),
    shake('c', 40),
  );
  await fuzzBytes(
    'isSoundPublicKey, verify',
    [box.transport.publicKey, signature],
    (bytes) => {
      const isGood = verify(bytes, signature, 'label', shake('x', 1)) && isSoundPublicKey(bytes);
      assert.equal(isGood, false);
    },
    { rounds: 30 },
  );
  await fuzzBytes(
    'parseReceivingKey',
    [box.receive.publicKey],
    (bytes) => {
      const parsed = parseReceivingKey(bytes);
      if (parsed) assert.equal(parsed.publicKey.length, 1_216);
    },
    { rounds: 60, allocates: 8 * 1024 * 1024 },
  );
});

test('no changed challenge or proof opens a session', () => {
  const secret = shake('secret', 32);
  const handle = shake('handle', 16);
  const spki = shake('spki', 32);
  const challenge = makeChallenge(secret, handle, shake('nonce', 16), 60_000);
  const proof = sessionSignature(box.transport, spki, handle, challenge);
  return fuzzBytes(
    'checkChallenge, verifySession',
    [challenge, proof],
    (bytes) => {
      const { publicKey } = box.transport;
      assert.equal(checkChallenge(secret, handle, bytes, 0), same(bytes, challenge));
      assert.equal(verifySession(publicKey, spki, handle, challenge, bytes), same(bytes, proof));
    },
    { rounds: 30 },
  );
});

test('a card that was mistyped is refused; its forms mean one card', async () => {
  const texts = [cardText(card.bytes), cardQrText(card.bytes), cardText(card.bytes).toLowerCase()];
  await fuzzText('parseCard', texts, (text) => {
    const parsed = parseCard(text);
    if (parsed.ok) assert.deepEqual(parsed.value.bytes, card.bytes);
    else assert.doesNotMatch(parsed.fault.message, /[^ -~]/);
  });
  await fuzzBytes('parseCardBytes', [card.bytes], (bytes) => {
    assert.equal(parseCardBytes(bytes).ok, same(bytes, card.bytes));
  });
});

test('a record of pairing of any form is parsed or refused, and parses again', async () => {
  const peer = {
    ...{ format: 1, state: 'requested', site, kind: 'enrol', ticket: '0c'.repeat(16) },
    ...{ wrongAttempts: 0, words: Array(8).fill('word'), request: 'ab'.repeat(32) },
  };
  const ticket = {
    ...{ format: 1, state: 'open', kind: 'enrol', site, ticket: '0c'.repeat(16) },
    ...{ lastDay: '2027-01-31', enrolKey: 'ab'.repeat(32), wrongAttempts: 0 },
  };
  for (const schema of [boxPeerSchema, centerTicketSchema]) {
    await fuzzJson('boxPeerSchema, centerTicketSchema', [peer, ticket], (value) => {
      const parsed = schema.safeParse(value);
      if (parsed.success) assert.deepEqual(schema.parse(parsed.data), parsed.data);
    });
  }
});

/** White space around the outer object is not signed and changes nothing. */
function isSameJson(text: string, files: readonly string[]): boolean {
  try {
    const normal = canonicalJson(JSON.parse(text) as Json);
    return files.some((file) => canonicalJson(JSON.parse(file) as Json) === normal);
  } catch {
    return false;
  }
}
