import { timingSafeEqual } from 'node:crypto';
import { concat, hex, sameBytes } from '../core/bytes.ts';
import { type JsonObject, jsonObject, parseCanonicalJson } from '../core/canonical-json.ts';
import { ok, type Result } from '../core/result.ts';
import { decrypt } from './aead.ts';
import { deriveBodyKey, unwrapContentKey } from './content-key.ts';
import { fixedHeaderSize, type PackClass, parsePackFrame, type Stanza } from './header.ts';
import { type Inner, isInnerSigned, parseInner } from './inner.ts';
import type { PackKind } from './kind.ts';
import type { Padding } from './padding.ts';
import type { ReceivingSecret } from './receiving-key.ts';
import { type OpenFault, refusal, seen } from './refusal.ts';
import { zeroNonce } from './sealing.ts';
import { sha256 } from './sha256.ts';

/** What the opener knows of itself and of the senders it trusts; the functions are pure look-ups. */
export interface OpenContext {
  /** This party's mailbox, 16 bytes; undefined only on a box that waits for its grant: check 2 is then skipped. */
  readonly mailbox: Uint8Array | undefined;
  /** Of every epoch that is not gone. */
  readonly secrets: readonly ReceivingSecret[];
  /** This party's id, 32 bytes; several once its root was handed over. */
  readonly partyId: Uint8Array | readonly Uint8Array[];
  /** Check 3; a known pack gives the fault `seal/seen`. */
  hasPackId(packId: string): boolean;
  /** Check 8: whether the holder of this Ed25519 key may now send this kind to this party. */
  maySign(identity: Uint8Array, kind: PackKind): boolean;
  /** Check 11: the id of the pack that this signer sealed under this uid before, if any. */
  packIdOfUid(identity: Uint8Array, uid: Uint8Array): string | undefined;
  /**
   * Check 8 for a pack of kind `enrol`, in place of `maySign`, where strangers may ask to be admitted (a center):
   * gives the reason to refuse, or undefined. Called once the meta fits its hash; the signature comes after.
   */
  enrol?(candidate: { readonly signer: Uint8Array; readonly meta: JsonObject }): string | undefined;
}

/** An opened pack that passed checks 1 to 11; whether its letter makes sense (check 12) is for the caller. */
export interface OpenedPack {
  readonly packId: string;
  /** As the header says; never trusted. */
  readonly class: PackClass;
  readonly kind: PackKind;
  readonly mailbox: Uint8Array;
  readonly uid: Uint8Array;
  readonly meta: JsonObject;
  /** A view of the decrypted buffer, which belongs to the caller. */
  readonly payload: Uint8Array;
  /** By the sender's clock, for display only. */
  readonly sealedAtMs: number;
  readonly stream: Uint8Array;
  readonly sequence: bigint;
  /** The sender's Ed25519 identity key. */
  readonly signer: Uint8Array;
  /**
   * Of a pack of kind `enrol`: what proves its meta to whoever knows the signer and not the key of the pack, SHA-256 of
   * the header | inner head with its signature | meta.
   */
  readonly certificate?: Uint8Array;
}

