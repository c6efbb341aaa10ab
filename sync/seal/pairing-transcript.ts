import { timingSafeEqual } from 'node:crypto';
import { concat, utf8 } from '../core/bytes.ts';
import { type CardKind, cardKinds } from './card.ts';
import { hmacSha256 } from './hkdf.ts';
import { sha256 } from './sha256.ts';
import { type SigningKey, sign, verify } from './signature.ts';

/** All that a request binds together; binary values as bytes. */
export interface PairingFacts {
  readonly kind: CardKind;
  /** 16 bytes. */
  readonly ticket: Uint8Array;
  /** The center's root public key, from the key list that fits the card. */
  readonly root: Uint8Array;
  readonly site: string;
  /** The box's new Ed25519 identity key. */
  readonly identity: Uint8Array;
  /** The box's X-Wing public key. */
  readonly receive: Uint8Array;
  /** The Ed25519 key of the box's sessions at this center's relays. */
  readonly transport: Uint8Array;
  /** 16 random bytes of the box. */
  readonly nonce: Uint8Array;
}

/** T of the pairing design: what mac, transport signature and words are about. */
export function pairingTranscript(facts: PairingFacts): Uint8Array {
  const site = utf8(facts.site);
  return concat(
    utf8('outpost/v1/pairing'),
    Uint8Array.of(0, cardKinds[facts.kind]),
    facts.ticket,
    facts.root,
    Uint8Array.of(site.length),
    site,
    facts.identity,
    sha256(facts.receive),
    facts.transport,
    facts.nonce,
  );
}

/** The mac under the key of the card: only who held the card can make it. */
export function pairingMac(enrolKey: Uint8Array, transcript: Uint8Array): Uint8Array {
  return hmacSha256(enrolKey, transcript);
}

/** Whether `mac` is the one of the transcript, in constant time. */
export function isPairingMac(
  enrolKey: Uint8Array,
  transcript: Uint8Array,
  mac: Uint8Array,
): boolean {
  const expected = pairingMac(enrolKey, transcript);
  return mac.length === expected.length && timingSafeEqual(mac, expected);
}

/** The transport key's signature: it is held by who asks. */
export function signTransport(transport: SigningKey, transcript: Uint8Array): Uint8Array {
  return sign(transport, transportLabel, sha256(transcript));
}

/** Whether the holder of the transport key signed the transcript, by the strict rule. */
export function isTransportSigned(
  transportPublicKey: Uint8Array,
  transcript: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verify(transportPublicKey, signature, transportLabel, sha256(transcript));
}

const transportLabel = 'outpost/v1/pairing-t';
