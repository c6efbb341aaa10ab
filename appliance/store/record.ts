import { Buffer } from 'node:buffer';
import { hex, sameBytes } from '#sync/core/bytes.ts';
import {
  type BlockFault,
  fitsField,
  magics,
  newBlock,
  openBlock,
  readSize,
  readText,
  sealBlock,
  writeText,
} from './block.ts';

/** What the head of a record says; written when the first byte arrives, completed when the last one has. */
export interface RecordHead {
  /** 16 random bytes of the segment: no payload can imitate a head or tail of it. */
  readonly segmentId: Uint8Array;
  readonly recordOffset: number;
  /** Undefined while the payload was still being written. */
  readonly payloadSizeBytes: number | undefined;
  /** Length of preamble and group 0002 at the start of the payload. */
  readonly fileHeaderSizeBytes: number;
  readonly arrivedAtMs: number;
  /** At most 63 bytes of UTF-8, as each UID is at most 64. */
  readonly callingAeTitle: string;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
}

/** What the tail of a record says; it closes the record and repeats what binds it to its head. */
export interface RecordTail {
  readonly segmentId: Uint8Array;
  readonly recordOffset: number;
  readonly payloadSizeBytes: number;
  /** SHA-256 of the payload after the file header, lower-case hex. */
  readonly datasetSha256: string;
  readonly studyInstanceUid: string | undefined;
  readonly seriesInstanceUid: string | undefined;
}

const openSize = 2n ** 64n - 1n;
const aeTitleField = 64;
const uidField = 65;

/** The 512 bytes of a head, or undefined when a text is longer than its field (FORMAT.md). */
export function encodeHead(head: RecordHead): Uint8Array | undefined {
  const texts = [head.sopClassUid, head.sopInstanceUid, head.transferSyntaxUid];
  if (!fitsField(head.callingAeTitle, aeTitleField)) return undefined;
  if (!texts.every((text) => fitsField(text, uidField))) return undefined;
  const block = newBlock(magics.head);
  block.writeUInt32BE(head.fileHeaderSizeBytes, 12);
  block.set(head.segmentId, 16);
  block.writeBigUInt64BE(BigInt(head.recordOffset), 32);
  const size = head.payloadSizeBytes;
  block.writeBigUInt64BE(size === undefined ? openSize : BigInt(size), 40);
  block.writeDoubleBE(head.arrivedAtMs, 48);
  writeText(block, 56, head.callingAeTitle);
  texts.forEach((text, index) => {
    writeText(block, 120 + index * uidField, text);
  });
  return sealBlock(block);
}

/** Enters the length of the payload into an open head. */
export function completeHead(head: Uint8Array, payloadSizeBytes: number): void {
  const block = Buffer.from(head.buffer, head.byteOffset, head.length);
  block.writeBigUInt64BE(BigInt(payloadSizeBytes), 40);
  sealBlock(block);
}

/** The head in the first 512 of `bytes`, or why there is none. */
export function parseHead(bytes: Uint8Array): RecordHead | BlockFault {
  const block = openBlock(bytes, magics.head);
  if (typeof block === 'string') return block;
  const recordOffset = readSize(block, 32);
  const isOpen = block.readBigUInt64BE(40) === openSize;
  const payloadSizeBytes = readSize(block, 40);
  const callingAeTitle = readText(block, 56, aeTitleField);
  const [sopClassUid, sopInstanceUid, transferSyntaxUid] = [120, 185, 250].map((offset) =>
    readText(block, offset, uidField),
  );
  const fileHeaderSizeBytes = block.readUInt32BE(12);
  if (recordOffset === undefined || (payloadSizeBytes === undefined && !isOpen)) return 'damaged';
  if (callingAeTitle === undefined || sopClassUid === undefined) return 'damaged';
  if (sopInstanceUid === undefined || transferSyntaxUid === undefined) return 'damaged';
  if (fileHeaderSizeBytes > (payloadSizeBytes ?? fileHeaderSizeBytes)) return 'damaged';
  return {
    segmentId: Uint8Array.from(block.subarray(16, 32)),
    recordOffset,
    payloadSizeBytes,
    fileHeaderSizeBytes,
    arrivedAtMs: block.readDoubleBE(48),
    callingAeTitle,
    sopClassUid,
    sopInstanceUid,
    transferSyntaxUid,
  };
}

/** The 512 bytes of a tail, or undefined when a UID is longer than 64 bytes. */
export function encodeTail(tail: RecordTail): Uint8Array | undefined {
  const uids = [tail.studyInstanceUid ?? '', tail.seriesInstanceUid ?? ''];
  if (!uids.every((uid) => fitsField(uid, uidField))) return undefined;
  const block = newBlock(magics.tail);
  block.set(tail.segmentId, 16);
  block.writeBigUInt64BE(BigInt(tail.recordOffset), 32);
  block.writeBigUInt64BE(BigInt(tail.payloadSizeBytes), 40);
  block.write(tail.datasetSha256, 48, 32, 'hex');
  uids.forEach((uid, index) => {
    writeText(block, 80 + index * uidField, uid);
  });
  return sealBlock(block);
}

/** Enters the digest into a tail; it answers `tail`. */
export function completeTail(tail: Uint8Array, datasetSha256: string): Uint8Array {
  const block = Buffer.from(tail.buffer, tail.byteOffset, tail.length);
  block.write(datasetSha256, 48, 32, 'hex');
  return sealBlock(block);
}

/** The tail in the first 512 of `bytes`, or why there is none. */
export function parseTail(bytes: Uint8Array): RecordTail | BlockFault {
  const block = openBlock(bytes, magics.tail);
  if (typeof block === 'string') return block;
  const recordOffset = readSize(block, 32);
  const payloadSizeBytes = readSize(block, 40);
  const [study, series] = [80, 145].map((offset) => readText(block, offset, uidField));
  if (recordOffset === undefined || payloadSizeBytes === undefined) return 'damaged';
  if (study === undefined || series === undefined) return 'damaged';
  return {
    segmentId: Uint8Array.from(block.subarray(16, 32)),
    recordOffset,
    payloadSizeBytes,
    datasetSha256: hex(block.subarray(48, 80)),
    studyInstanceUid: study === '' ? undefined : study,
    seriesInstanceUid: series === '' ? undefined : series,
  };
}

/** Whether `tail` closes the record that `head` opened: same segment, same place, same length. */
export function isTailOf(tail: RecordTail, head: RecordHead): boolean {
  return (
    sameBytes(tail.segmentId, head.segmentId) &&
    tail.recordOffset === head.recordOffset &&
    tail.payloadSizeBytes === head.payloadSizeBytes
  );
}