/** `openPack` under any padding rule; only tests open packs that are not padded by the one of the format. */
export function openWith(
  bytes: Uint8Array,
  context: OpenContext,
  padding: Padding,
): Result<OpenedPack, OpenFault> {
  const frame = parsePackFrame(bytes);
  if (!frame.ok) return frame;
  const { header, stanzas } = frame.value;
  if (context.mailbox && !sameBytes(header.mailbox, context.mailbox)) {
    return refusal(2, 'the mailbox is not ours');
  }
  const packId = hex(sha256(bytes));
  if (context.hasPackId(packId)) return seen();
  const fixed = bytes.subarray(0, fixedHeaderSize);
  const contentKey = contentKeyOf(stanzas, context.secrets, fixed);
  if (!contentKey.ok) return contentKey;
  const { bodyKey, commitment } = deriveBodyKey(contentKey.value, header.uid);
  if (!timingSafeEqual(commitment, header.commitment)) {
    return refusal(5, 'the commitment is of another key');
  }
  const headerHash = sha256(bytes.subarray(0, header.headerSizeBytes));
  const body = bytes.subarray(header.headerSizeBytes);
  const plain = decrypt(bodyKey, zeroNonce, headerHash, body);
  if (plain === undefined) return refusal(6, 'the body does not verify');
  const inner = parseInner(plain, padding);
  if (!inner.ok) return inner;
  const meta = believe(inner.value, headerHash, context);
  if (!meta.ok) return { ok: false, fault: { ...meta.fault, packKind: inner.value.kind } };
  const { kind, sealedAtMs, stream, sequence, signer, payload } = inner.value;
  const { class: packClass, mailbox, uid } = header;
  const earlier = context.packIdOfUid(signer, uid);
  if (earlier !== undefined && earlier !== packId) {
    return refusal(11, 'the signer sealed another pack under this uid', { packKind: kind });
  }
  return ok({
    packId,
    class: packClass,
    kind,
    mailbox,
    uid,
    meta: meta.value,
    payload,
    sealedAtMs,
    stream,
    sequence,
    signer,
    ...(kind === 'enrol' && { certificate: certificateOf(headerHash, inner.value) }),
  });
}

function certificateOf(headerHash: Uint8Array, { signed, signature, meta }: Inner): Uint8Array {
  return concat(headerHash, signed, signature, meta);
}

/** Check 4. */
function contentKeyOf(
  stanzas: readonly Stanza[],
  secrets: readonly ReceivingSecret[],
  fixedHeader: Uint8Array,
): Result<Uint8Array, OpenFault> {
  for (const stanza of stanzas) {
    const secret = secrets.find(({ kid }) => sameBytes(kid, stanza.kid));
    if (!secret) continue;
    const key = unwrapContentKey(secret, fixedHeader, stanza);
    if (key === 'low-order') return refusal(4, 'the X25519 share is all zero');
    if (key === 'not-unwrapped') return refusal(4, 'the content key does not unwrap');
    return ok(key);
  }
  return refusal(4, 'no stanza is for a key of ours', { refusal: 'not-for-us' });
}

/** Checks 8, 9 and 10: from here on the pack is somebody's word. */
function believe(
  inner: Inner,
  headerHash: Uint8Array,
  context: OpenContext,
): Result<JsonObject, OpenFault> {
  if (inner.kind === 'enrol' && context.enrol) {
    const meta = metaOf(inner, 8);
    if (!meta.ok) return meta;
    const reason = context.enrol({ signer: inner.signer, meta: meta.value });
    if (reason !== undefined) return refusal(8, reason);
  } else if (!context.maySign(inner.signer, inner.kind)) {
    return refusal(8, 'the signer may not send this kind here');
  }
  if (!isInnerSigned(inner, headerHash)) return refusal(9, 'the signature does not verify');
  if (!isOurs(inner.recipientParty, context.partyId)) {
    return refusal(10, 'the pack is for another party');
  }
  if (!sameBytes(sha256(inner.payload), inner.payloadHash)) {
    return refusal(10, 'the payload does not fit its hash', { refusal: 'inner' });
  }
  return metaOf(inner, 10);
}

function isOurs(party: Uint8Array, own: OpenContext['partyId']): boolean {
  return (own instanceof Uint8Array ? [own] : own).some((each) => sameBytes(party, each));
}

function metaOf(inner: Inner, check: 8 | 10): Result<JsonObject, OpenFault> {
  if (!sameBytes(sha256(inner.meta), inner.metaHash)) {
    return refusal(check, 'the meta does not fit its hash', { refusal: 'inner' });
  }
  const parsed = parseCanonicalJson(inner.meta);
  const meta = parsed.ok ? jsonObject(parsed.value) : undefined;
  return meta
    ? ok(meta)
    : refusal(check, 'the meta is not an object in canonical JSON', { refusal: 'inner' });
}
