import type { PackKind } from './kind.ts';

/** Bytes of the inner part before meta. */
export const innerHeadSize = 248;

/** The largest padded inner part: 16 MiB. */
export const maxInnerBytes = 16 * 1024 * 1024;

/** The largest meta, in bytes. */
export const maxMetaBytes = 256 * 1024;

/** A rule that gives the padded length of an inner part of `length` bytes (248 + meta + payload). */
export type Padding = (kind: PackKind, length: number) => number;

/**
 * The padding rule of the format. Data: up to a multiple of max(1 KiB, 2^floor(log2 length) / 32), so at most 1/32
 * from 32 KiB up. All else: the next power of two, at least 2 KiB, so that a critical report looks like a heartbeat.
 */
export const padding: Padding = (kind, length) => {
  if (kind !== 'data') return Math.max(2048, powerOfTwoFrom(length));
  const step = Math.max(1024, powerOfTwoUpTo(length) / 32);
  return Math.ceil(length / step) * step;
};

/**
 * The padded length of the inner part that holds `metaLength` and `payloadLength` bytes; for callers that plan the
 * size of packs. Above `maxInnerBytes` there is no such pack.
 */
export function paddedLength(kind: PackKind, metaLength: number, payloadLength: number): number {
  return padding(kind, innerHeadSize + metaLength + payloadLength);
}

function powerOfTwoFrom(length: number): number {
  let power = 1;
  while (power < length) power *= 2;
  return power;
}

function powerOfTwoUpTo(length: number): number {
  let power = 1;
  while (power * 2 <= length) power *= 2;
  return power;
}
