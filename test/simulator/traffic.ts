import type { Pipe } from './pipe.ts';
import type { Cargo } from './relay-door.ts';

/** What the uplink of one party counts, to hold S8 (STAT waits for nobody), S9 (no byte twice) and S10 (bounded). */
export interface Traffic {
  /**
   * The body of an upload goes onto the wire; what is answered ends it, with the bytes that went through and what its
   * sender heard.
   */
  begin(
    cargo: readonly Cargo[],
    bodyBytes: number,
    headBytes: number,
  ): (carriedBytes: number, heard: Heard) => void;
  /** The relay signed for a pack. */
  kept(packId: string, sizeBytes: number): void;
  /**
   * The relay died: what it had of a pack behind a gap was in its memory, and goes again. So does a pack that is whole
   * there and that it had not signed for: a relay that finds it does not know who brought it (`sync/relay/restore.ts`).
   */
  relayDied(isWhole: (packId: string) => boolean): void;
  /** The relay lost what it held of unfinished packs: their bytes go again. */
  partsLost(): void;
  /** The relay forgot which packs it signed for: it takes them again from whom has no receipt yet. */
  relayForgot(): void;
  /** The relay may have to begin this pack anew. */
  spoilt(packId: string): void;
  /** The link is another one than before: a rate, a connection. */
  unrest(): void;
  /** The agent has read an order that puts these packs first. */
  statKnown(packIds: readonly string[]): void;
  isStat(packId: string): boolean;
  /** What is under way of this pack, or will be, is in vain: it is another. */
  tampered(packId: string): void;
  /** These packs travel on a stick as well: whichever way is first, what went the other one is in vain. */
  overtaken(packIds: readonly string[]): void;
  /** Another budget from now on; what is under way counts to the old one. */
  newMonth(): void;
  /** The link is not metered any more. */
  free(): void;
  tally(): Tally;
}

/** What the sender of an upload heard: `no` when nothing, or that it was not taken. */
export type Heard = 'no' | { readonly offset: number | undefined };

export interface Tally {
  /** Bytes of pack bodies that went through, of their requests' heads, and of packs that the relay signed for, once each. */
  readonly bodyBytes: number;
  readonly headBytes: number;
  readonly keptBytes: number;
  /** Of the bodies, those of packs that were not STAT, until the link was free; in the month that had most. */
  readonly meteredBytes: number;
  /** What may have gone in vain: bytes whose sender never heard that they were taken, and what a fault took of others. */
  readonly allowedBytes: number;
  /** The longest body. */
  readonly longestBytes: number;
  /** The most that was in flight at once. */
  readonly peakBytes: number;
  /**
   * Milliseconds for which the link carried other bytes while a STAT pack waited, beyond what an agent lets go that does
   * not know the link yet; undefined: none was measured.
   */
  readonly statDelayMs: number | undefined;
}

/** So long the link must have been the same before a STAT pack for its wait to say something. */
const calmMs = 15_000;
/**
 * What an agent lets go that does not know the link: at the pace of fresh connections, `2 round trips + 0.3 s` of it
 * (`sync/agent/pace.ts`, `rate.ts`). None of it can be called back.
 */
const firstWindowBytes = (roundTripMs: number): number =>
  241_000 * ((2 * roundTripMs) / 1_000 + 0.3);
/**
 * It knows the link when uploads filled it for so long: pace and window go down to 70 % with each echo that waited in
 * the queue, and an echo takes as long as the queue, so all of them take 1 / (1 - 0.7) times the first window.
 */
const knownMs = (bytesPerS: number, roundTripMs: number): number =>
  5_000 + (firstWindowBytes(roundTripMs) * 1_000) / bytesPerS / (1 - 0.7);
/** A rest between two uploads that is none. */
const restMs = 1_000;

