import type { DataFolder } from '#appliance/adapters/data-folder.ts';
import { createDigester } from '#appliance/adapters/digest-worker.ts';
import type { ImportPorts } from '#appliance/adapters/import-folder.ts';
import type { LetterDesk } from '#appliance/adapters/letter-desk.ts';
import { createStoredObjects } from '#appliance/adapters/stored-objects.ts';
import { createCallerDesk } from '#appliance/callers/desk.ts';
import type { CallerBook, CallerDesk } from '#appliance/callers/ports.ts';
import type { ApplianceConfig } from '#appliance/config.ts';
import { assumedCharacterSets } from '#appliance/config-dicom.ts';
import type { HousekeepingPorts } from '#appliance/housekeeping/ports.ts';
import { type AbilityBook, createAbilityBook } from '#appliance/intake/abilities.ts';
import { acceptanceOf } from '#appliance/intake/acceptance.ts';
import { linkedCenters } from '#appliance/intake/addressing.ts';
import { createCataloguer } from '#appliance/intake/cataloguer.ts';
import { createComparer } from '#appliance/intake/compare.ts';
import { createQuietTimes, type QuietTimes } from '#appliance/intake/complete.ts';
import { createDiskWatch, type DiskWatch } from '#appliance/intake/disk-watch.ts';
import { studyKeyOf } from '#appliance/intake/identity.ts';
import type { ReceptionPorts } from '#appliance/intake/reception.ts';
import { createRecorder, type Recorder } from '#appliance/intake/recorder.ts';
import { createRevisions, type Revisions } from '#appliance/intake/revisions.ts';
import { createImportTally } from '#appliance/media/import-tally.ts';
import { createOutsideMarks } from '#appliance/media/outside.ts';
import { createEvidence } from '#appliance/orders/evidence.ts';
import { createDescriber } from '#appliance/query/describe.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { workerLanes } from '#sync/adapters/worker-lane-threads.ts';
import type { Log } from '#sync/core/log.ts';
import type { StoragePolicy } from '#sync/dimse/negotiate.ts';
import type { DataDisk } from '../ports-store.ts';
import { letterDeskOf } from './letters.ts';
import { type ByRules, byRulesOf } from './priority.ts';

/** All parts of the running program, wired. */
export interface Box {
  readonly reception: ReceptionPorts;
  readonly imports: ImportPorts;
  readonly recorder: Recorder;
  readonly desk: LetterDesk;
  readonly callerDesk: CallerDesk;
  readonly disk: DiskWatch;
  readonly quiet: QuietTimes;
  /** Asks the procedure steps whether these studies are complete. */
  readonly weigh: (studies: readonly string[]) => Promise<void>;
  readonly revisions: Revisions;
  /** Asks the rules of priority about studies, or all that are not sealed; what goes first now is told at once. */
  readonly byRules: ByRules;
  readonly housekeeping: HousekeepingPorts | undefined;
  readonly abilities: AbilityBook;
  /** What is taken of a device now. */
  readonly storagePolicyOf: (callingAeTitle: string) => StoragePolicy;
  /** Sealing looks anew: a person decided something. */
  readonly wake: () => void;
  readonly idle: () => Promise<void>;
  /** Resolves when what was acknowledged so far is in the catalog. */
  readonly caughtUp: () => Promise<void>;
  /** Resolves soon once the work is ended. */
  readonly compared: () => Promise<void>;
}

/** What a box stands on. */
interface BoxGround {
  readonly folder: DataFolder;
  readonly dataDisk: DataDisk;
  readonly book: CallerBook;
  readonly log: Log;
  /** The disk cannot be written any more. */
  readonly onBroken: (message: string) => void;
}

