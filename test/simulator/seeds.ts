/** Seeds of the ordinary run. */
export const usualSeeds = 200;

/**
 * The seeds that `text` asks for (`OUTPOST_SIMULATOR_SEEDS`): `7` is one, `200-999` a range with both ends; undefined
 * are the first `usual`.
 */
export function seedsOf(text: string | undefined, usual = usualSeeds): readonly number[] {
  if (text === undefined) return rangeOf(0, usual - 1);
  const [, from, to = from] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text) ?? [];
  if (from === undefined || Number(to) < Number(from)) {
    throw new Error(`OUTPOST_SIMULATOR_SEEDS is ${text}; give one seed (7) or a range (200-999)`);
  }
  return rangeOf(Number(from), Number(to));
}

function rangeOf(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
