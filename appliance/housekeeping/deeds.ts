import { type Fault, fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import type { BoxFact } from '../store/facts.ts';
import type { StudyPriority } from '../store/facts-priority.ts';
import type { HousekeepingPorts, NamedInstance } from './ports.ts';

export type DeedFault = Fault<
  | 'deed/unknown-study'
  | 'deed/nothing-to-do'
  | 'deed/same-person'
  | 'deed/pinned'
  | 'deed/which-one'
  | 'deed/which-center'
  | 'deed/left-box'
  | 'deed/not-written-down'
>;

/** A named person and the reason, as typed; both are kept for good. */
export interface Decision {
  readonly by: string;
  readonly reason: string;
}

/** What became of it: how many images, and how many of them the relay has already. */
export interface Done {
  readonly did:
    | 'pinned'
    | 'unpinned'
    | 'archived'
    | 'rejected'
    | 'restored'
    | 'asked'
    | 'discarded'
    | 'decided'
    | 'prioritised'
    | 'resending'
    | 'addressed';
  readonly instances: number;
  readonly alreadyOut: number;
}

type Outcome = Promise<Result<Done, DeedFault>>;
export type TwinDecision = 'keep-first' | 'send-second' | 'reject-second';

/** What people may do with stored studies. Each deed is a fact with name, reason and time before it answers. */
export interface Deeds {
  pin(study: string, isPinned: boolean, decision: Decision): Outcome;
  /** How soon it travels; null: as rules and the order say. */
  prioritise(study: string, priority: StudyPriority | null, decision: Decision): Outcome;
  /** To the center of that code or name, and to no other from now on: all of it is sealed anew. */
  address(study: string, center: string, decision: Decision): Outcome;
  /** What is at the relay and not confirmed by its center goes once more, whatever the limits of re-sends say. */
  resend(study: string, decision: Decision): Outcome;
  /** The archive of record, a third party, has every instance that is here now. */
  archive(study: string, decision: Decision): Outcome;
  /** Takes what is not delivered out of sealing and sending; all of the study, or the UIDs named. It is kept. */
  reject(study: string, decision: Decision, sopInstanceUids?: readonly string[]): Outcome;
  /** Takes a rejection back, and the decision that the first object is enough. */
  restore(study: string, decision: Decision): Outcome;
  /** The first call asks, the second, by somebody else, lets what is rejected go for good. */
  discard(study: string, decision: Decision): Outcome;
  /** Says what becomes of a second object under one SOP Instance UID. */
  decide(
    study: string,
    twin: { readonly sopInstanceUid: string; readonly datasetSha256?: string | undefined },
    verdict: TwinDecision,
    decision: Decision,
  ): Outcome;
}

const instancesAFact = 200;

export function createDeeds(
  ports: Pick<HousekeepingPorts, 'catalog' | 'recorder' | 'clock' | 'log' | 'onChange' | 'centers'>,
): Deeds {
  const { catalog, clock } = ports;

  async function done(
    did: Done['did'],
    facts: readonly BoxFact[],
    instances: readonly NamedInstance[],
  ): Outcome {
    const recorded = await ports.recorder.record(facts);
    if (!recorded.ok) return fail(notWritten(recorded.fault));
    ports.log.info('housekeeping/deed', { did, instances: instances.length });
    ports.onChange();
    const alreadyOut = instances.filter(({ isOut }) => isOut).length;
    return ok({ did, instances: instances.length, alreadyOut });
  }

  /** The same facts for many instances, some at a time. */
  function keyed<F extends 'rejected' | 'restored' | 'archived'>(
    name: F,
    study: string,
    instances: readonly NamedInstance[],
    { by, reason }: Decision,
  ): readonly BoxFact[] {
    const atMs = clock.nowMs();
    const facts: BoxFact[] = [];
    for (let at = 0; at < instances.length; at += instancesAFact) {
      const keys = instances
        .slice(at, at + instancesAFact)
        .map((each): [string, string] => [each.sopInstanceUid, each.datasetSha256]);
      const base = { atMs, study, instances: keys, by };
      facts.push(name === 'archived' ? { fact: name, ...base } : { fact: name, ...base, reason });
    }
    return facts;
  }

  async function select(
    study: string,
    isMeant: (instance: NamedInstance) => boolean,
    why: string,
  ): Promise<Result<readonly NamedInstance[], DeedFault>> {
    if (!(await catalog.study(study))) return fail(unknownStudy());
    const instances = (await catalog.instancesOf(study)).filter(isMeant);
    return instances.length > 0 ? ok(instances) : fail(nothing(why));
  }

  return {
    pin: async (study, isPinned, { by, reason }) => {
      if (!(await catalog.study(study))) return fail(unknownStudy());
      const fact = { fact: 'pin', atMs: clock.nowMs(), study, isPinned, by, reason } as const;
      return done(isPinned ? 'pinned' : 'unpinned', [fact], []);
    },
    prioritise: async (study, priority, { by, reason }) => {
      if (!(await catalog.study(study))) return fail(unknownStudy());
      const fact = { fact: 'priority', atMs: clock.nowMs(), study, priority, by, reason } as const;
      return done('prioritised', [fact], []);
    },
    address: (study, center, decision) => address(ports, study, center, decision, done),
    resend: (study, decision) => resend(ports, study, decision, done),
    archive: async (study, decision) => {
      const found = await select(study, ({ state }) => !isGone(state), 'it has no images here');
      if (!found.ok) return found;
      return done('archived', keyed('archived', study, found.value, decision), found.value);
    },
    reject: async (study, decision, sopInstanceUids) => {
      const named = sopInstanceUids && new Set(sopInstanceUids);
      const found = await select(
        study,
        ({ state, sopInstanceUid }) =>
          !isGone(state) &&
          state !== 'delivered' &&
          state !== 'rejected' &&
          (named === undefined || named.has(sopInstanceUid)),
        'what is delivered is corrected at the center, not here',
      );
      if (!found.ok) return found;
      return done('rejected', keyed('rejected', study, found.value, decision), found.value);
    },
    restore: async (study, decision) => {
      const found = await select(
        study,
        ({ state }) => state === 'rejected' || state === 'aside',
        'nothing of it is set aside',
      );
      if (!found.ok) return found;
      return done('restored', keyed('restored', study, found.value, decision), found.value);
    },
    discard: (study, decision) => discard(ports, study, decision, done),
    decide: async (study, twin, verdict, decision) => {
      const found = await select(
        study,
        ({ state, sopInstanceUid, datasetSha256 }) =>
          sopInstanceUid === twin.sopInstanceUid &&
          (state === 'identity' || state === 'conflict' || state === 'resend') &&
          (twin.datasetSha256 === undefined || twin.datasetSha256 === datasetSha256),
        'no second object under this number waits for a decision',
      );
      if (!found.ok) return found;
      const [second, ...more] = found.value;
      if (second === undefined || more.length > 0) return fail(whichOne(found.value));
      if (verdict === 'reject-second') {
        return done('rejected', keyed('rejected', study, [second], decision), [second]);
      }
      const { sopInstanceUid, datasetSha256: held } = second;
      const base = { fact: 'decided', atMs: clock.nowMs(), decision: verdict } as const;
      return done('decided', [{ ...base, sopInstanceUid, held, ...decision }], [second]);
    },
  };
}

type Tell = (did: Done['did'], facts: readonly BoxFact[], all: readonly NamedInstance[]) => Outcome;

/** Another center can only have what is still here. */
async function address(
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
async function resend(
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

/** Two different people, never one alone; a new rejection in between starts it anew. */
async function discard(
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

/** Two spellings of one name are one person. */
function nameOf(text: string): string {
  return text.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();
}

function isGone(state: NamedInstance['state']): boolean {
  return state === 'purged' || state === 'discarded';
}

function unknownStudy(): DeedFault {
  return fault('deed/unknown-study', 'This box has no such study', 'Check its number in the list');
}

function nothing(why: string): DeedFault {
  return fault('deed/nothing-to-do', `Nothing was changed: ${why}`, 'Look at the study again');
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

function whichOne(instances: readonly NamedInstance[]): DeedFault {
  const digests = instances.map(({ datasetSha256 }) => datasetSha256).join(', ');
  return fault(
    'deed/which-one',
    `Nothing was decided: more than one object waits: ${digests}`,
    'Name one of them by its digest',
  );
}

function notWritten({ message, next }: Fault): DeedFault {
  return fault('deed/not-written-down', `Nothing was changed: ${message}`, next, 'later');
}
