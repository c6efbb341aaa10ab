import type { Timeline } from './timeline.ts';

/** One direction of a link, exact to the byte. */
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

/**
 * How what is under way together gets its turn. `queue`: one behind the other, as bytes wait in a modem. `shared`: all
 * at once and evenly, as a queue for each connection does.
 */
export type PipeKind = 'queue' | 'shared';

interface Carried {
  readonly sizeBytes: number;
  readonly isStat: boolean;
  readonly onLast: () => void;
  leftBytes: number;
}

/** Fractions of a byte count as nothing: shares are real numbers, and after weeks time has steps of a nanosecond. */
const nothing = 1e-3;

export function createPipe(
  timeline: Timeline,
  startBytesPerS: number,
  kind: PipeKind = 'shared',
): Pipe {
  const loads = new Set<Carried>();
  const sum = { stat: 0, other: 0 };
  let bytesPerS = startBytesPerS;
  let atMs = 0;
  let undo = (): void => undefined;

  /** Moves every load on to now. */
  function advance(): void {
    const nowMs = timeline.elapsedMs();
    let restBytes = ((nowMs - atMs) * bytesPerS) / 1_000;
    const share = loads.size > 0 ? restBytes / loads.size : 0;
    atMs = nowMs;
    for (const load of loads) {
      const part = Math.min(load.leftBytes, kind === 'queue' ? restBytes : share);
      restBytes -= part;
      load.leftBytes -= part;
      sum[load.isStat ? 'stat' : 'other'] += part;
    }
  }

  /** The next load to end is the first of a queue, or else the one with the least left. */
  function plan(): void {
    undo();
    const [first] = loads;
    if (first === undefined) return;
    const leastBytes =
      kind === 'queue'
        ? first.leftBytes
        : Math.min(...[...loads].map(({ leftBytes }) => leftBytes)) * loads.size;
    undo = timeline.after((leastBytes * 1_000) / bytesPerS, due);
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
