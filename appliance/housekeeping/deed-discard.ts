import { fault } from '#sync/core/fault.ts';
import { fail } from '#sync/core/result.ts';
import {
  type Decision,
  type DeedFault,
  instancesAFact,
  nameOf,
  nothing,
  notWritten,
  type Outcome,
  type Tell,
  unknownStudy,
} from './deed.ts';
import type { HousekeepingPorts } from './ports.ts';

/** Two different people, never one alone; a new rejection in between starts it anew. */
export async function discard(
  { catalog, clock, recorder }: Pick<HousekeepingPorts, 'catalog' | 'clock' | 'recorder'>,
  study: string,
  { by, reason }: Decision,
  done: Tell,
): Outcome {
  const known = await catalog.study(study);
  if (!known) return fail(unknownStudy());
  if (known.isPinned) return fail(pinned());
  const all = (await catalog.instancesOf(study)).filter(({ state }) => state === 'rejected');
  if (all.length === 0) return fail(nothing('nothing of it is rejected'));
  const askedBy = known.discardAskedBy;
  const atMs = clock.nowMs();
  if (askedBy === undefined) {
    return done('asked', [{ fact: 'discard-asked', atMs, study, by, reason }], all);
  }
  if (nameOf(askedBy) === nameOf(by)) return fail(samePerson());
  for (let left = all.length; left > 0; left -= instancesAFact) {
    const limit = Math.min(instancesAFact, left);
    const tombstones = await catalog.tombstones(study, 'rejected', limit);
    if (!tombstones) break;
    const instances = tombstones.instances.map((each) => ({ ...each, receipt: null }));
    const fact = {
      fact: 'discarded',
      atMs,
      by,
      askedBy,
      reason,
      ...tombstones,
      instances,
    } as const;
    if (left <= instancesAFact) return done('discarded', [fact], all);
    const recorded = await recorder.record([fact]);
    if (!recorded.ok) return fail(notWritten(recorded.fault));
  }
  return done('discarded', [], all);
}

function samePerson(): DeedFault {
  return fault(
    'deed/same-person',
    'Nothing was removed: the same person asked for it',
    'A second person has to agree, under a name of their own',
  );
}

function pinned(): DeedFault {
  return fault('deed/pinned', 'Nothing was removed: the study is pinned', 'Unpin it first');
}
