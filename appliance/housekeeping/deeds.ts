import { fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import type { BoxFact } from '../store/facts.ts';
import type { StudyPriority } from '../store/facts-priority.ts';
import {
  type Decision,
  type DeedFault,
  type Done,
  instancesAFact,
  isGone,
  nothing,
  notWritten,
  type Outcome,
  unknownStudy,
} from './deed.ts';
import { discard } from './deed-discard.ts';
import { address, resend } from './deed-sending.ts';
import type { HousekeepingPorts, NamedInstance } from './ports.ts';

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

function whichOne(instances: readonly NamedInstance[]): DeedFault {
  const digests = instances.map(({ datasetSha256 }) => datasetSha256).join(', ');
  return fault(
    'deed/which-one',
    `Nothing was decided: more than one object waits: ${digests}`,
    'Name one of them by its digest',
  );
}
