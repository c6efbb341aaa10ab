import { fromHex, hex } from '#sync/core/bytes.ts';
import { sha256 } from '#sync/seal/sha256.ts';
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

/** The name of a center in configs, commands and file names: 16 hex digits of the hash of its first root. */
export function codeOfCenter({ root }: Pick<Center, 'root'>): string {
  return hex(sha256(fromHex(root) ?? new Uint8Array())).slice(0, 16);
}

/**
 * A person's word first; then the center that has packs of it; then the first rule that fits; then the default. A rule is
 * asked at the first pack only: what came later of a study follows it.
 */
export function addressingOf(pairing: Pairing | undefined, rules: CenterRules = {}): Addressing {
  const open = (pairing?.centers ?? []).filter(mayReceive);
  const byCode = (code: string): Center | undefined =>
    open.find((center) => codeOfCenter(center) === code);
  return {
    open,
    centerOf: ({ addressee, ground }) => {
      if (addressee !== undefined) return open.find(({ root }) => root === addressee);
      const code = ruledCode(rules, ground);
      return code === undefined ? open[0] : byCode(code);
    },
  };
}

/** All studies go to one center. */
export function addressedTo(center: Center): Addressing {
  return { open: [center], centerOf: () => center };
}

/** The code that rules or the default name; undefined: neither does. */
export function ruledCode(
  { centerRules = [], defaultCenter }: CenterRules,
  ground: RuleGround,
): string | undefined {
  return centerRules.find((rule) => fitsRule(rule, ground))?.center ?? defaultCenter;
}
