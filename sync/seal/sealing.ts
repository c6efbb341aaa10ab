import { Buffer } from 'node:buffer';
import { concat, hex, utf8 } from '../core/bytes.ts';
import { canonicalJson, type Json, jsonObject } from '../core/canonical-json.ts';
import type { Random } from '../core/random.ts';
import { encryptInto, tagLength } from './aead.ts';
import { deriveBodyKey, wrapContentKey } from './content-key.ts';
import { buildFixedHeader, buildStanza, maxRecipients, type PackClass } from './header.ts';
import { buildInnerHead } from './inner.ts';
import type { PackKind } from './kind.ts';
import { innerHeadSize, maxInnerBytes, maxMetaBytes, type Padding } from './padding.ts';
import type { ReceivingKey } from './receiving-key.ts';
import { sha256 } from './sha256.ts';
import type { SigningKey } from './signature.ts';
import { xWing } from './x-wing.ts';

/** What is sealed, for whom, and by whom. */
export interface SealInput {
  readonly class: PackClass;
  /** 16 bytes; where the relay puts the pack. */
  readonly mailbox: Uint8Array;
  readonly kind: PackKind;
  /** An object, at most 256 KiB as canonical JSON. */
  readonly meta: Json;
  readonly payload: Uint8Array;
  readonly sealedAtMs: number;
  /** 16 bytes, and the number in it that no other pack of this signer has. */
  readonly stream: Uint8Array;
  readonly sequence: bigint;
  /** One to four, all of the one party. */
  readonly recipients: readonly ReceivingKey[];
  /** 32 bytes, of `partyIdOfCenter` or `partyIdOfBox`. */
  readonly recipientParty: Uint8Array;
  readonly signer: SigningKey;
}

/** A sealed pack; the caller owns `bytes` and stores them before anything is said about the pack. */
export interface SealedPack {
  /** SHA-256 of `bytes`, lower-case hex. */
  readonly packId: string;
  readonly bytes: Uint8Array;
}

/** `sealPack` under any padding rule; only tests and vectors seal without the one of the format. */
export function sealWith(input: SealInput, random: Random, padding: Padding): SealedPack {
  assertShape(input);
  const meta = utf8(canonicalJson(input.meta));
  const contentLength = innerHeadSize + meta.length + input.payload.length;
  const innerLength = padding(input.kind, contentLength);
  if (meta.length > maxMetaBytes || innerLength > maxInnerBytes) {
    throw new RangeError(`Cannot seal ${meta.length} + ${input.payload.length} bytes in one pack`);
  }
  const uid = random.bytes(16);
  const contentKey = random.bytes(32);
  const { bodyKey, commitment } = deriveBodyKey(contentKey, uid);
  const fixed = buildFixedHeader({
    class: input.class,
    recipientCount: input.recipients.length,
    innerLength,
    uid,
    mailbox: input.mailbox,
    commitment,
  });
  const header = concat(fixed, ...stanzasOf(input.recipients, fixed, contentKey, random));
  const headerHash = sha256(header);
  const head = buildInnerHead(input, meta, input.payload, headerHash, input.signer);
  const bytes = new Uint8Array(header.length + innerLength + tagLength);
  bytes.set(header);
  const pad = new Uint8Array(innerLength - contentLength);
  const body = bytes.subarray(header.length);
  encryptInto(body, bodyKey, zeroNonce, headerHash, [head, meta, input.payload, pad]);
  return { packId: hex(sha256(bytes)), bytes };
}

/** Every body key encrypts exactly one message, so the nonce is fixed. */
export const zeroNonce = new Uint8Array(12);

/** Randomness is drawn in the order of `recipients`; the stanzas are in the order of key ids. */
function stanzasOf(
  recipients: readonly ReceivingKey[],
  fixedHeader: Uint8Array,
  contentKey: Uint8Array,
  random: Random,
): readonly Uint8Array[] {
  return recipients
    .map((recipient) => {
      const randomness = random.bytes(xWing.encapsulationSeed);
      const wrap = wrapContentKey(recipient, fixedHeader, contentKey, randomness);
      return { kid: recipient.kid, ...wrap };
    })
    .sort((a, b) => Buffer.compare(a.kid, b.kid))
    .map(buildStanza);
}

function assertShape(input: SealInput): void {
  const kids = new Set(input.recipients.map(({ kid }) => hex(kid)));
  if (kids.size < 1 || kids.size > maxRecipients || kids.size !== input.recipients.length) {
    throw new RangeError('Cannot seal for other than 1 to 4 different recipients');
  }
  if (!jsonObject(input.meta)) throw new TypeError('Cannot seal a meta that is not an object');
  const lengths = [
    [input.mailbox, 16],
    [input.stream, 16],
    [input.recipientParty, 32],
  ] as const;
  for (const [bytes, length] of lengths) {
    if (bytes.length !== length)
      throw new RangeError(`Cannot seal with a field not ${length} long`);
  }
}
