import { fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import {
  type Decision,
  type DeedFault,
  isGone,
  nameOf,
  nothing,
  type Outcome,
  type Tell,
  unknownStudy,
} from './deed.ts';
import type { HousekeepingPorts } from './ports.ts';

/** Another center can only have what is still here. */
export async function address(
  { catalog, clock, centers }: Pick<HousekeepingPorts, 'catalog' | 'clock' | 'centers'>,
  study: string,
  named: string,
  { by, reason }: Decision,
  done: Tell,
): Outcome {
  if (!(await catalog.study(study))) return fail(unknownStudy());
  const center = centerNamed(centers(), named);
  if (!center.ok) return center;
  const instances = await catalog.instancesOf(study);
  if (instances.some(({ state }) => state === 'purged')) return fail(leftBox());
  const fact = { fact: 'addressed', atMs: clock.nowMs(), study, by, reason } as const;
  const here = instances.filter(({ state }) => !isGone(state));
  return done('addressed', [{ ...fact, center: center.value }], here);
}

/** What is not at the relay goes by itself, and what the center signed for is not sent again. */
export async function resend(
  { catalog, clock }: Pick<HousekeepingPorts, 'catalog' | 'clock'>,
  study: string,
  { by, reason }: Decision,
  done: Tell,
): Outcome {
  if (!(await catalog.study(study))) return fail(unknownStudy());
  const all = await catalog.instancesOf(study);
  const out = all.filter(({ state, isOut }) => state === 'packed' && isOut);
  if (out.length === 0) {
    return fail(nothing('no image of it waits at the relay for the word of the center'));
  }
  const fact = { fact: 'resend-said', atMs: clock.nowMs(), study, by, reason } as const;
  return done('resending', [fact], out);
}

/** The root of the one center of that code or name that takes studies now. */
function centerNamed(
  centers: ReturnType<HousekeepingPorts['centers']>,
  named: string,
): Result<string, DeedFault> {
  const found = centers.filter(
    ({ code, name }) => code === named || nameOf(name) === nameOf(named),
  );
  const [center] = found;
  if (found.length === 1 && center?.isOpen) return ok(center.root);
  const why = found.length > 1 ? 'several centers have that name' : 'it is none that takes studies';
  const known = centers.filter(({ isOpen }) => isOpen).map(({ code, name }) => `${code} ${name}`);
  const next = `Name a center by its code: ${known.join(', ') || 'this box has none now'}`;
  return fail(fault('deed/which-center', `Nothing was changed: ${why}`, next));
}

function leftBox(): DeedFault {
  return fault(
    'deed/left-box',
    'Nothing was changed: images of the study have left this box, so no other center can have all of it from here',
    'Ask the center that has it to send it on',
  );
}
