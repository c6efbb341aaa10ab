import { type BlockFault, magics, newBlock, openBlock, sealBlock } from './block.ts';

/** The first block of a segment file. */
export interface SegmentHeader {
  /** 16 random bytes, new for every segment, repeated in each of its heads and tails. */
  readonly segmentId: Uint8Array;
  readonly createdAtMs: number;
}

/** The 512 bytes of a segment header; the file goes on at offset 4,096. */
export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const block = newBlock(magics.segment);
  block.set(header.segmentId, 16);
  block.writeDoubleBE(header.createdAtMs, 32);
  return sealBlock(block);
}

/** The header in the first 512 of `bytes`, or why there is none. */
export function parseSegmentHeader(bytes: Uint8Array): SegmentHeader | BlockFault {
  const block = openBlock(bytes, magics.segment);
  if (typeof block === 'string') return block;
  return {
    segmentId: Uint8Array.from(block.subarray(16, 32)),
    createdAtMs: block.readDoubleBE(32),
  };
}

/** File name of segment `number` of `lane`; names sort by lane, then by age. */
export function segmentName(lane: number, number: number): string {
  return `lane-${lane}-${String(number).padStart(7, '0')}.seg`;
}

/** Lane and number of a segment's file name, or undefined for any other file. */
export function parseSegmentName(name: string): { lane: number; number: number } | undefined {
  const match = /^lane-(\d{1,2})-(\d{7,15})\.seg$/.exec(name);
  return match === null ? undefined : { lane: Number(match[1]), number: Number(match[2]) };
}
