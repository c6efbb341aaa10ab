import type { Chance } from './timeline.ts';

/** What a world is in for; each seed draws its own. Numbers are strengths: 0 none, 1 all that there is. */
export interface Climate {
  readonly net: number;
  readonly pacs: number;
  readonly power: number;
  readonly disk: number;
  /** Programs die at their writes. */
  readonly crashes: boolean;
  readonly clock: boolean;
  /** The rate of a link goes up and down, and losses come in bursts. */
  readonly rates: boolean;
  /** `forgetful`: it signs for packs and loses them. `old`: it is put back from a backup. */
  readonly relay: 'honest' | 'forgetful' | 'old';
  /** Somebody carries sticks. */
  readonly courier: boolean;
  /** The center changes its keys. */
  readonly epochs: boolean;
  /** The center revokes a box of two. */
  readonly revocation: boolean;
  /** A bulky study is under way when a STAT study comes. */
  readonly stat: boolean;
  /** Somebody exchanges the names of packs in a spool. */
  readonly renames: boolean;
  /** Pack bytes that the owner of a box's link pays for in a month; undefined: it is not metered. */
  readonly budgetBytes: number | undefined;
  /** The month of the budget ends while it rains. */
  readonly monthEnds: boolean;
  /** The box purges what is delivered, and gives its room back. */
  readonly housekeeping: boolean;
  /** An object that waits at the center for its delivery goes bad. */
  readonly rot: boolean;
  /** No link for this long, milliseconds; most of each day is left out. */
  readonly outageMs: number;
}

const twoWeeksMs = 14 * 86_400_000;
const strengths = [0, 0.3, 1] as const;

/** `later` is for faults that came later: what they draw must not make other worlds of all seeds. */
export function climateOf(chance: Chance, later: Chance): Climate {
  const isCalm = chance.is(0.12);
  const strength = () => (isCalm ? 0 : chance.pick(strengths));
  return {
    net: strength(),
    pacs: strength(),
    power: strength(),
    disk: isCalm || chance.is(0.6) ? 0 : chance.pick([0.3, 1]),
    crashes: !isCalm,
    clock: chance.is(0.3),
    rates: !isCalm && chance.is(0.4),
    relay: isCalm || chance.is(0.94) ? 'honest' : chance.pick(['forgetful', 'old']),
    courier: !isCalm && chance.is(0.15),
    epochs: chance.is(0.15),
    revocation: chance.is(0.05),
    stat: chance.is(isCalm ? 0.7 : 0.15),
    budgetBytes: chance.is(0.15) ? chance.pick([100_000, 1_000_000, 4_000_000]) : undefined,
    housekeeping: chance.is(0.3),
    renames: !isCalm && chance.is(0.06),
    monthEnds: chance.is(0.5),
    rot: !isCalm && later.is(0.08),
    outageMs: !isCalm && chance.is(0.015) ? twoWeeksMs : 0,
  };
}
