import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { type PackId, parsePackId } from '#sync/wire/pack-id.ts';

/** The id that names `bytes`. */
export function idOf(bytes: Uint8Array): PackId {
  const id = parsePackId(createHash('sha256').update(bytes).digest('hex'));
  if (id === undefined) throw new Error('a SHA-256 is always an id');
  return id;
}

/** `length` bytes that look random and are the same for the same `seed`. */
export function seededBytes(seed: string, length: number): Uint8Array {
  return Uint8Array.from(createHash('shake256', { outputLength: length }).update(seed).digest());
}

/**
 * A file with the outside of a pack for `mailbox` (16 bytes in hex): a well-formed header of one recipient, then
 * noise. A relay cannot tell it from a real one; no key opens it.
 */
export function outsideOfPack(mailbox: string, bodySizeBytes: number, seed: string): Uint8Array {
  const headerSizeBytes = 128 + 1180;
  const bytes = Buffer.from(seededBytes(seed, headerSizeBytes + bodySizeBytes));
  bytes.fill(0, 0, 128);
  Buffer.from('8953504b0d0a1a0a', 'hex').copy(bytes);
  bytes.set([1, 1, 2, 0, 0, 1], 8);
  bytes.writeUInt32BE(headerSizeBytes, 16);
  bytes.writeBigUInt64BE(BigInt(bodySizeBytes), 24);
  bytes.set(seededBytes(`${seed} uid`, 16), 32);
  bytes.set(Buffer.from(mailbox, 'hex'), 48);
  bytes.set(seededBytes(`${seed} commitment`, 32), 80);
  bytes.set(Buffer.from('647a0498', 'hex'), 128);
  return Uint8Array.from(bytes);
}
