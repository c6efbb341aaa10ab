import { aheadBytes, earlyRangesAtMost } from '../wire/limits.ts';
import type { PartKey } from './ports.ts';

/** What early bytes belong to: a part on its way in. */
export interface EarlyOwner {
  readonly key: PartKey;
  readonly heldBytes: number;
}

/**
 * Bytes that arrived before those in front of them, because requests of one pack overtake one another on their
 * connections. They are in memory only: whatever is forgotten here is sent again.
 */
export interface EarlyBytes {
  /** Takes `bytes`, which belong at `at`, over; false when there is no room for them. */
  keep(part: EarlyOwner, at: number, bytes: Uint8Array): boolean;
  /** Takes out what goes on where the part ends now; undefined when that is not here. */
  next(part: EarlyOwner): Uint8Array | undefined;
  /** Ranges `[from, to)` that are kept of the part, in order. */
  rangesOf(part: EarlyOwner): readonly [number, number][];
  forget(part: EarlyOwner): void;
}

/** Bytes at most: of one caller, so that none crowds the others out, and of all together. */
export interface EarlyLimits {
  readonly callerBytes: number;
  readonly totalBytes: number;
}

const usualLimits: EarlyLimits = { callerBytes: 2 * aheadBytes, totalBytes: 64 * 1024 * 1024 };

interface Run {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** When all together need more room, the parts that waited longest for their next bytes give theirs up. */
export function createEarlyBytes(limits: EarlyLimits = usualLimits): EarlyBytes {
  const waiting = new Map<EarlyOwner, readonly Run[]>();

  const set = (part: EarlyOwner, runs: readonly Run[]): void => {
    // Anew at the end: the order of the map is that of the last change.
    waiting.delete(part);
    if (runs.length > 0) waiting.set(part, runs);
  };
  const sizeOf = (parts: readonly EarlyOwner[]): number =>
    parts
      .flatMap((part) => waiting.get(part) ?? [])
      .reduce((sum, run) => sum + run.bytes.length, 0);

  return {
    keep(part, at, bytes) {
      const runs = waiting.get(part) ?? [];
      const end = at + bytes.length;
      if (end - part.heldBytes > aheadBytes) return false;
      if (runs.some((run) => run.at <= at && run.at + run.bytes.length >= end)) return true;
      const own = [...waiting.keys()].filter(({ key }) => isSameCaller(key, part.key));
      const isFull =
        sizeOf(own) + bytes.length > limits.callerBytes || runs.length >= earlyRangesAtMost;
      if (isFull || bytes.length > limits.totalBytes) return false;
      set(part, [...runs, { at, bytes }]);
      for (const oldest of waiting.keys()) {
        if (sizeOf([...waiting.keys()]) <= limits.totalBytes) break;
        waiting.delete(oldest);
      }
      return true;
    },
    next(part) {
      const open = (waiting.get(part) ?? []).filter(
        ({ at, bytes }) => at + bytes.length > part.heldBytes,
      );
      const found = open.find(({ at }) => at <= part.heldBytes);
      set(
        part,
        open.filter((run) => run !== found),
      );
      return found?.bytes.subarray(part.heldBytes - found.at);
    },
    rangesOf: (part) =>
      (waiting.get(part) ?? [])
        .map(({ at, bytes }): [number, number] => [at, at + bytes.length])
        .sort(([a], [b]) => a - b),
    forget: (part) => void waiting.delete(part),
  };
}

function isSameCaller(a: PartKey, b: PartKey): boolean {
  return a.center === b.center && a.handle === b.handle;
}
