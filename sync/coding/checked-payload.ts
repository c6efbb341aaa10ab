import { crc32 } from 'node:zlib';
import { fail, ok, type Result } from '../core/result.ts';
import type { Area } from './areas.ts';
import { createByteList, createByteReader } from './byte-lists.ts';
import { type CodingFault, refused } from './coding-fault.ts';
import { codeScans, fillScans, type JpegScan, readScans, writeScans } from './jpeg-scans.ts';
import { fillSkeleton, skeletonBytes, skeletonOf } from './skeleton.ts';
import { decodeSplit, encodeSplit, type SplitCoding } from './split-payload.ts';

/**
 * The payload of `whole` in coding 6 (FORMAT.md, "Coding 6, checked"): the scans of JPEG images apart, all else in the
 * one of the codings `within` that makes the least of it, a checksum over it all.
 */
export function encodeChecked(
  whole: Uint8Array,
  areas: readonly Area[],
  within: readonly SplitCoding[],
): Uint8Array {
  const { scans, code } = codeScans(whole, areas);
  const list = createByteList();
  list.number(whole.length);
  list.bytes(checksumOf(whole));
  writeScans(scans, list);
  list.number(code.length);
  list.bytes(code);
  const rest = skeletonOf(whole, scans);
  const moved = areasBetween(areas, scans);
  const coded = within.map((coding) => ({ coding, bytes: encodeSplit(coding, rest, moved) }));
  const [best] = coded.toSorted((a, b) => a.bytes.length - b.bytes.length);
  if (best === undefined) throw new TypeError('No coding was given for the rest');
  list.number(best.coding);
  list.bytes(best.bytes);
  return list.taken();
}

/** The `wholeBytes` bytes that `payload` stands for; the caller has bounded `wholeBytes`. */
export function decodeChecked(
  payload: Uint8Array,
  wholeBytes: number,
): Result<Uint8Array, CodingFault> {
  const reader = createByteReader(payload);
  if (reader.number() !== wholeBytes) {
    return refused('coding/size', 'its length differs from the declared sizes');
  }
  const checksum = reader.bytes(4);
  const scans = checksum && readScans(reader, wholeBytes);
  const code = scans && reader.bytes(reader.number() ?? -1);
  const coding = reader.number();
  if (checksum === undefined || scans === undefined || code === undefined) {
    return refused('coding/damaged', 'its list of scans is not sound');
  }
  if (!isWithin(coding)) return refused('coding/damaged', 'its rest is in no coding for a rest');
  const restBytes = skeletonBytes(wholeBytes, scans);
  const rest = decodeSplit(coding, reader.bytes(reader.rest) ?? new Uint8Array(0), restBytes);
  if (!rest.ok) return rest;
  const whole = new Uint8Array(wholeBytes);
  fillSkeleton(whole, scans, rest.value);
  const failed = fillScans(whole, scans, code);
  if (failed !== undefined) return fail(failed);
  if (checksumOf(whole).some((byte, index) => byte !== checksum[index])) {
    return refused('coding/damaged', 'its checksum is that of other bytes');
  }
  return ok(whole);
}

/** Codings that the rest may be in. Coding 3 is no longer written, 6 would be in itself. */
function isWithin(coding: number | undefined): coding is SplitCoding {
  return coding === 2 || coding === 4 || coding === 5;
}

/** The areas, apart from the scans, in places of what is left without them. */
function areasBetween(areas: readonly Area[], scans: readonly JpegScan[]): readonly Area[] {
  let gone = 0;
  let next = 0;
  return areas.map((area) => {
    for (let scan = scans[next]; scan && scan.to <= area.from; scan = scans[++next]) {
      gone += scan.to - scan.from;
    }
    return { ...area, from: area.from - gone, to: area.to - gone };
  });
}

function checksumOf(bytes: Uint8Array): Uint8Array {
  const sum = crc32(bytes);
  return Uint8Array.of(sum >>> 24, sum >>> 16, sum >>> 8, sum);
}
