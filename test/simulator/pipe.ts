import type { Timeline } from './timeline.ts';

/** One direction of a link, exact to the byte: what is under way at the same time shares its rate evenly. */
export interface Pipe {
  readonly bytesPerS: number;
  /** Another rate from now on. */
  setRate(bytesPerS: number): void;
  /** Takes bytes up; `onLast` is called when the last one is through, unless the load was stopped before. */
  carry(sizeBytes: number, isStat: boolean, onLast: () => void): Load;
  /** Bytes that went through since the start, of STAT packs and of everything else. */
  carried(): { readonly stat: number; readonly other: number };
}

export interface Load {
  /** Bytes of it that are through. */
  carriedBytes(): number;
  /** What is not through yet never leaves: a socket was reset. */
  stop(): void;
}

interface Carried {
  readonly sizeBytes: number;
  readonly isStat: boolean;
  readonly onLast: () => void;
  leftBytes: number;
}

/** Fractions of a byte count as nothing: shares are real numbers, and after weeks time has steps of a nanosecond. */
const nothing = 1e-3;

export function createPipe(timeline: Timeline, startBytesPerS: number): Pipe {
  const loads = new Set<Carried>();
  const sum = { stat: 0, other: 0 };
  let bytesPerS = startBytesPerS;
  let atMs = 0;
  let undo = (): void => undefined;

  /** Moves every load on to now. */
  function advance(): void {
    const nowMs = timeline.elapsedMs();
    const share = loads.size > 0 ? ((nowMs - atMs) * bytesPerS) / 1_000 / loads.size : 0;
    atMs = nowMs;
    for (const load of loads) {
      const part = Math.min(load.leftBytes, share);
      load.leftBytes -= part;
      sum[load.isStat ? 'stat' : 'other'] += part;
    }
  }

  /** The next load to end is the one with the least left. */
  function plan(): void {
    undo();
    if (loads.size === 0) return;
    const leastBytes = Math.min(...[...loads].map(({ leftBytes }) => leftBytes));
    undo = timeline.after((leastBytes * loads.size * 1_000) / bytesPerS, due);
  }

  function due(): void {
    advance();
    const done = [...loads].filter(({ leftBytes }) => leftBytes < nothing);
    for (const load of done) loads.delete(load);
    plan();
    for (const load of done) load.onLast();
  }

  return {
    get bytesPerS() {
      return bytesPerS;
    },
    setRate(next) {
      advance();
      bytesPerS = next;
      plan();
    },
    carry(sizeBytes, isStat, onLast) {
      advance();
      const load: Carried = { sizeBytes, isStat, onLast, leftBytes: sizeBytes };
      loads.add(load);
      plan();
      return {
        carriedBytes() {
          advance();
          return Math.floor(sizeBytes - load.leftBytes + nothing);
        },
        stop() {
          if (!loads.has(load)) return;
          advance();
          loads.delete(load);
          plan();
        },
      };
    },
    carried() {
      advance();
      return { ...sum };
    },
  };
}
