/** Counts what runs, so that one address cannot take all the time of the box, nor all of them together. */
export interface Turns {
  /** A turn for `address`, given back by the function; undefined: too many run. */
  enter(address: string): (() => void) | undefined;
}

export function createTurns(limits: {
  readonly perAddress: number;
  readonly inAll: number;
}): Turns {
  const running = new Map<string, number>();
  let total = 0;
  return {
    enter(address) {
      const own = running.get(address) ?? 0;
      if (own >= limits.perAddress || total >= limits.inAll) return undefined;
      running.set(address, own + 1);
      total++;
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        total--;
        const left = (running.get(address) ?? 1) - 1;
        if (left > 0) running.set(address, left);
        else running.delete(address);
      };
    },
  };
}
