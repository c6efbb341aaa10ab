import { isoOf } from '../core/clock.ts';
import { isDelivered } from './instances.ts';
import type { CenterPorts } from './ports.ts';
import type { Ledger } from './ports-ledger.ts';
import type { ResendCause, StudyResends } from './ports-resends.ts';
import type { StudyRow } from './rows.ts';

/** Letters a study that no person asked for: what a box would send without one of its own people (sync design). */
const mostAsks = 2;
/** Studies of one box that are noted by themselves: a box that makes up studies must not fill the disk. */
export const mostStudiesOfBox = 200;
/** Studies of one box that a restored center asks for: all that the box took in for months, if need be. */
const mostRestoredOfBox = 20_000;
/** Causes kept of one study; what is more adds nothing to its letter. */
const mostCauses = 100;
/** What one letter can name (letters, control). */
export const mostNamed = 1_000;

/** What the center found of one study that it cannot use. */
export type FoundCause = Pick<ResendCause, 'id' | 'reason' | 'packs' | 'instances'>;

/** A letter that is due: the register `please-resend` of one study. */
export interface DueResend {
  readonly study: string;
  readonly version: number;
  readonly reason: ResendCause['reason'];
  readonly packs: readonly string[];
  readonly instances: readonly string[];
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
        if (isFull(own, study, all, cause)) {
          log.warn('center/resend-not-noted', { reason: cause.reason });
          return;
        }
        const at = isoOf(clock.nowMs());
        const more = { ...cause, ...bounded(cause), at, by: null, why: null, version: null };
        await put(all, withCause(own, study, more));
        log.warn('center/resend-noted', { reason: cause.reason, packs: cause.packs.length });
      }),

    /** Notes a person's word, by name and with their reason. */
    ask: (studyInstanceUid: string, by: string, why: string): Promise<AskedByPerson> =>
      inTurn(async (all) => {
        const study = await ledger.findStudy(studyInstanceUid);
        if (study === undefined) return 'unknown-study';
        if (!(await isMissing(ledger, studyInstanceUid))) return 'nothing-missing';
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

    /** Gives the letters that are due their versions, durably; one that is not in `sealed` is due again. */
    due: (
      isSealed: (study: string, version: number) => Promise<boolean>,
    ): Promise<readonly DueResend[]> =>
      inTurn(async (all) => {
        const due: DueResend[] = [];
        for (const own of [...all.values()]) {
          const named = await nameDue(ledger, own, clock.nowMs());
          if (named !== own) await put(all, named);
          const version = newestVersion(named);
          if (version === 0 || (await isSealed(own.studyInstanceUid, version))) continue;
          if (named === own && !(await isMissing(ledger, own.studyInstanceUid))) continue;
          due.push(letterOf(named, version));
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

    states: async (): Promise<readonly ResendState[]> =>
      Promise.all([...(await known()).values()].map((own) => stateOf(ledger, own))),
  };
}

export type Resends = ReturnType<typeof createResends>;

async function stateOf(ledger: Pick<Ledger, 'manifests'>, own: StudyResends): Promise<ResendState> {
  const { studyInstanceUid, causes } = own;
  const isOpen = await isMissing(ledger, studyInstanceUid);
  const isWaiting = isOpen && causes.some(({ version }) => version === null);
  return {
    ...{ studyInstanceUid, asks: versionsOf(own).length, isOpen },
    needsPerson: isWaiting && automaticAsks(own) >= mostAsks,
  };
}

/** Whether nothing more is noted of this study by itself. */
function isFull(
  own: StudyResends | undefined,
  { box }: Pick<StudyRow, 'box'>,
  all: ReadonlyMap<string, StudyResends>,
  { reason }: Pick<FoundCause, 'reason'>,
): boolean {
  if (own) return own.causes.length >= mostCauses;
  const most = reason === 'restored' ? mostRestoredOfBox : mostStudiesOfBox;
  return [...all.values()].filter((each) => each.box === box).length >= most;
}

/** Gives what may be asked for now the next version; the same value when nothing may. */
async function nameDue(
  ledger: Pick<Ledger, 'unanswered' | 'listStates'>,
  own: StudyResends,
  nowMs: number,
): Promise<StudyResends> {
  const open = own.causes.filter(({ version }) => version === null);
  if (open.length === 0) return own;
  const isPersons = open.some(({ by }) => by !== null);
  const isRestored = open.some(({ reason }) => reason === 'restored');
  if (!isPersons && !isRestored && automaticAsks(own) >= mostAsks) return own;
  const missing = isPersons ? undefined : await missingOf(ledger, own.studyInstanceUid);
  const isDue = (cause: ResendCause): boolean =>
    isPersons ||
    (cause.reason === 'restored' && cause.instances.length === 0 && missing?.size !== 0) ||
    cause.instances.some((digest) => missing?.has(digest));
  if (!open.some(isDue)) return own;
  // A lost file begins above every version that it ever gave.
  const version = Math.max(newestVersion(own) + 1, Math.floor(nowMs / 1_000));
  return {
    ...own,
    causes: own.causes.map((cause) => (cause.version === null ? { ...cause, version } : cause)),
  };
}

/** Whether something that a list of the study names is not delivered; also before its first list. */
async function isMissing(
  ledger: Pick<Ledger, 'manifests'>,
  studyInstanceUid: string,
): Promise<boolean> {
  const lists = (await ledger.manifests(studyInstanceUid)).filter(({ hasList }) => hasList);
  const newest = Math.max(0, ...lists.map(({ version }) => version));
  return !lists.some(({ version, isAnswered }) => version === newest && isAnswered);
}

/** Datasets that an open list names and that are not delivered. */
async function missingOf(
  ledger: Pick<Ledger, 'unanswered' | 'listStates'>,
  studyInstanceUid: string,
): Promise<ReadonlySet<string>> {
  const missing = new Set<string>();
  for (const manifest of await ledger.unanswered()) {
    if (manifest.studyInstanceUid !== studyInstanceUid) continue;
    for (const { datasetSha256, state } of await ledger.listStates(manifest.packId)) {
      if (!isDelivered(state)) missing.add(datasetSha256);
    }
  }
  return missing;
}

function letterOf(own: StudyResends, version: number): DueResend {
  const asked = own.causes.filter((cause) => cause.version === version);
  const named = {
    packs: asked.flatMap(({ packs }) => packs),
    instances: asked.flatMap(({ instances }) => instances),
  };
  const letter = { study: own.studyInstanceUid, version };
  // With another cause beside it the box is to send all that it has of the study, as for that one.
  if (asked.every(({ reason }) => reason === 'restored')) {
    const isAll = asked.some(({ instances }) => instances.length === 0);
    const all = { ...named, instances: [] };
    return { ...letter, reason: 'restored', ...bounded(isAll ? all : named) };
  }
  const isUnreadable = asked.some(({ reason }) => reason === 'unreadable');
  return { ...letter, reason: isUnreadable ? 'unreadable' : 'incomplete', ...bounded(named) };
}

function withCause(
  own: StudyResends | undefined,
  { studyInstanceUid, box }: Pick<StudyRow, 'studyInstanceUid' | 'box'>,
  cause: ResendCause,
): StudyResends {
  return { format: 1, studyInstanceUid, box, causes: [...(own?.causes ?? []), cause] };
}

function bounded({ packs, instances }: Pick<ResendCause, 'packs' | 'instances'>) {
  return {
    packs: [...new Set(packs)].slice(0, mostNamed),
    instances: [...new Set(instances)].slice(0, mostNamed),
  };
}

function versionsOf({ causes }: StudyResends): readonly number[] {
  return [...new Set(causes.flatMap(({ version }) => version ?? []))];
}

function newestVersion(own: StudyResends): number {
  return Math.max(0, ...versionsOf(own));
}

/** Letters that no person asked for and that no backup made necessary. */
function automaticAsks(own: StudyResends): number {
  return versionsOf(own).filter((version) => {
    const asked = own.causes.filter((cause) => cause.version === version);
    return (
      asked.every(({ by }) => by === null) && !asked.every(({ reason }) => reason === 'restored')
    );
  }).length;
}