export function createTraffic(nowMs: () => number, pipe: Pipe, roundTripMs: () => number): Traffic {
  const flights = new Set<{ readonly cargo: readonly Cargo[]; readonly bodyBytes: number }>();
  const forged = new Set<string>();
  /** Bytes by month. */
  const metered = [0];
  /** Bytes that were taken of packs that nobody signed for yet. */
  const begun = new Map<string, number>();
  /** Up to where the relay has them without a gap, as it said. */
  const offsets = new Map<string, number>();
  const kept = new Set<string>();
  const carried = new Set<string>();
  const stat = new Set<string>();
  const waiting = new Map<
    string,
    { readonly atMs: number; readonly otherBytes: number; readonly windowBytes: number }
  >();
  let isFree = false;
  let relayLife = 0;
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
  /** Since when there was always an upload under way, what the pipe had carried by then, and when the last one ended. */
  let busy = { sinceMs: 0, otherBytes: 0, untilMs: Number.NEGATIVE_INFINITY };

  /** Uploads fill the link for long enough, so that the agent must know it. */
  const isKnown = (): boolean => {
    const isBusy = flights.size > 0 || nowMs() - busy.untilMs < restMs;
    const carriedBytes = pipe.carried().other - busy.otherBytes;
    const isFull = carriedBytes * 1_000 > 0.7 * (nowMs() - busy.sinceMs) * pipe.bytesPerS;
    return isBusy && isFull && nowMs() - busy.sinceMs >= knownMs(pipe.bytesPerS, roundTripMs());
  };

  const inFlight = (): number => [...flights].reduce((bytes, each) => bytes + each.bodyBytes, 0);

  const beginAnew = (packId: string): void => {
    sum.allowedBytes += begun.get(packId) ?? 0;
    begun.delete(packId);
    offsets.delete(packId);
  };

  /** Of packs that nobody signed for, since a stick was there first. */
  const overtakenBytes = (): number =>
    [...begun].reduce((sum, [packId, bytes]) => sum + (carried.has(packId) ? bytes : 0), 0);

  return {
    begin(cargo, bodyBytes, headBytes) {
      const flight = { cargo, bodyBytes };
      if (flights.size === 0 && nowMs() - busy.untilMs > restMs) {
        busy = { sinceMs: nowMs(), otherBytes: pipe.carried().other, untilMs: nowMs() };
      }
      longestBytes = Math.max(longestBytes, bodyBytes);
      flights.add(flight);
      sum.peakBytes = Math.max(sum.peakBytes, inFlight());
      sum.headBytes += headBytes;
      const [month, life] = [metered.length - 1, relayLife];
      return (carriedBytes, answer) => {
        // What a relay said that has died since says nothing of what is there.
        const heard = life === relayLife ? answer : 'no';
        if (!flights.delete(flight)) return;
        busy = { ...busy, untilMs: nowMs() };
        for (const { packId, from, sizeBytes } of cargo) {
          const bytes = Math.max(0, Math.min(carriedBytes - from, sizeBytes));
          sum.bodyBytes += bytes;
          if (!isFree && !stat.has(packId)) metered[month] = (metered[month] ?? 0) + bytes;
          if (heard === 'no' || forged.has(packId)) sum.allowedBytes += bytes;
          else if (!kept.has(packId)) {
            begun.set(packId, (begun.get(packId) ?? 0) + bytes);
            offsets.set(packId, Math.max(offsets.get(packId) ?? 0, heard.offset ?? 0));
          }
        }
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
      const delayMs = ((otherBytes - wait.windowBytes) * 1_000) / pipe.bytesPerS;
      statDelayMs = Math.max(statDelayMs ?? 0, delayMs);
    },
    relayDied(isWhole) {
      unrestMs = nowMs();
      relayLife++;
      for (const [packId, bytes] of begun) {
        const there = isWhole(packId) ? 0 : Math.min(bytes, offsets.get(packId) ?? 0);
        sum.allowedBytes += bytes - there;
        begun.set(packId, there);
      }
    },
    partsLost() {
      for (const packId of [...begun.keys()]) beginAnew(packId);
    },
    relayForgot: () => kept.clear(),
    spoilt(packId) {
      unrestMs = nowMs();
      const own = [...flights].flatMap(({ cargo }) => cargo.filter((of) => of.packId === packId));
      sum.allowedBytes += own.reduce((bytes, each) => bytes + each.sizeBytes, 0);
      beginAnew(packId);
    },
    unrest() {
      unrestMs = nowMs();
    },
    statKnown(packIds) {
      for (const packId of packIds) {
        if (stat.has(packId)) continue;
        stat.add(packId);
        const windowBytes = isKnown() ? 0 : firstWindowBytes(roundTripMs());
        waiting.set(packId, { atMs: nowMs(), otherBytes: pipe.carried().other, windowBytes });
      }
    },
    isStat: (packId) => stat.has(packId),
    tampered(packId) {
      forged.add(packId);
      beginAnew(packId);
    },
    overtaken(packIds) {
      for (const packId of packIds) carried.add(packId);
    },
    newMonth: () => void metered.push(0),
    free: () => {
      isFree = true;
    },
    tally: () => ({
      ...sum,
      allowedBytes: sum.allowedBytes + overtakenBytes(),
      ...{ meteredBytes: Math.max(...metered), statDelayMs, longestBytes },
    }),
  };
}
