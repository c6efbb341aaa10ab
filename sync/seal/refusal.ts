import { type Fault, fault } from '../core/fault.ts';
import type { PackKind } from './kind.ts';

/** The checks of opening in their order; 12 is the meaning of the letter, done by the caller. */
export type Check = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12;

/** What kind of thing was wrong; FORMAT.md has the table. */
export type RefusalClass =
  | 'header'
  | 'not-for-us'
  | 'replay'
  | 'wrap'
  | 'commitment'
  | 'body'
  | 'inner'
  | 'role'
  | 'signature'
  | 'meaning';

/**
 * Why a pack was not opened. `message` is the one text that may be said outside; `check`, `refusal` and `reason`
 * are for the journal only, since they tell a forger how far he came. `seal/seen` is no error: the same pack came
 * before, and the caller gives the same answer again.
 */
export interface OpenFault extends Fault<'seal/refused' | 'seal/seen'> {
  readonly check: Check;
  readonly refusal: RefusalClass;
  readonly reason: string;
  /** Known from check 8 on. */
  readonly packKind?: PackKind;
}

/** A refusal at `check` with the exact `reason` for the journal; never holds a value of the pack. */
export function refusal(
  check: Check,
  reason: string,
  details: { readonly refusal?: RefusalClass; readonly packKind?: PackKind } = {},
): { readonly ok: false; readonly fault: OpenFault } {
  const text = fault(
    'seal/refused',
    'Cannot open the pack: it is refused',
    'Read the reason in the journal of this program',
  );
  return { ok: false, fault: { ...text, check, refusal: classOf[check], reason, ...details } };
}

/** The answer to a pack whose id is known. */
export function seen(): { readonly ok: false; readonly fault: OpenFault } {
  const text = fault('seal/seen', 'The pack was opened before', 'Give the same answer again');
  return {
    ok: false,
    fault: { ...text, check: 3, refusal: 'replay', reason: 'the pack id is known' },
  };
}

const classOf: Readonly<Record<Check, RefusalClass>> = {
  1: 'header',
  2: 'not-for-us',
  3: 'replay',
  4: 'wrap',
  5: 'commitment',
  6: 'body',
  7: 'inner',
  8: 'role',
  9: 'signature',
  10: 'not-for-us',
  11: 'replay',
  12: 'meaning',
};
