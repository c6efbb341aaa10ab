import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { utf8Text } from '#sync/core/bytes.ts';

/** Every block (segment header, record head, record tail) has this length and ends with a CRC-32. */
const blockSizeBytes = 512;
const crcOffset = blockSizeBytes - 4;
const version = 1;

/** Magic of the three blocks, 8 ASCII bytes each. */
export const magics = { segment: 'OUTPSEGM', head: 'OUTPHEAD', tail: 'OUTPTAIL' } as const;

/**
 * Why a block cannot be read: `short` = the file ends in it, `blank` = it was never written (zeros), `damaged` =
 * it was written and changed since, or is not a block of this version.
 */
export type BlockFault = 'short' | 'blank' | 'damaged';

/** A new block with its magic and version, to be filled and then sealed. */
export function newBlock(magic: string): Buffer {
  const block = Buffer.alloc(blockSizeBytes);
  block.write(magic, 0, 'latin1');
  block.writeUInt16BE(version, 8);
  return block;
}

/** Writes the CRC-32 of everything before it; nothing may change after. */
export function sealBlock(block: Buffer): Uint8Array {
  block.writeUInt32BE(crc32(block.subarray(0, crcOffset)), crcOffset);
  return block;
}

/** The first 512 bytes as an intact block with `magic`, or why not. */
export function openBlock(bytes: Uint8Array, magic: string): Buffer | BlockFault {
  if (bytes.length < blockSizeBytes) return 'short';
  const block = Buffer.from(bytes.buffer, bytes.byteOffset, blockSizeBytes);
  if (block.every((byte) => byte === 0)) return 'blank';
  const isIntact =
    block.readUInt32BE(crcOffset) === crc32(block.subarray(0, crcOffset)) &&
    block.toString('latin1', 0, 8) === magic &&
    block.readUInt16BE(8) === version;
  return isIntact ? block : 'damaged';
}

/** Whether `text` fits a text field of `fieldSizeBytes` (one byte of length, then UTF-8). */
export function fitsField(text: string, fieldSizeBytes: number): boolean {
  return Buffer.byteLength(text) < fieldSizeBytes;
}

/** Writes a text field; `fitsField` was asked before. */
export function writeText(block: Buffer, offset: number, text: string): void {
  block[offset] = block.write(text, offset + 1);
}

/** The text of a field, or undefined when its length or its UTF-8 is wrong. */
export function readText(
  block: Buffer,
  offset: number,
  fieldSizeBytes: number,
): string | undefined {
  const length = block.readUInt8(offset);
  if (length >= fieldSizeBytes) return undefined;
  return utf8Text(block.subarray(offset + 1, offset + 1 + length));
}

/** An unsigned 64-bit number, or undefined when JavaScript cannot hold it exactly. */
export function readSize(block: Buffer, offset: number): number | undefined {
  const value = Number(block.readBigUInt64BE(offset));
  return Number.isSafeInteger(value) ? value : undefined;
}
