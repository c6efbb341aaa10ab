import { hex } from '#sync/core/bytes.ts';
import { parseControl } from '#sync/letters/control.ts';
import type { Pairing } from '../ports-pairing.ts';
import type { Resend } from '../ports-waiting.ts';
import type { KnownRegister } from './abilities.ts';
import { mayReceive } from './pairing.ts';

/** A center asks for what it could not use. */
export interface Asked {
  /** Root of the center. */
  readonly center: string;
  /** The register and its version: each is answered once a study. */
  readonly asked: string;
  /** Null: it could not read that much, and the packs say whose they are. */
  readonly study: string | null;
  readonly packs: ReadonlySet<string>;
  /** Digests of all that it lacks since it was put back from a backup, empty: everything; undefined: it was not. */
  readonly restored?: ReadonlySet<string> | undefined;
}

/** Packs of a study in custody at one center that are not confirmed. */
export interface StudyPacks {
  readonly study: string;
  readonly center: string;
  readonly packIds: readonly string[];
}

const restoredWord = 'restored';

/** How often a study went again since `sinceMs` because its center was put back from a backup. */
export function restoredResends(study: string, sinceMs: number, past: readonly Resend[]): number {
  return past.filter(
    (one) =>
      one.study === study &&
      one.atMs >= sinceMs &&
      one.asked?.split(' ').includes(restoredWord) === true,
  ).length;
}

/** What `registers` (please-resend) ask for, of centers that patients may go to now. */
export function askedBy(
  registers: readonly KnownRegister[],
  centers: Pairing['centers'],
): readonly Asked[] {
  return registers.flatMap(({ signer, body }) => {
    const center = centers.find(({ keyList }) =>
      keyList.identity.some(({ key }) => hex(key) === signer),
    );
    const control = parseControl(JSON.parse(body), new Uint8Array(), 'to-clinic');
    if (!center || !mayReceive(center)) return [];
    if (!control.ok || control.value.register !== 'please-resend') return [];
    const { version, study, packs, reason, instances } = control.value;
    const isRestored = reason === 'restored';
    const what = `please-resend ${study === null ? '' : `${study} `}`;
    const asked = `${signer} ${what}${isRestored ? `${restoredWord} ` : ''}${version}`;
    const restored = isRestored ? new Set(instances) : undefined;
    return [{ center: center.root, asked, study, packs: new Set(packs), restored }];
  });
}

/** Who asks for the study and was not answered yet; a center has a say on what was sealed to it and on nothing else. */
export function askingFor(
  { study, center, packIds }: StudyPacks,
  all: readonly Asked[],
  resends: readonly Resend[],
): Asked | undefined {
  return all.find(
    (one) =>
      one.center === center &&
      (one.study === null ? packIds.some((id) => one.packs.has(id)) : one.study === study) &&
      !resends.some((past) => past.study === study && past.asked === one.asked),
  );
}
