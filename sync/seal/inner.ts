import { concat, utf8 } from '../core/bytes.ts';
import { ok, type Result } from '../core/result.ts';
import { type PackKind, packKindOf, packKinds } from './kind.ts';
import { innerHeadSize, maxMetaBytes, type Padding } from './padding.ts';
import { type OpenFault, refusal } from './refusal.ts';
import { sha256 } from './sha256.ts';
import { type SigningKey, sign, verify } from './signature.ts';

/** Bytes of the inner head that the signature covers; the signature follows. */
const signedSize = 184;

/** The largest sealed-at: the largest time that ECMAScript can show. */
const maxSealedAtMs = 8_640_000_000_000_000n;

/** What the inner head says beside lengths and hashes. */
export interface InnerFields {
  readonly kind: PackKind;
  /** Milliseconds since 1970, for display only. */
  readonly sealedAtMs: number;
  readonly stream: Uint8Array;
  readonly sequence: bigint;
  readonly signer: Uint8Array;
  readonly recipientParty: Uint8Array;
}

/** A parsed inner part. Nothing in it may be believed before checks 8 to 10; arrays are views of the plaintext. */
export interface Inner extends InnerFields {
  readonly meta: Uint8Array;
  readonly payload: Uint8Array;
  readonly metaHash: Uint8Array;
  readonly payloadHash: Uint8Array;
  /** The 184 signed bytes, and the signature after them. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** The signed 248 bytes before meta; `headerHash` is SHA-256 of the whole header, which the signature covers. */
export function buildInnerHead(
  fields: Omit<InnerFields, 'signer'>,
  meta: Uint8Array,
  payload: Uint8Array,
  headerHash: Uint8Array,
  signer: SigningKey,
): Uint8Array {
  const out = new Uint8Array(signedSize);
  const view = new DataView(out.buffer);
  out.set(magic, 0);
  out[8] = packKinds[fields.kind];
  view.setUint32(12, meta.length);
  view.setBigUint64(16, BigInt(payload.length));
  view.setBigUint64(24, BigInt(fields.sealedAtMs));
  out.set(fields.stream, 32);
  view.setBigUint64(48, fields.sequence);
  out.set(signer.publicKey, 56);
  out.set(fields.recipientParty, 88);
  out.set(sha256(meta), 120);
  out.set(sha256(payload), 152);
  return concat(out, sign(signer, signatureLabel, headerHash, out));
}

/** Check 7: constants, lengths, padding. `plain` is the whole decrypted body. */
export function parseInner(plain: Uint8Array, padding: Padding): Result<Inner, OpenFault> {
  if (plain.length < innerHeadSize) return refusal(7, 'the inner head is cut');
  const view = new DataView(plain.buffer, plain.byteOffset, innerHeadSize);
  if (magic.some((byte, at) => plain[at] !== byte)) return refusal(7, 'the inner magic is wrong');
  const kind = packKindOf(view.getUint8(8));
  if (kind === undefined) return refusal(7, 'the kind is unknown');
  if (!isZeroFrom(plain.subarray(0, 12), 9)) {
    return refusal(7, 'a reserved inner byte is not zero');
  }
  const metaLength = view.getUint32(12);
  if (metaLength > maxMetaBytes) return refusal(7, 'the meta is too long');
  const payloadLength = view.getBigUint64(16);
  if (payloadLength > BigInt(plain.length)) return refusal(7, 'the payload is longer than all');
  const sealedAt = view.getBigUint64(24);
  if (sealedAt > maxSealedAtMs) return refusal(7, 'the time of sealing is out of range');
  const metaEnd = innerHeadSize + metaLength;
  const end = metaEnd + Number(payloadLength);
  if (end > plain.length) return refusal(7, 'meta and payload do not fit');
  if (padding(kind, end) !== plain.length) return refusal(7, 'the padded length is wrong');
  if (!isZeroFrom(plain, end)) return refusal(7, 'the padding is not zero');
  return ok({
    kind,
    sealedAtMs: Number(sealedAt),
    stream: plain.slice(32, 48),
    sequence: view.getBigUint64(48),
    signer: plain.slice(56, 88),
    recipientParty: plain.subarray(88, 120),
    meta: plain.subarray(innerHeadSize, metaEnd),
    payload: plain.subarray(metaEnd, end),
    metaHash: plain.subarray(120, 152),
    payloadHash: plain.subarray(152, signedSize),
    signed: plain.subarray(0, signedSize),
    signature: plain.subarray(signedSize, innerHeadSize),
  });
}

/** Check 9: the signature of the inner head over the hash of the outer header, by the strict rule. */
export function isInnerSigned(inner: Inner, headerHash: Uint8Array): boolean {
  return verify(inner.signer, inner.signature, signatureLabel, headerHash, inner.signed);
}

function isZeroFrom(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at < bytes.length; at++) if (bytes[at] !== 0) return false;
  return true;
}

const magic = utf8('SPKINNER');
const signatureLabel = 'spk/v1/sig';
