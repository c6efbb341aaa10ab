import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What of the sent objects must never be seen outside the clinical zone. */
export interface Needles {
  readonly values: readonly Buffer[];
  /** Values that were not searched: under 8 bytes, or a UID of the standard. */
  readonly skipped: number;
}

export interface ScanOutcome {
  readonly hits: number;
  readonly scannedBytes: number;
}

const shortestBytes = 8;
const windowBytes = 64;

/** Collects the distinct needles of all objects: names, ids, UIDs and three windows of pixels each. */
export function needlesOf(
  objects: readonly { readonly texts: readonly string[]; readonly part10: Uint8Array }[],
): Needles {
  const values = new Map<string, Buffer>();
  const skipped = new Set<string>();
  for (const { texts, part10 } of objects) {
    for (const text of texts.filter((text) => text !== '')) {
      const value = Buffer.from(text, 'utf8');
      if (value.length < shortestBytes || text.startsWith('1.2.840.10008.')) skipped.add(text);
      else values.set(value.toString('latin1'), value);
    }
    for (const window of pixelWindows(part10)) values.set(window.toString('latin1'), window);
  }
  return { values: [...values.values()], skipped: skipped.size };
}

/**
 * Counts how often any needle occurs in the files under `paths` (files or folders). One pass over the bytes: the
 * first four bytes of every needle are in a bit table, and only where that says yes a needle is compared.
 */
export async function scanForNeedles(
  paths: readonly string[],
  needles: Needles,
): Promise<ScanOutcome> {
  const finder = createFinder(needles.values);
  let hits = 0;
  let scannedBytes = 0;
  for (const path of (await Promise.all(paths.map(filesUnder))).flat()) {
    let rest = Buffer.alloc(0);
    for await (const piece of piecesOf(path)) {
      scannedBytes += piece.length;
      const joined = Buffer.concat([rest, piece]);
      const keep = Math.min(joined.length, finder.longest - 1);
      hits += finder.count(joined, joined.length - keep);
      rest = joined.subarray(joined.length - keep);
    }
    hits += finder.count(rest, rest.length);
  }
  return { hits, scannedBytes };
}

/** The bytes of a file in pieces; none when a running program has removed it since it was listed. */
async function* piecesOf(path: string): AsyncIterable<Buffer> {
  try {
    yield* createReadStream(path, { highWaterMark: 1 << 20 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Three windows of the pixel data, a quarter, half and three quarters in, moved on until they are not constant. */
function pixelWindows(part10: Uint8Array): readonly Buffer[] {
  const file = Buffer.from(part10.buffer, part10.byteOffset, part10.byteLength);
  const tag = file.lastIndexOf(Buffer.from([0xe0, 0x7f, 0x10, 0x00]));
  if (tag < 0) return [];
  const windows: Buffer[] = [];
  for (const share of [0.25, 0.5, 0.75]) {
    const start = tag + 12 + Math.floor((file.length - tag - 12) * share);
    for (let at = start; at + windowBytes <= file.length; at += windowBytes) {
      const window = file.subarray(at, at + windowBytes);
      if (new Set(window).size < 8) continue;
      windows.push(window);
      break;
    }
  }
  return windows;
}

function createFinder(values: readonly Buffer[]): {
  readonly longest: number;
  /** Occurrences that begin before `end` in `data`. */
  count(data: Buffer, end: number): number;
} {
  const maybe = new Uint8Array(1 << 21);
  const byPrefix = new Map<number, Buffer[]>();
  for (const value of values) {
    const prefix = value.readUInt32LE(0);
    maybe[slotOf(prefix)] = 1;
    byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), value]);
  }
  return {
    longest: Math.max(windowBytes, ...values.map((value) => value.length)),
    count: (data, end) => {
      let found = 0;
      let prefix = data.length < 4 ? 0 : data.readUInt32LE(0);
      for (let at = 0; at < end && at + 4 <= data.length; at++) {
        if (at > 0) prefix = (prefix >>> 8) | ((data[at + 3] ?? 0) << 24);
        if (maybe[slotOf(prefix)] !== 1) continue;
        for (const value of byPrefix.get(prefix >>> 0) ?? []) {
          if (value.equals(data.subarray(at, at + value.length))) found++;
        }
      }
      return found;
    },
  };
}

function slotOf(prefix: number): number {
  return (Math.imul(prefix, 0x9e3779b1) >>> 11) & 0x1fffff;
}

async function filesUnder(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOTDIR') return undefined;
      throw error;
    },
  );
  if (!entries) return [path];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
