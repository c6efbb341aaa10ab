import { join } from 'node:path';
import { openDataFolder } from '#appliance/adapters/data-folder.ts';
import { sealJob } from '#appliance/adapters/seal-job.ts';
import { createStoredObjects } from '#appliance/adapters/stored-objects.ts';
import { createCallerBook } from '#appliance/callers/book.ts';
import { createKeeper, type KeeperConfig } from '#appliance/housekeeping/keeper.ts';
import type { HousekeepingPorts } from '#appliance/housekeeping/ports.ts';
import { createCataloguer } from '#appliance/intake/cataloguer.ts';
import { createQuietTimes } from '#appliance/intake/complete.ts';
import { createLetterWork, type LetterWork } from '#appliance/intake/letter-work.ts';
import { createPackReader } from '#appliance/intake/reading.ts';
import { createReception } from '#appliance/intake/reception.ts';
import { createRecorder, type Recorder } from '#appliance/intake/recorder.ts';
import type { Catalog } from '#appliance/ports-catalog.ts';
import type { FactLog } from '#appliance/ports-facts.ts';
import type { Pairing } from '#appliance/ports-pairing.ts';
import type { Sealer } from '#appliance/ports-sealing.ts';
import type { InstanceStore } from '#appliance/ports-store.ts';
import { writeDurably } from '#sync/adapters/durable-file.ts';
import { openSequence } from '#sync/adapters/sequence-file.ts';
import { openClinicalSpool } from '#sync/adapters/spool-folder.ts';
import type { Database } from '#sync/core/database.ts';
import { silentLog } from '#sync/core/log.ts';
import type { Random } from '#sync/core/random.ts';
import { expectOk, ok } from '#sync/core/result.ts';
import type { StorageScpPorts } from '#sync/dimse/storage.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import { type MachineDisk, mount } from './disk/mount.ts';
import type { Life } from './life.ts';
import { createPairingMemory } from './pairing-memory.ts';

/** What coding takes is no matter here: levels stay as they are first thought of. */
const untimed = { monotonicMs: () => 0 };

/** What a box stands on; the catalog is an index and may be lost. */
export interface BoxParts {
  readonly machine: MachineDisk;
  readonly catalog: Database;
  readonly own: Pick<Pairing, 'identity' | 'receive'>;
  readonly packTargetBytes: number;
  /** Sealed bytes that wait in the spool at most. */
  readonly sealAheadBytes: number;
  readonly confirmAfterMs: number;
  readonly sealerWith: (sealer: Sealer) => Sealer;
  readonly storeWith: (store: InstanceStore) => InstanceStore;
  readonly factsWith: (facts: FactLog) => FactLog;
  readonly spoolWith: (spool: ClinicalSpool) => ClinicalSpool;
  readonly catalogWith: (catalog: Catalog) => Catalog;
  readonly keeperWith: (ports: KeeperParts) => KeeperParts;
  /** It purges and gives room back; undefined: it keeps all. */
  readonly housekeeping:
    | {
        readonly keeper: KeeperConfig;
        readonly segmentSizeBytes: number;
      }
    | undefined;
}

type KeeperParts = Pick<HousekeepingPorts, 'catalog' | 'objects'>;

export const callingAeTitle = 'CT1';

/** Runs a box for one life, wired as `appliance/main.ts` does; `onOpen` is called when the DICOM door opens. */
export async function runBox(
  life: Life,
  parts: BoxParts,
  random: Random,
  onOpen: (door: StorageScpPorts, recorder: Recorder) => void,
  onBroken: () => void,
): Promise<void> {
  const { clock, signal } = life;
  const log = silentLog;
  const root = mount(parts.machine, life);
  const folder = expectOk(
    await openDataFolder(
      {
        ...{ dataDir: join(root, 'data'), reserveBytes: 0 },
        ...(parts.housekeeping && { segmentSizeBytes: parts.housekeeping.segmentSizeBytes }),
      },
      { openDatabase: async () => ok(life.database(parts.catalog)), writeDurably, clock, log },
    ),
  );
  const { files } = folder;
  const catalog = parts.catalogWith(folder.catalog);
  const store = parts.storeWith(folder.store);
  const facts = parts.factsWith(folder.facts);
  const recorder = createRecorder({ facts, catalog, clock, log, onBroken }, signal);
  const quiet = createQuietTimes(clock, 2_000);
  let work: LetterWork | undefined;
  const onAdded = (studies: ReadonlyMap<string, string>): void => {
    for (const each of studies) quiet.arrived(...each);
    work?.wake();
  };
  const cataloguer = createCataloguer({ catalog, recorder, clock, log, onAdded, onBroken }, signal);
  for (const study of await catalog.sealingStudies()) {
    if (!study.isListed) quiet.arrived(study.study, '');
  }
  const noop = (): void => undefined;
  const isFull = (): boolean => false;
  const book = createCallerBook([{ aeTitle: callingAeTitle }]);
  onOpen(
    createReception(
      {
        store,
        cataloguer,
        callers: folder.callers,
        book,
        isFull,
        onFull: noop,
        onBroken,
        clock,
        log,
      },
      { aeTitles: ['OUTPOST'] },
    ),
    recorder,
  );
  const sealer = parts.sealerWith({
    width: 2,
    seal: (job) =>
      life.write('seal', async () => sealJob(job, parts.own.identity, random, untimed)),
    close: async () => undefined,
  });
  const pairing = createPairingMemory(join(root, 'data'), parts.own);
  const sequence = await openSequence(join(root, 'keys'), random);
  work = await createLetterWork(
    {
      ...{ catalog, files, recorder, quiet, clock, random, log, onBroken },
      spool: parts.spoolWith(await openClinicalSpool(join(root, 'spool'))),
      reader: createPackReader(store),
      readPairing: pairing.read,
      adoptKeyList: pairing.adopt,
      // What the grant says the box has from the start of the world.
      acceptGrant: async () => ok(undefined),
      openSealing: async () => ({ sealer, sequence }),
      zoneBreach: () => undefined,
      onPairing: noop,
      onChange: noop,
    },
    {
      packTargetBytes: parts.packTargetBytes,
      sealAheadBytes: parts.sealAheadBytes,
      manifestIntervalMs: 60_000,
      confirmAfterMs: parts.confirmAfterMs,
    },
  );
  const { housekeeping } = parts;
  const { segments } = folder;
  if (housekeeping === undefined || segments === undefined) return work.run(signal);
  const keeper = createKeeper(
    {
      ...{ recorder, segments, clock, log },
      ...parts.keeperWith({
        catalog: folder.housekeeping,
        objects: createStoredObjects({ store, cataloguer }, join(root, 'data')),
      }),
      centers: () => [],
      isShort: isFull,
      onChange: noop,
    },
    housekeeping.keeper,
  );
  await Promise.all([work.run(signal), keeper.run(signal)]);
}
