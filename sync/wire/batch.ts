import { concat, fromHex, hex } from '../core/bytes.ts';
import { batchedPackSizeBytes, batchPacksAtMost, smallestPackSizeBytes } from './limits.ts';
import { type PackId, parsePackId } from './pack-id.ts';

/** One whole pack of a batch; nobody has hashed it yet. */
export interface BatchedPack {
  readonly packId: PackId;
  readonly bytes: Uint8Array;
}

const idSizeBytes = 32;

/** Bytes in front of each pack: its id and its length, big-endian. */
export const batchHeadSizeBytes = idSizeBytes + 4;

/** The body of `POST packs/batch`: for each pack its id (32 bytes), its length (4 bytes, big-endian) and its bytes. */
export function encodeBatch(packs: readonly BatchedPack[]): Uint8Array {
  return concat(
    ...packs.flatMap(({ packId, bytes }) => {
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, bytes.length);
      return [fromHex(packId) ?? new Uint8Array(idSizeBytes), length, bytes];
    }),
  );
}

/**
 * The whole packs of a body; the packs are views of it. What a cut has left of the last one is passed over: its sender
 * sees by the answer, or by none, that it is missing. Undefined: a length that no pack of a batch has, too many packs, or
 * one twice.
 */
export function parseBatch(body: Uint8Array): readonly BatchedPack[] | undefined {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const packs = new Map<PackId, BatchedPack>();
  let at = 0;
  while (at + batchHeadSizeBytes <= body.length) {
    const packId = parsePackId(hex(body.subarray(at, at + idSizeBytes)));
    const sizeBytes = view.getUint32(at + idSizeBytes);
    const isPossible = sizeBytes >= smallestPackSizeBytes && sizeBytes <= batchedPackSizeBytes;
    if (packId === undefined || !isPossible) return undefined;
    if (packs.has(packId) || packs.size === batchPacksAtMost) return undefined;
    const from = at + batchHeadSizeBytes;
    at = from + sizeBytes;
    if (at > body.length) break;
    packs.set(packId, { packId, bytes: body.subarray(from, at) });
  }
  return [...packs.values()];
}
