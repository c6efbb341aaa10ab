/**
 * Lets work on one key run one piece after another, in the order of arrival, while other keys go on. A piece that
 * throws does not stop the next one. Pieces are short: never a whole request, which could hang.
 */
export interface Turns {
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
}

/** Turns over any number of keys; a key that nobody waits for costs nothing. */
export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return {
    run(key, work) {
      const mine = (last.get(key) ?? Promise.resolve()).then(work, work);
      last.set(key, mine);
      const leave = (): void => {
        if (last.get(key) === mine) last.delete(key);
      };
      mine.then(leave, leave);
      return mine;
    },
  };
}
