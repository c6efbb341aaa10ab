import type { SegmentFile } from './segment-file.ts';

/** One of the places where an instance can be written; it holds its segment between instances. */
export interface Lane {
  readonly index: number;
  segment: SegmentFile | undefined;
}

/** Hands lanes out, first come first served. */
export interface Lanes {
  /** A free lane, the lowest first, so that few segments are open when few devices send; undefined after `close`. */
  take(): Promise<Lane | undefined>;
  giveBack(lane: Lane): void;
  /** Turns everyone away who waits; resolves with all lanes once each was given back. */
  close(): Promise<readonly Lane[]>;
}

export function createLanes(count: number): Lanes {
  const all: readonly Lane[] = Array.from({ length: count }, (_, index) => ({
    index,
    segment: undefined,
  }));
  const free = new Set(all);
  const waiting: ((lane: Lane | undefined) => void)[] = [];
  const allBack = Promise.withResolvers<readonly Lane[]>();
  let isClosed = false;

  const settle = (): void => {
    if (isClosed && free.size === all.length) allBack.resolve(all);
  };

  return {
    async take() {
      if (isClosed) return undefined;
      const lane = all.find((each) => free.has(each));
      if (lane === undefined) return new Promise((resolve) => waiting.push(resolve));
      free.delete(lane);
      return lane;
    },
    giveBack(lane) {
      const next = waiting.shift();
      if (next !== undefined) return next(lane);
      free.add(lane);
      settle();
    },
    close() {
      isClosed = true;
      for (const turnAway of waiting.splice(0)) turnAway(undefined);
      settle();
      return allBack.promise;
    },
  };
}
