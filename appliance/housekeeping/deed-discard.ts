import { type Fault, fault } from '#sync/core/fault.ts';
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
  for (let gone = 0; gone < all.length; ) {
    const limit = Math.min(instancesAFact, all.length - gone);
    const tombstones = await catalog.tombstones(study, 'rejected', limit);
    if (!tombstones) break;
    const instances = tombstones.instances.map((each) => ({ ...each, receipt: null }));
    const recorded = await recorder.record([
      { fact: 'discarded', atMs, by, askedBy, reason, ...tombstones, instances },
    ]);
    if (!recorded.ok) return fail(cutShort(gone, all.length, recorded.fault));
    gone += instances.length;
  }
  return done('discarded', [], all);
}

/** What is written down before the disk took no more is done. */
function cutShort(gone: number, of: number, cause: Fault): DeedFault {
  const fault = notWritten(cause);
  if (gone === 0) return fault;
  return {
    ...fault,
    message: `${gone} of ${of} images are gone, the others not: ${cause.message}`,
  };
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