/** Wires the parts of a box whose disk can be written; work behind the doors goes on until `signal`. */
export function wireBox(
  config: ApplianceConfig,
  { folder, dataDisk, book, log, onBroken }: BoxGround,
  signal: AbortSignal,
): Box {
  const clock = systemClock;
  const { catalog, store, facts } = folder;
  const revisions = createRevisions(clock);
  const quiet = createQuietTimes(clock, config.quietS * 1_000);
  const disk = createDiskWatch({ store, disk: dataDisk, clock, onBroken });
  const abilities = createAbilityBook(
    () => folder.registers('capabilities'),
    log,
    () => pairingNow()?.centers ?? [],
  );
  const recorder = createRecorder(
    { facts, catalog, clock, log, onBroken, onRegister: abilities.refresh },
    signal,
  );
  const onChange = revisions.bump;
  // The desk needs the recorder, which needs the book: what is asked later is bound later.
  const pairingNow = (): ReturnType<LetterDesk['pairing']> => desk.pairing();
  const desk = letterDeskOf(config, { folder, recorder, quiet, disk, log, onChange, onBroken });
  const comparer = createComparer(
    {
      ...{ catalog, store, recorder, clock, log, onCompared: revisions.bump },
      digester: createDigester(workerLanes(clock), config.dataDir, signal),
    },
    signal,
  );
  const assumedCharacterSetOf = assumedCharacterSets(config.dicom);
  const describer = createDescriber(
    { catalog: folder.queries, store, assumedCharacterSetOf, log },
    signal,
  );
  // What an earlier run left.
  comparer.wake();
  describer.wake();
  const weigh = createEvidence({ catalog: folder.orders, quiet, log });
  const onPriority = (): void => {
    revisions.bump();
    desk.reorder();
  };
  const byRules = byRulesOf(config, folder, recorder, log, onPriority);
  const onAdded = (studies: ReadonlyMap<string, string>): void => {
    for (const each of studies) quiet.arrived(...each);
    void weigh([...studies.keys()]);
    void byRules([...studies.keys()]);
    revisions.bump();
    desk.wake();
    comparer.wake();
    describer.wake();
  };
  const cataloguer = createCataloguer({ catalog, recorder, clock, log, onAdded, onBroken }, signal);
  const reception: ReceptionPorts = {
    store,
    cataloguer,
    callers: folder.callers,
    book,
    isFull: () => disk.trouble() !== undefined,
    onFull: () => {
      disk.found();
      revisions.bump();
    },
    onBroken,
    assumedCharacterSetOf,
    clock,
    log,
  };
  const { housekeeping: housekept, segments } = folder;
  const housekeeping = segments && {
    ...{ catalog: housekept, recorder, segments, clock, log },
    objects: createStoredObjects({ store, cataloguer, assumedCharacterSetOf }, config.dataDir),
    centers: () => linkedCenters(desk.pairing()),
    isShort: () => disk.trouble() !== undefined,
    onChange: onPriority,
  };
  const callerDesk = createCallerDesk({
    ...{ callers: folder.callers, book, recorder, clock, onChange },
  });
  const storagePolicyOf = storagePolicy(config, abilities);
  const tally = createImportTally(clock.nowMs, revisions.bump);
  const outside = createOutsideMarks({ catalog, recorder, nowMs: clock.nowMs });
  const imports: ImportPorts = {
    ...reception,
    isTaken: (sopClassUid) => storagePolicyOf('').isStored(sopClassUid),
    markOutside: (attributes) => outside.mark(studyKeyOf(attributes, '').study),
    tally,
  };
  return {
    ...{ imports, reception, callerDesk, recorder, desk, disk, quiet, weigh, revisions },
    ...{ byRules, housekeeping, wake: desk.wake, abilities, storagePolicyOf },
    idle: cataloguer.idle,
    caughtUp: cataloguer.caughtUp,
    compared: async () => {
      await Promise.all([comparer.idle(), describer.idle()]);
    },
  };
}

/** By the config's exceptions and what the center last said it can use. */
function storagePolicy(
  { dicom: { callers, privateSopClasses } }: ApplianceConfig,
  abilities: AbilityBook,
): Box['storagePolicyOf'] {
  const listed = callers === 'any' ? [] : callers;
  const devices = new Map(listed.map(({ aeTitle, storage }) => [aeTitle, storage]));
  const rules = { privateSopClasses, deviceOf: (aeTitle: string) => devices.get(aeTitle) };
  return (callingAeTitle) => acceptanceOf(rules, abilities.current(), callingAeTitle);
}
