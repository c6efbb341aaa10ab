import { z } from 'zod';
import { base64url, hex, sameBytes } from '../core/bytes.ts';
import type { JsonObject } from '../core/canonical-json.ts';
import type { Random } from '../core/random.ts';
import { ok, type Result } from '../core/result.ts';
import { type Card, type CardKind, cardKinds, enrolKeyOf, ticketOf } from './card.ts';
import { binary, complaint, shortText, siteCode } from './fields.ts';
import { type LetterContext, type LetterOfBox, openLetter, sealLetter } from './pairing-letter.ts';
import {
  isPairingMac,
  isTransportSigned,
  type PairingFacts,
  pairingMac,
  pairingTranscript,
} from './pairing-transcript.ts';
import { parseReceivingKey, type ReceivingKey } from './receiving-key.ts';
import type { OpenFault } from './refusal.ts';
import type { SealedPack } from './sealing.ts';
import { isSoundPublicKey } from './signature.ts';
import { pairingWords } from './words.ts';

const key = binary(32).refine(isSoundPublicKey, 'must be a key that may sign');

const requestSchema = z.strictObject({
  v: z.literal(1),
  type: z.literal('request'),
  kind: z.literal([1, 2]),
  ticket: binary(16),
  site: siteCode,
  identity: key,
  receive: binary(1216),
  transport: key,
  nonce: binary(16),
  mac: binary(32),
  transportSig: binary(64),
  hw: shortText(100),
  version: shortText(40),
});

/** A box that asks to be admitted, as M1 says and its checks have proved. */
export interface PairingRequest {
  readonly kind: CardKind;
  /** Hex, 16 bytes. */
  readonly ticket: string;
  readonly site: string;
  readonly identity: Uint8Array;
  readonly receive: ReceivingKey;
  readonly transport: Uint8Array;
  /** The machine, in words of the box. */
  readonly hw: string;
  /** The box's software version. */
  readonly version: string;
}

/**
 * Builds M1, the request, sealed to the current epoch of the center whose key list fits the card. Build it once and
 * keep its bytes: every retry sends the same pack. `nonce` is 16 random bytes drawn after the card was read.
 * `words` are for this box's screen (takes 0.2 s, see `pairingWords`).
 */
export function buildRequest(
  input: LetterOfBox & { readonly card: Card; readonly site: string },
  random: Random,
): SealedPack & { readonly words: readonly string[] } {
  const facts: PairingFacts = {
    kind: input.card.kind,
    ticket: ticketOf(input.card),
    root: input.keyList.root,
    site: siteCode.parse(input.site),
    identity: input.identity.publicKey,
    receive: input.receive.publicKey,
    transport: input.transport.publicKey,
    nonce: input.nonce,
  };
  const transcript = pairingTranscript(facts);
  const mac = pairingMac(enrolKeyOf(input.card), transcript);
  const said = {
    type: 'request',
    kind: cardKinds[facts.kind],
    ticket: base64url(facts.ticket),
    site: facts.site,
    identity: base64url(facts.identity),
    mac: base64url(mac),
  };
  const pack = sealLetter(input, said, transcript, random);
  return { ...pack, words: pairingWords(transcript, mac) };
}

/**
 * Opens M1 at the center: all twelve checks, step 8 as FORMAT.md has it for a request (meta hash, signer, mac,
 * transport signature). `ticketKey` gives k_enrol of an open ticket, by its hex id; undefined for one that is not
 * open, and then nothing of the request is believed. `words` are for the operator's screen (takes 0.2 s).
 */
export function openRequest(
  bytes: Uint8Array,
  context: LetterContext & {
    /** This center's root, or all of them so far: a card may be of one before. */
    readonly root: Uint8Array | readonly Uint8Array[];
    ticketKey(ticket: string): Uint8Array | undefined;
  },
): Result<
  {
    readonly packId: string;
    readonly request: PairingRequest;
    readonly words: readonly string[];
  },
  OpenFault
> {
  const opened = openLetter(bytes, context, 'request', (meta, signer) =>
    prove(meta, signer, context),
  );
  if (!opened.ok) return opened;
  const { packId, proved } = opened.value;
  const { request, transcript, mac } = proved;
  return ok({ packId, request, words: pairingWords(transcript, mac) });
}

interface Proved {
  readonly request: PairingRequest;
  readonly transcript: Uint8Array;
  readonly mac: Uint8Array;
}

/** Check 8 of a request, in its order; the reason when it fails. */
function prove(
  meta: JsonObject,
  signer: Uint8Array,
  context: {
    readonly root: Uint8Array | readonly Uint8Array[];
    ticketKey(ticket: string): Uint8Array | undefined;
  },
): Proved | string {
  const parsed = requestSchema.safeParse(meta);
  if (!parsed.success) return `the request is malformed: ${complaint(parsed.error)}`;
  const { kind: code, mac, transportSig, receive, hw, version, ...facts } = parsed.data;
  if (!sameBytes(facts.identity, signer)) return 'the identity is not the signer';
  const enrolKey = context.ticketKey(hex(facts.ticket));
  if (!enrolKey) return 'the ticket is not open';
  const kind = code === cardKinds.enrol ? 'enrol' : 'replace';
  const roots = context.root instanceof Uint8Array ? [context.root] : context.root;
  const transcript = roots
    .map((root) => pairingTranscript({ ...facts, kind, receive, root }))
    .find((each) => isPairingMac(enrolKey, each, mac));
  if (!transcript) return 'the mac is not of the card and our root';
  if (!isTransportSigned(facts.transport, transcript, transportSig)) {
    return 'the transport key did not sign';
  }
  if (sameBytes(facts.transport, facts.identity)) return 'one key is used for two purposes';
  const receiving = parseReceivingKey(receive);
  if (!receiving) return 'nothing can be sealed to the receiving key';
  const { site, identity, transport } = facts;
  const ticket = hex(facts.ticket);
  return {
    request: { kind, ticket, site, identity, receive: receiving, transport, hw, version },
    transcript,
    mac,
  };
}
