/** Chance of a fuzz round: small numbers from one seed, the same on Node and Deno. */
export interface Dice {
  /** A whole number from 0 to `limit - 1`; 0 when there is no room. */
  below(limit: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
  pick<T>(items: readonly T[]): T | undefined;
}

/** The dice of `seed`: FNV-1a over its text starts a 32-bit splitmix. */
export function diceOf(seed: string): Dice {
  let state = 0x811c9dc5;
  for (const character of seed) state = Math.imul(state ^ character.charCodeAt(0), 0x01000193);
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const below = (limit: number): number => (limit < 1 ? 0 : next() % limit);
  return { below, pick: <T>(items: readonly T[]) => items[below(items.length)] as T };
}
