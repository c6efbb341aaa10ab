import { Buffer } from 'node:buffer';
import { ok, type Result } from '../core/result.ts';
import { tagLength } from './aead.ts';
import { innerHeadSize, maxInnerBytes } from './padding.ts';
import { kemId } from './receiving-key.ts';
import { type OpenFault, refusal } from './refusal.ts';
import { xWing } from './x-wing.ts';

/** Bytes of the fixed header, before the recipient stanzas. */
export const fixedHeaderSize = 128;

/** Bytes of one recipient stanza. */
export const stanzaSize = 1180;

/** The most recipient keys of one pack; the least is one. */
export const maxRecipients = 4;

/** The least body length B: an inner head without meta, payload and padding. */
export const minBodyBytes = innerHeadSize + tagLength;

/** The greatest body length B. */
const maxBodyBytes = maxInnerBytes + tagLength;

/** The size of the largest pack: 16,782,080 bytes. */
export const maxPackBytes = fixedHeaderSize + maxRecipients * stanzaSize + maxBodyBytes;

/** Sending class in the header: 0 STAT, 1 urgent, 2 routine, 3 bulk. A hint to the relay, never trusted inside. */
export type PackClass = 0 | 1 | 2 | 3;

/** The fixed header: all that a relay may know of a pack. Arrays are copies. */
export interface PackHeader {
  readonly class: PackClass;
  readonly recipientCount: number;
  readonly headerSizeBytes: number;
  readonly bodySizeBytes: number;
  /** Size of the whole pack: header and body, nothing after. */
  readonly sizeBytes: number;
  readonly uid: Uint8Array;
  readonly mailbox: Uint8Array;
  readonly commitment: Uint8Array;
}

/** One recipient stanza; arrays are views of the pack. */
export interface Stanza {
  readonly kid: Uint8Array;
  readonly encapsulation: Uint8Array;
  readonly wrapped: Uint8Array;
}

/** The 128 bytes of a fixed header; `innerLength` is the padded length of the inner part. */
export function buildFixedHeader(fields: {
  readonly class: PackClass;
  readonly recipientCount: number;
  readonly innerLength: number;
  readonly uid: Uint8Array;
  readonly mailbox: Uint8Array;
  readonly commitment: Uint8Array;
}): Uint8Array {
  const out = new Uint8Array(fixedHeaderSize);
  const view = new DataView(out.buffer);
  out.set(magic, 0);
  out.set([version, suite, fields.class], 8);
  view.setUint16(12, fields.recipientCount);
  view.setUint32(16, fixedHeaderSize + stanzaSize * fields.recipientCount);
  view.setBigUint64(24, BigInt(fields.innerLength + tagLength));
  out.set(fields.uid, 32);
  out.set(fields.mailbox, 48);
  out.set(fields.commitment, 80);
  return out;
}

/** The 1180 bytes of a stanza. */
export function buildStanza({ kid, encapsulation, wrapped }: Stanza): Uint8Array {
  const out = new Uint8Array(stanzaSize);
  out.set(kemId, 0);
  new DataView(out.buffer).setUint16(2, stanzaSize - 4);
  out.set(kid, 4);
  out.set(encapsulation, 12);
  out.set(wrapped, 12 + xWing.encapsulation);
  return out;
}

/**
 * Parses the first 128 bytes of a pack (check 1 without the stanzas); more may follow, and what follows is not
 * looked at. Public data only: fit for a relay.
 */
export function parseHeader(bytes: Uint8Array): Result<PackHeader, OpenFault> {
  if (bytes.length < fixedHeaderSize) return refusal(1, 'the fixed header is cut');
  const view = new DataView(bytes.buffer, bytes.byteOffset, fixedHeaderSize);
  if (magic.some((byte, at) => bytes[at] !== byte)) return refusal(1, 'the magic is wrong');
  if (bytes[8] !== version) return refusal(1, 'the version is unknown');
  if (bytes[9] !== suite) return refusal(1, 'the suite is unknown');
  const packClass = classOf(view.getUint8(10));
  if (packClass === undefined) return refusal(1, 'the class is unknown');
  if (!reserved.every(([from, to]) => isZero(bytes, from, to))) {
    return refusal(1, 'a reserved byte is not zero');
  }
  const recipientCount = view.getUint16(12);
  if (recipientCount < 1 || recipientCount > maxRecipients) {
    return refusal(1, 'the number of recipients is not 1 to 4');
  }
  const headerSizeBytes = view.getUint32(16);
  if (headerSizeBytes !== fixedHeaderSize + stanzaSize * recipientCount) {
    return refusal(1, 'the header length does not fit the number of recipients');
  }
  const bodyLength = view.getBigUint64(24);
  if (bodyLength < BigInt(minBodyBytes) || bodyLength > BigInt(maxBodyBytes)) {
    return refusal(1, 'the body length is out of range');
  }
  const bodySizeBytes = Number(bodyLength);
  return ok({
    class: packClass,
    recipientCount,
    headerSizeBytes,
    bodySizeBytes,
    sizeBytes: headerSizeBytes + bodySizeBytes,
    uid: bytes.slice(32, 48),
    mailbox: bytes.slice(48, 64),
    commitment: bytes.slice(80, 112),
  });
}

/** Parses a whole pack's header with its stanzas and holds its size against it: all of check 1. */
export function parsePackFrame(
  bytes: Uint8Array,
): Result<{ readonly header: PackHeader; readonly stanzas: readonly Stanza[] }, OpenFault> {
  const header = parseHeader(bytes);
  if (!header.ok) return header;
  if (bytes.length !== header.value.sizeBytes) {
    return refusal(1, 'the size is not that of header and body');
  }
  const stanzas: Stanza[] = [];
  for (let at = fixedHeaderSize; at < header.value.headerSizeBytes; at += stanzaSize) {
    const stanza = bytes.subarray(at, at + stanzaSize);
    if (stanza[0] !== kemId[0] || stanza[1] !== kemId[1]) {
      return refusal(1, 'the KEM of a stanza is unknown');
    }
    if (((stanza[2] ?? 0) << 8) + (stanza[3] ?? 0) !== stanzaSize - 4) {
      return refusal(1, 'the length of a stanza is wrong');
    }
    const parsed: Stanza = {
      kid: stanza.subarray(4, 12),
      encapsulation: stanza.subarray(12, 12 + xWing.encapsulation),
      wrapped: stanza.subarray(12 + xWing.encapsulation),
    };
    const before = stanzas.at(-1);
    if (before && Buffer.compare(before.kid, parsed.kid) >= 0) {
      return refusal(1, 'the key ids are not strictly ascending');
    }
    stanzas.push(parsed);
  }
  return ok({ header: header.value, stanzas });
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  return bytes.subarray(from, to).every((byte) => byte === 0);
}

function classOf(byte: number): PackClass | undefined {
  return byte === 0 || byte === 1 || byte === 2 || byte === 3 ? byte : undefined;
}

/** A byte above 127, the letters, and the line ends that a text-mode transfer would break, like PNG's. */
const magic = Uint8Array.of(0x89, 0x53, 0x50, 0x4b, 0x0d, 0x0a, 0x1a, 0x0a);
const version = 1;

/** The one suite: X-Wing by HPKE base, HKDF-SHA256, ChaCha20-Poly1305, Ed25519. */
export const suite = 1;

/** Half-open ranges of bytes that must be zero. */
const reserved = [
  [11, 12],
  [14, 16],
  [20, 24],
  [64, 80],
  [112, 128],
] as const;
