import { codeOfRoot } from '#sync/seal/party.ts';
import type { Center, Pairing } from '../ports-pairing.ts';
import type { SealingStudy } from '../ports-waiting.ts';
import { fitsRule, type RuleGround, type RuleTerms } from '../store/rule-ground.ts';
import { mayReceive } from './pairing.ts';

/** Studies that fit all that is named go to `center`. */
export interface CenterRule extends RuleTerms {
  readonly name: string;
  /** Code of the center. */
  readonly center: string;
}

/** What the config says of the centers of a box that has several. */
export interface CenterRules {
  /** Code of the center of studies that no rule names; undefined: the first one that was paired. */
  readonly defaultCenter?: string | undefined;
  /** The first one that fits counts. */
  readonly centerRules?: readonly CenterRule[] | undefined;
}

/** Which center a study is sealed to: one at a time. */
export interface Addressing {
  /** Centers that patients may go to now. */
  readonly open: readonly Center[];
  /** Undefined: its center takes nothing now, so the study waits; it never goes to another one by itself. */
  centerOf(study: Pick<SealingStudy, 'addressee' | 'ground'>): Center | undefined;
}

/**
 * A person's word first; then the center that has packs of it; then the first rule that fits; then the default. A rule is
 * asked at the first pack only: what came later of a study follows it.
 */
export function addressingOf(pairing: Pairing | undefined, rules: CenterRules = {}): Addressing {
  const open = (pairing?.centers ?? []).filter(mayReceive);
  const byCode = (code: string): Center | undefined =>
    open.find((center) => codeOfRoot(center.root) === code);
  return {
    open,
    centerOf: ({ addressee, ground }) => {
      if (addressee !== undefined) return open.find(({ root }) => root === addressee);
      const code = ruledCode(rules, ground);
      return code === undefined ? open[0] : byCode(code);
    },
  };
}

/** A center as people see it. */
export interface LinkedCenter {
  readonly root: string;
  readonly code: string;
  readonly name: string;
  /** Patients may go to it now. */
  readonly isOpen: boolean;
}

/** The centers of the box, the one that was paired first before the others. */
export function linkedCenters(pairing: Pairing | undefined): readonly LinkedCenter[] {
  return (pairing?.centers ?? []).map((center) => ({
    root: center.root,
    code: codeOfRoot(center.root),
    name: center.name,
    isOpen: mayReceive(center),
  }));
}

/**
 * Where a study goes, for the screen; undefined where a box has one center, which it is, or where none is known. A study
 * with packs for a center that this box is not paired with waits for a person.
 */
export function shownCenter(
  centers: readonly LinkedCenter[],
  rules: CenterRules,
  { addressee, ground }: Pick<SealingStudy, 'addressee' | 'ground'>,
): LinkedCenter | undefined {
  const known = centers.find(({ root }) => root === addressee);
  if (addressee !== undefined && known === undefined && centers.length > 0) {
    const name = 'a center that this box is not paired with';
    return { root: addressee, code: codeOfRoot(addressee), name, isOpen: false };
  }
  if (centers.length < 2) return undefined;
  if (known) return known;
  const code = ruledCode(rules, ground);
  return code === undefined
    ? centers.find(({ isOpen }) => isOpen)
    : centers.find((center) => center.code === code);
}

/** All studies go to one center. */
export function addressedTo(center: Center): Addressing {
  return { open: [center], centerOf: () => center };
}

/** The code that rules or the default name; undefined: neither does. */
function ruledCode(
  { centerRules = [], defaultCenter }: CenterRules,
  ground: RuleGround,
): string | undefined {
  return centerRules.find((rule) => fitsRule(rule, ground))?.center ?? defaultCenter;
}
