import { z } from 'zod';
import { base64url, concat, fromBase64url, hex, sameBytes, utf8 } from '../core/bytes.ts';
import { type JsonObject, jsonObject, parseCanonicalJson } from '../core/canonical-json.ts';
import type { Random } from '../core/random.ts';
import { ok, type Result } from '../core/result.ts';
import { type CardKind, cardKinds } from './card.ts';
import { binary, complaint, shortText, textOfHex } from './fields.ts';
import { isInnerSigned, parseInner } from './inner.ts';
import { innerHeadSize } from './padding.ts';
import { grantOfMeta, type PairingGrant } from './pairing-grant.ts';
import { type LetterContext, type LetterOfBox, openLetter, sealLetter } from './pairing-letter.ts';
import { isTransportSigned } from './pairing-transcript.ts';
import { partyIdOfBox } from './party.ts';
import { parseReceivingKey, type ReceivingKey } from './receiving-key.ts';
import type { OpenFault } from './refusal.ts';
import type { SealedPack } from './sealing.ts';
import { sha256 } from './sha256.ts';
import { isSoundPublicKey } from './signature.ts';
import { pairingWords } from './words.ts';

const key = binary(32).refine(isSoundPublicKey, 'must be a key that may sign');

const maxCertificateBytes = 4_096;

const certificateField = z.string().transform((text, context) => {
  const bytes = fromBase64url(text);
  const size = bytes?.length ?? 0;
  if (bytes && size > hashSize + innerHeadSize && size <= maxCertificateBytes) return bytes;
  context.addIssue({ code: 'custom', message: 'must be a certificate in base64url' });
  return z.NEVER;
});

const returnSchema = z.strictObject({
  v: z.literal(1),
  type: z.literal('return'),
  kind: z.literal([1, 2]),
  ticket: binary(16),
  receive: binary(1216),
  transport: key,
  nonce: binary(16),
  certificate: certificateField,
  transportSig: binary(64),
  hw: shortText(100),
  version: shortText(40),
});

const hashSize = 32;

/** A box that a center admitted once and that it has no record of, as its own signed grant proves. */
export interface PairingReturn {
  readonly kind: CardKind;
  /** Hex, 16 bytes; of the card that it was paired with. */
  readonly ticket: string;
  readonly identity: Uint8Array;
  readonly receive: ReceivingKey;
  readonly transport: Uint8Array;
  /** What the center granted, as far as the box knows. */
  readonly grant: PairingGrant;
  readonly words: readonly string[];
}

/**
 * Builds the return of a box: what it was granted, in the words and under the signature of the center (`certificate`,
 * as `openGrant` gives it), sealed to the center and signed by the box. Build it once and keep its bytes.
 */
export function buildReturn(
  input: LetterOfBox & {
    readonly kind: CardKind;
    /** Hex, 16 bytes. */
    readonly ticket: string;
    readonly certificate: Uint8Array;
  },
  random: Random,
): SealedPack & { readonly words: readonly string[] } {
  const { keyList, certificate, nonce } = input;
  const transcript = transcriptOf({
    identity: input.identity.publicKey,
    receive: input.receive.publicKey,
    transport: input.transport.publicKey,
    ...{ certificate, nonce, root: keyList.root },
  });
  const said = {
    ...{ type: 'return', kind: cardKinds[input.kind], ticket: textOfHex(input.ticket) },
    certificate: base64url(certificate),
  };
  const pack = sealLetter(input, said, transcript, random);
  return { ...pack, words: pairingWords(transcript, sha256(certificate)) };
}

/**
 * Opens a return at the center: all twelve checks, step 8 as for a request with the certificate in place of the mac.
 * Undefined for a pack that opens and asks for something else. Whether the box may come back is for the records.
 */
