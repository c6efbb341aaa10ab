import { createCatalog } from '#appliance/adapters/catalog-libsql.ts';
import { catalogMigrations } from '#appliance/adapters/catalog-schema.ts';
import { sealJob } from '#appliance/adapters/seal-job.ts';
import { createCataloguer } from '#appliance/intake/cataloguer.ts';
import { createQuietTimes } from '#appliance/intake/complete.ts';
import { createLetterWork, type LetterWork } from '#appliance/intake/letter-work.ts';
import { createPackReader } from '#appliance/intake/reading.ts';
import { createReception } from '#appliance/intake/reception.ts';
import { createRecorder } from '#appliance/intake/recorder.ts';
import { replay } from '#appliance/intake/replay.ts';
import type { Pairing } from '#appliance/ports.ts';
import type { LetterFact } from '#appliance/store/facts.ts';
import type { Database } from '#sync/core/database.ts';
import { silentLog } from '#sync/core/log.ts';
import type { Random } from '#sync/core/random.ts';
import type { StorageScpPorts } from '#sync/dimse/storage.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import { type BoxDisk, openFacts, openInstances, openLetterFiles } from './box-disk.ts';
import { openDatabase } from './database.ts';
import type { Life } from './life.ts';
import { clinicalSpool } from './programs.ts';

/** What a box stands on; the catalog is an index and may be lost. */
export interface BoxParts {
  readonly disk: BoxDisk;
  catalog: Database;
  sequence: bigint;
  readonly stream: Uint8Array;
  readonly spool: ClinicalSpool;
  readonly pairing: Pairing;
  /** Planted bug: success is said before the record is written. */
  readonly isHasty: boolean;
  readonly onFact: (fact: LetterFact) => void;
  readonly packTargetBytes: number;
}

export const callingAeTitle = 'CT1';

export function newCatalog(): Database {
  return openDatabase(catalogMigrations);
}

/** Runs a box for one life, wired as `appliance/main.ts` does; `onOpen` is called when the DICOM door opens. */
export async function runBox(
  life: Life,
  parts: BoxParts,
  random: Random,
  onOpen: (door: StorageScpPorts) => void,
  onBroken: () => void,
): Promise<void> {
  const { signal } = new AbortController();
  const { clock } = life;
  const log = silentLog;
  const catalog = createCatalog(life.database(parts.catalog));
  const facts = openFacts(parts.disk, life, parts.onFact);
  const store = openInstances(parts.disk, life, parts.isHasty);
  await replay({ catalog, store, facts }, clock.nowMs());

  const recorder = createRecorder({ facts, catalog, clock, log, onBroken }, signal);
  const quiet = createQuietTimes(clock, 2_000);
  let work: LetterWork | undefined;
  const onAdded = (studies: ReadonlySet<string>): void => {
    for (const study of studies) quiet.arrived(study);
    work?.wake();
  };
  const cataloguer = createCataloguer({ catalog, recorder, clock, log, onAdded, onBroken }, signal);
  for (const study of await catalog.sealingStudies()) {
    if (!study.isListed) quiet.arrived(study.study);
  }
  const noop = (): void => undefined;
  const isFull = (): boolean => false;
  onOpen(
    createReception(
      { store, cataloguer, catalog, isFull, onFull: noop, onBroken, clock, log },
      { aeTitles: ['OUTPOST'], callers: [{ aeTitle: callingAeTitle }] },
    ),
  );
  const sealer = {
    width: 2,
    seal: (job: Parameters<typeof sealJob>[0]) =>
      life.write('seal', () => sealJob(job, parts.pairing.identity, random)),
    close: async () => undefined,
  };
  const next = () => life.write('sequence', () => ++parts.sequence);
  work = await createLetterWork(
    {
      ...{ catalog, recorder, quiet, clock, random, log, onBroken },
      files: openLetterFiles(parts.disk, life),
      spool: clinicalSpool(life, parts.spool),
      reader: createPackReader(store),
      readPairing: async () => parts.pairing,
      adoptKeyList: async () => false,
      openSealing: async () => ({ sealer, sequence: { stream: parts.stream, next } }),
      zoneBreach: () => undefined,
      onPairing: noop,
      onChange: noop,
    },
    {
      packTargetBytes: parts.packTargetBytes,
      sealAheadBytes: 2 ** 30,
      manifestIntervalMs: 60_000,
    },
  );
  await work.run(signal);
}
