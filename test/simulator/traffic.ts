import { parallelUploads } from '#sync/agent/send.ts';
import type { Pipe } from './pipe.ts';

/** What the uplink of one party counts, to hold S8 (STAT waits for nobody), S9 (no byte twice) and S10 (bounded). */
export interface Traffic {
  /** The body of an upload goes onto the wire; the answer ends it with the bytes that went through. */
  begin(packId: string, bodyBytes: number, headBytes: number): (carriedBytes: number) => void;
  /** The relay signed for a pack. */
  kept(packId: string, sizeBytes: number): void;
  /**
   * Something broke: as much as all uploads carry at a time may have to go again, with `all` also what went before of
   * unfinished packs.
   */
  incident(what: 'flight' | 'all'): void;
  /** So many bytes made way for others. */
  allow(bytes: number): void;
  /** The relay may have to begin this pack anew. */
  spoilt(packId: string): void;
  /** The link is another one than before: a rate, a connection. */
  unrest(): void;
  /** The agent has read an order that puts these packs first. */
  statKnown(packIds: readonly string[]): void;
  isStat(packId: string): boolean;
  /** What is under way of this pack, or will be, is in vain: it is another. */
  tampered(packId: string): void;
  /** Another budget from now on; what is under way counts to the old one. */
  newMonth(): void;
  /** The link is not metered any more. */
  free(): void;
  tally(): Tally;
}

export interface Tally {
  /** Bytes of pack bodies that went through, of their requests' heads, and of packs that the relay signed for, once each. */
  readonly bodyBytes: number;
  readonly headBytes: number;
  readonly keptBytes: number;
  /** Of the bodies, those of packs that were not STAT, until the link was free; in the month that had most. */
  readonly meteredBytes: number;
  /** What may have gone in vain: at each incident the longest request of each upload, or what was in flight. */
  readonly allowedBytes: number;
  /** The most that was in flight at once. */
  readonly peakBytes: number;
  /** Milliseconds for which the link carried other bytes while a STAT pack waited; undefined: none was measured. */
  readonly statDelayMs: number | undefined;
}

/** So long the link must have been the same before a STAT pack for the agent to know it. */
const calmMs = 15_000;
/**
 * And so long it must have carried others by then. An agent that begins lets go of what fresh connections carry before
 * the first acknowledgement (145 kB), which is many seconds of the slowest link: those it cannot call back.
 */
const knownMs = 10_000;

export function createTraffic(nowMs: () => number, pipe: Pipe): Traffic {
  const flights = new Set<{ readonly packId: string; readonly bodyBytes: number }>();
  const forged = new Set<string>();
  /** Bytes by month. */
  const metered = [0];
  /** Bytes that went through of packs that nobody signed for yet. */
  const begun = new Map<string, number>();
  const kept = new Set<string>();
  const stat = new Set<string>();
  const waiting = new Map<string, { readonly atMs: number; readonly otherBytes: number }>();
  let isFree = false;
  const sum = {
    bodyBytes: 0,
    headBytes: 0,
    keptBytes: 0,
    allowedBytes: 0,
    peakBytes: 0,
  };
  let longestBytes = 0;
  let unrestMs = 0;
  let statDelayMs: number | undefined;

  const inFlight = (): number => [...flights].reduce((bytes, each) => bytes + each.bodyBytes, 0);

  return {
    begin(packId, bodyBytes, headBytes) {
      const flight = { packId, bodyBytes };
      longestBytes = Math.max(longestBytes, bodyBytes);
      flights.add(flight);
      sum.peakBytes = Math.max(sum.peakBytes, inFlight());
      sum.headBytes += headBytes;
      const month = metered.length - 1;
      return (carriedBytes) => {
        if (!flights.delete(flight)) return;
        sum.bodyBytes += carriedBytes;
        if (forged.has(packId)) sum.allowedBytes += carriedBytes;
        if (!isFree && !stat.has(packId)) metered[month] = (metered[month] ?? 0) + carriedBytes;
        begun.set(packId, (begun.get(packId) ?? 0) + carriedBytes);
      };
    },
    kept(packId, sizeBytes) {
      begun.delete(packId);
      if (!kept.has(packId)) sum.keptBytes += sizeBytes;
      kept.add(packId);
      const wait = waiting.get(packId);
      waiting.delete(packId);
      if (wait === undefined || unrestMs > wait.atMs - calmMs) return;
      const otherBytes = pipe.carried().other - wait.otherBytes;
      statDelayMs = Math.max(statDelayMs ?? 0, (otherBytes * 1_000) / pipe.bytesPerS);
    },
    incident(what) {
      unrestMs = nowMs();
      sum.allowedBytes += Math.max(inFlight(), parallelUploads * longestBytes);
      if (what === 'all') for (const bytes of begun.values()) sum.allowedBytes += bytes;
    },
    allow(bytes) {
      sum.allowedBytes += bytes;
    },
    spoilt(packId) {
      unrestMs = nowMs();
      const own = [...flights].filter((flight) => flight.packId === packId);
      sum.allowedBytes += own.reduce((bytes, each) => bytes + each.bodyBytes, 0);
      sum.allowedBytes += begun.get(packId) ?? 0;
    },
    unrest() {
      unrestMs = nowMs();
    },
    statKnown(packIds) {
      for (const packId of packIds) {
        if (stat.has(packId)) continue;
        stat.add(packId);
        const otherBytes = pipe.carried().other;
        if (otherBytes * 1_000 < knownMs * pipe.bytesPerS) continue;
        waiting.set(packId, { atMs: nowMs(), otherBytes });
      }
    },
    isStat: (packId) => stat.has(packId),
    tampered(packId) {
      forged.add(packId);
      sum.allowedBytes += begun.get(packId) ?? 0;
    },
    newMonth: () => void metered.push(0),
    free: () => {
      isFree = true;
    },
    tally: () => ({ ...sum, meteredBytes: Math.max(...metered), statDelayMs }),
  };
}
