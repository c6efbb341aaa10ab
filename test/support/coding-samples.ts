import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rowBytes } from '#sync/coding/areas.ts';
import { type Coding, decodeRanges, encodeRanges } from '#sync/coding/coding.ts';
import { areasOfObject } from '#sync/coding/part10-areas.ts';
import { expectOk } from '#sync/core/result.ts';

const folder = fileURLToPath(new URL('../../../shared/data/dicom/', import.meta.url));

/** The reason to skip a test of the sample objects, false when they are here. */
export const skipSamples = existsSync(folder) ? false : 'the sample data is not on this machine';

/** Every file of the sample data of at most `mostBytes`, readable or broken. */
export function sampleFiles(mostBytes: number): readonly string[] {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile() && statSync(path).size <= mostBytes);
}

/** What coding 6 takes for all that is no JPEG image; coding 5, which is slow, has a test of its own. */
const restIn = [4] as const;

/** Codes the object in `path` whole, or cut in two at an odd place, and throws unless the same bytes come back. */
export function checkSample(path: string, coding: Coding, isCut: boolean): void {
  const object = new Uint8Array(readFileSync(path));
  const areas = areasOfObject(object);
  let at = 0;
  for (const { from, to, shape, rows } of areas) {
    assert.ok(from >= at && to > from && to <= object.length && rows > 0, path);
    assert.equal((to - from) % rowBytes(shape), 0, path);
    at = to;
  }
  const cut = isCut ? Math.floor(object.length / 3) | 1 : object.length;
  const ranges = [
    { bytes: object.subarray(0, cut), from: 0 },
    { bytes: object.subarray(cut), from: cut, areas },
  ];
  const sizes = ranges.map(({ bytes }) => bytes.length);
  const back = expectOk(decodeRanges(coding, encodeRanges(coding, ranges, 6, restIn), sizes));
  for (const [index, { bytes }] of ranges.entries()) {
    assert.equal(Buffer.compare(back[index] ?? new Uint8Array(1), bytes), 0, path);
  }
}
