import type { Dice } from './dice.ts';
import { hostileTexts } from './mutate.ts';

/**
 * A copy of a JSON value with one to three places changed: a value of another type, an edge of a number, a hostile
 * text, a member left out, added or named `__proto__`, an array grown or nested.
 */
export function mutateJson(dice: Dice, value: unknown): unknown {
  let mutant: unknown = structuredClone(value);
  for (let count = 1 + dice.below(3); count > 0; count--) {
    const places = placesOf(mutant);
    const place = dice.pick(places);
    if (place === undefined) mutant = hostileValue(dice, mutant);
    else changeAt(dice, place);
  }
  return mutant;
}

interface Place {
  readonly owner: Record<string, unknown>;
  readonly key: string;
}

function placesOf(value: unknown): readonly Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const owner = value as Record<string, unknown>;
  return Object.keys(owner).flatMap((key) => [{ owner, key }, ...placesOf(owner[key])]);
}

function changeAt(dice: Dice, { owner, key }: Place): void {
  const old = owner[key];
  switch (dice.below(6)) {
    case 0:
      if (Array.isArray(owner)) owner.splice(Number(key), 1);
      else delete owner[key];
      return;
    case 1:
      if (Array.isArray(owner)) owner.push(hostileValue(dice, old));
      else addMember(dice, owner, hostileValue(dice, old));
      return;
    case 2:
      owner[key] = Array.isArray(old) ? [...old, ...old, ...old] : [old];
      return;
    default:
      owner[key] = hostileValue(dice, old);
  }
}

/** As `JSON.parse` does: a member of its own, whatever its name means elsewhere. */
function addMember(dice: Dice, owner: object, value: unknown): void {
  const name = dice.pick(['extra', '__proto__', 'constructor', 'toString'] as const);
  Object.defineProperty(owner, name, {
    ...{ value, enumerable: true, configurable: true, writable: true },
  });
}

function hostileValue(dice: Dice, old: unknown): unknown {
  if (typeof old === 'string' && dice.below(2) === 0) {
    const at = dice.below(old.length + 1);
    return old.slice(0, at) + dice.pick(hostileTexts) + old.slice(at);
  }
  if (typeof old === 'number' && dice.below(2) === 0) {
    return dice.pick([old + 1, old - 1, -old, old + 0.5, old * 2 ** 40] as const);
  }
  return structuredClone(dice.pick(hostileValues));
}

const hostileValues = [
  ...[null, true, false, 0, -0, -1, 1e308, 2 ** 53, 0.1, [], {}, [[[[[[[[[[]]]]]]]]]]],
  ...hostileTexts,
];