export function openReturn(
  bytes: Uint8Array,
  context: LetterContext & {
    /** This center's root, or all of them so far. */
    readonly roots: readonly Uint8Array[];
    /** The keys that sign for this center (`centerIdentities`): never a revoked one. */
    readonly identities: readonly Uint8Array[];
  },
): Result<PairingReturn, OpenFault> | undefined {
  let isOther = false;
  const opened = openLetter(bytes, context, 'return', (meta, signer) => {
    isOther = meta['type'] !== 'return';
    return isOther ? 'it is no return' : prove(meta, signer, context);
  });
  if (isOther) return undefined;
  if (!opened.ok) return opened;
  const { transcript, certificate, ...found } = opened.value.proved;
  return ok({ ...found, words: pairingWords(transcript, sha256(certificate)) });
}

interface Proved extends Omit<PairingReturn, 'words'> {
  readonly transcript: Uint8Array;
  readonly certificate: Uint8Array;
}

function prove(
  meta: JsonObject,
  signer: Uint8Array,
  context: {
    readonly roots: readonly Uint8Array[];
    readonly mailbox: Uint8Array;
    readonly identities: readonly Uint8Array[];
  },
): Proved | string {
  const parsed = returnSchema.safeParse(meta);
  if (!parsed.success) return `the return is malformed: ${complaint(parsed.error)}`;
  const { kind, ticket, receive, transport, nonce, certificate, transportSig } = parsed.data;
  const grant = grantIn(certificate, signer, context.identities);
  if (typeof grant === 'string') return grant;
  if (grant.centerMailbox !== hex(context.mailbox)) return 'the grant is of another mailbox';
  if (grant.state !== 'provisional' && grant.state !== 'active') return 'the grant lets nobody in';
  const transcript = context.roots
    .map((root) => transcriptOf({ root, identity: signer, receive, transport, nonce, certificate }))
    .find((each) => isTransportSigned(transport, each, transportSig));
  if (!transcript) return 'the transport key did not sign';
  if (sameBytes(transport, signer)) return 'one key is used for two purposes';
  const receiving = parseReceivingKey(receive);
  if (!receiving) return 'nothing can be sealed to the receiving key';
  return {
    kind: kind === cardKinds.enrol ? 'enrol' : 'replace',
    ticket: hex(ticket),
    identity: signer,
    receive: receiving,
    transport,
    grant,
    ...{ transcript, certificate },
  };
}

/** The grant that a center signed for this box, or why it is none. */
function grantIn(
  certificate: Uint8Array,
  box: Uint8Array,
  identities: readonly Uint8Array[],
): PairingGrant | string {
  const headerHash = certificate.subarray(0, hashSize);
  const inner = parseInner(certificate.subarray(hashSize), (_kind, length) => length);
  if (!inner.ok || inner.value.kind !== 'enrol') return 'the certificate is no grant';
  const { signer, recipientParty, meta, metaHash, payload } = inner.value;
  if (!identities.some((known) => sameBytes(known, signer))) {
    return 'the grant is signed by nobody who signs for this center';
  }
  if (!isInnerSigned(inner.value, headerHash)) return 'the signature of the grant does not verify';
  if (!sameBytes(recipientParty, partyIdOfBox(box))) return 'the grant is of another box';
  if (payload.length > 0 || !sameBytes(sha256(meta), metaHash)) return 'the grant is not whole';
  const value = parseCanonicalJson(meta);
  const object = value.ok ? jsonObject(value.value) : undefined;
  const grant = object && grantOfMeta(object);
  return grant ?? 'the grant is malformed';
}

function transcriptOf(facts: {
  readonly root: Uint8Array;
  readonly identity: Uint8Array;
  readonly receive: Uint8Array;
  readonly transport: Uint8Array;
  readonly nonce: Uint8Array;
  readonly certificate: Uint8Array;
}): Uint8Array {
  return concat(
    utf8('outpost/v1/return'),
    Uint8Array.of(0),
    facts.root,
    facts.identity,
    sha256(facts.receive),
    facts.transport,
    facts.nonce,
    sha256(facts.certificate),
  );
}
