import { hex } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { buildCard, type Card, type CardKind, parseCardBytes } from '#sync/seal/card.ts';
import { type KeyList, signKeyList } from '#sync/seal/key-list.ts';
import { buildRequest, openRequest } from '#sync/seal/pairing.ts';
import { partyIdOfCenter } from '#sync/seal/party.ts';
import { receivingSecretOf } from '#sync/seal/receiving-key.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import { seeded, shake } from './shake-random.ts';

export const site = 'DEMO-CLINIC';

/** A center of tests, all of its keys from `seed`. */
export function centerOf(seed: string) {
  const key = (name: string) => signingKeyOf(shake(`${seed}/${name}`, 32));
  const root = key('root');
  const identity = key('identity');
  const receive = receivingSecretOf(shake(`${seed}/receive`, 32));
  const keyList: KeyList = {
    v: 1,
    name: 'Demo Center',
    root: root.publicKey,
    list: 3,
    ledger: shake(`${seed}/ledger`, 16),
    mailbox: shake(`${seed}/mailbox`, 16),
    phone: '+237 600 000 000',
    identity: [{ key: identity.publicKey, state: 'current' }],
    receive: [{ kid: receive.kid, key: receive.publicKey, state: 'current' }],
    relays: [
      {
        id: 'relay-1',
        urls: ['https://relay.example:8443'],
        spki: shake(`${seed}/spki`, 32),
        receipt: key('receipt').publicKey,
      },
    ],
    codingMax: 1,
  };
  const partyId = partyIdOfCenter(root.publicKey);
  return { root, identity, receive, keyList, text: signKeyList(keyList, root), partyId };
}

export type TestCenter = ReturnType<typeof centerOf>;

/** A card of `center` with its bytes. */
export function cardOf(
  center: TestCenter,
  kind: CardKind = 'enrol',
  secret = 'secret',
): Card & { readonly bytes: Uint8Array } {
  const bytes = buildCard({
    kind,
    lastDay: '2027-01-31',
    site,
    root: center.root.publicKey,
    secret: shake(secret, 16),
  });
  return { ...expectOk(parseCardBytes(bytes)), bytes };
}

/** A box of tests. */
export function boxOf(seed: string) {
  return {
    identity: signingKeyOf(shake(`${seed}/identity`, 32)),
    receive: receivingSecretOf(shake(`${seed}/receive`, 32)),
    transport: signingKeyOf(shake(`${seed}/transport`, 32)),
  };
}

export type TestBox = ReturnType<typeof boxOf>;

/** M1 of `box` for a card of `center`. */
export function requestOf(
  box: TestBox,
  center: TestCenter,
  { card = cardOf(center), nonce = shake('nonce', 16) } = {},
): ReturnType<typeof buildRequest> {
  return buildRequest(
    {
      ...box,
      card,
      site,
      keyList: center.keyList,
      nonce,
      hw: 'Test machine',
      version: '0.1.0',
      nowMs: 0,
      stream: shake('stream', 16),
      sequence: 1n,
    },
    seeded(`request ${hex(nonce)}`),
  );
}

/** `openRequest` at `center` while the ticket `open` is, or none. */
export function openedRequest(
  bytes: Uint8Array,
  center: TestCenter,
  open: { readonly ticket?: string; readonly enrolKey?: Uint8Array },
): ReturnType<typeof openRequest> {
  return openRequest(bytes, {
    secrets: [center.receive],
    partyId: center.partyId,
    root: center.root.publicKey,
    mailbox: center.keyList.mailbox,
    ticketKey: (ticket) => (ticket === open.ticket ? open.enrolKey : undefined),
  });
}
