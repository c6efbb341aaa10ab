import { isoOf } from '../core/clock.ts';
import { isDelivered } from './instances.ts';
import type { CenterPorts } from './ports.ts';
import type { Ledger } from './ports-ledger.ts';
import type { StudyResends } from './ports-resends.ts';
import {
  type FoundCause,
  isFull,
  isWaiting,
  needsPerson,
  newestRequest,
  newestVersion,
  type ResendRequest,
  versionsOf,
  withCause,
  withVersion,
} from './resend-causes.ts';
import type { StudyRow } from './rows.ts';

/** A letter that is due: the register `please-resend` of one study. */
export interface DueResend {
  readonly study: StudyRow;
  readonly request: ResendRequest;
}

/** Which letters are wanted. */
export interface WantedResends {
  /** Letters at most: each is a file and a seal, and what else the center answers waits for it. */
  readonly most: number;
  /** Whether the box of a study can be written to now. */
  mayReach(study: StudyRow): boolean;
  /** Whether a pack of ours says that version of the register. */
  isSealed(studyInstanceUid: string, version: number): boolean;
}

/** What stands of one study, for the status. */
export interface ResendState {
  readonly studyInstanceUid: string;
  /** Letters so far. */
  readonly asks: number;
  /** Not all that its newest list names is delivered. */
  readonly isOpen: boolean;
  /** Something is missing that is not asked for any more without a person. */
  readonly needsPerson: boolean;
}

export type AskedByPerson = 'asked' | 'unknown-study' | 'nothing-missing' | 'already';

type ResendPorts = Pick<CenterPorts, 'resendFiles' | 'ledger' | 'clock' | 'log'>;

/**
 * What is asked for again. Four things lead to it: a pack that was the box's but fails its proof or its decoding, a
 * stored object that is damaged before it was delivered, what a box offers again since this center was put back from a
 * backup and what is not here, and a person's word. Each cause is noted durably once; a
 * letter of a study gathers what stands. All but the last wait for a list of the study that names what is missing, since
 * packs may still be under way; the first two ask at most twice a study; the box has limits of its own beside these.
 */
export function createResends(ports: ResendPorts) {
  const { ledger, clock, log } = ports;
  let loading: Promise<Map<string, StudyResends>> | undefined;
  let line: Promise<unknown> = Promise.resolve();

  function known(): Promise<Map<string, StudyResends>> {
    loading ??= ports.resendFiles
      .all()
      .then((all) => new Map(all.map((each) => [each.studyInstanceUid, each])));
    return loading;
  }

  /** One after the other: three loops and the door of the operators come here. */
  function inTurn<T>(work: (all: Map<string, StudyResends>) => Promise<T>): Promise<T> {
    const done = line.then(async () => work(await known()));
    line = done.catch(() => undefined);
    return done;
  }

  async function put(all: Map<string, StudyResends>, next: StudyResends): Promise<void> {
    await ports.resendFiles.put(next);
    all.set(next.studyInstanceUid, next);
  }

  return {
    /** Notes what the center found by itself; the same cause once. Durable on return. */
    note: (study: Pick<StudyRow, 'studyInstanceUid' | 'box'>, cause: FoundCause): Promise<void> =>
      inTurn(async (all) => {
        const own = all.get(study.studyInstanceUid);
        if (own?.causes.some(({ id }) => id === cause.id)) return;
        const ofBox = [...all.values()].filter(({ box }) => box === study.box).length;
        if (isFull(own, ofBox, cause)) {
          log.warn('center/resend-not-noted', { reason: cause.reason });
          return;
        }
        const at = isoOf(clock.nowMs());
        await put(all, withCause(own, study, { ...cause, at, by: null, why: null, version: null }));
        log.warn('center/resend-noted', { reason: cause.reason, packs: cause.packs.length });
      }),

    /** Notes a person's word, by name and with their reason. */
    ask: (studyInstanceUid: string, by: string, why: string): Promise<AskedByPerson> =>
      inTurn(async (all) => {
        const study = await ledger.findStudy(studyInstanceUid);
        if (study === undefined) return 'unknown-study';
        if ((await ledger.incomplete([studyInstanceUid])).size === 0) return 'nothing-missing';
        const own = all.get(studyInstanceUid);
        const spoken = own?.causes.filter((cause) => cause.by !== null) ?? [];
        if (spoken.some(({ version }) => version === null)) return 'already';
        const word = { id: `person/${spoken.length + 1}`, at: isoOf(clock.nowMs()), by, why };
        await put(
          all,
          withCause(own, study, {
            ...{ ...word, reason: 'incomplete', packs: [], instances: [], version: null },
          }),
        );
        log.info('center/resend-asked', { number: spoken.length + 1 });
        return 'asked';
      }),

    /**
     * The letters that are due, each with its version, which is durable on return; one that is not sealed is due again.
     * However many studies are noted, the ledger is asked once for all, and once more for each that waits for a list.
     */
    due: ({ most, mayReach, isSealed }: WantedResends): Promise<readonly DueResend[]> =>
      inTurn(async (all) => {
        const open = [...all.values()].filter(
          (own) =>
            isWaiting(own) ||
            (newestVersion(own) > 0 && !isSealed(own.studyInstanceUid, newestVersion(own))),
        );
        if (open.length === 0) return [];
        const incomplete = await ledger.incomplete(open.map((own) => own.studyInstanceUid));
        const lists = Map.groupBy(await ledger.unanswered(), (list) => list.studyInstanceUid);
        const due: DueResend[] = [];
        for (const own of open) {
          if (due.length >= most) break;
          const study = incomplete.get(own.studyInstanceUid);
          if (study === undefined || !mayReach(study)) continue;
          const ids = (lists.get(own.studyInstanceUid) ?? []).map(({ packId }) => packId);
          const missing = isWaiting(own) ? await missingIn(ledger, ids) : new Set<string>();
          const named = withVersion(own, missing, clock.nowMs());
          if (named !== own) await put(all, named);
          const request = newestRequest(named);
          if (request === undefined || isSealed(own.studyInstanceUid, request.version)) continue;
          due.push({ study, request });
        }
        return due;
      }),

    /** Datasets of a study whose files here are damaged: a proven copy takes their place. */
    damaged: async (studyInstanceUid: string): Promise<ReadonlySet<string>> => {
      const causes = (await known()).get(studyInstanceUid)?.causes ?? [];
      return new Set(
        causes.flatMap(({ id, instances }) => (id.startsWith('object/') ? instances : [])),
      );
    },

    states: async (): Promise<readonly ResendState[]> => {
      const all = [...(await known()).values()];
      const incomplete = await ledger.incomplete(all.map((own) => own.studyInstanceUid));
      return all.map((own) => {
        const isOpen = incomplete.has(own.studyInstanceUid);
        return {
          studyInstanceUid: own.studyInstanceUid,
          asks: versionsOf(own).length,
          isOpen,
          needsPerson: isOpen && needsPerson(own),
        };
      });
    },
  };
}

export type Resends = ReturnType<typeof createResends>;

/** Datasets that the lists in these packs name and that are not delivered. */
async function missingIn(
  ledger: Pick<Ledger, 'listStates'>,
  manifestPackIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const missing = new Set<string>();
  for (const packId of manifestPackIds) {
    for (const { datasetSha256, state } of await ledger.listStates(packId)) {
      if (!isDelivered(state)) missing.add(datasetSha256);
    }
  }
  return missing;
}
