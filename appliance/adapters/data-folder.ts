import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#sync/core/clock.ts';
import type { Database, DatabaseFault, Migration } from '#sync/core/database.ts';
import type { Log } from '#sync/core/log.ts';
import { ok, type Result } from '#sync/core/result.ts';
import type { AssumedCharacterSetOf } from '#sync/dicom/text.ts';
import type { CallerCatalog } from '../callers/ports.ts';
import type { CommitmentCatalog } from '../commitment/ports.ts';
import type { HousekeepingCatalog, SegmentFiles } from '../housekeeping/ports.ts';
import { type ReplayCounts, replay } from '../intake/replay.ts';
import type { OrderCatalog } from '../orders/ports.ts';
import type { OutboundCatalog } from '../outbound/ports.ts';
import type { Catalog } from '../ports-catalog.ts';
import type { FactLog } from '../ports-facts.ts';
import type { LetterFiles } from '../ports-letters.ts';
import type { PriorityCatalog } from '../ports-priority.ts';
import type { InstanceStore } from '../ports-store.ts';
import type { QueryCatalog } from '../query/ports.ts';
import { createCallerCatalog } from './catalog-callers.ts';
import { createCommitmentCatalog } from './catalog-commitment.ts';
import { createHousekeepingCatalog } from './catalog-housekeeping.ts';
import { createCatalog } from './catalog-libsql.ts';
import { createOrderCatalog } from './catalog-orders.ts';
import { createOutboundCatalog } from './catalog-outbound.ts';
import { createPriorityCatalog } from './catalog-priority.ts';
import { createRegisters, type Registers } from './catalog-registers.ts';
import { catalogMigrations } from './catalog-schema.ts';
import { systemDisk } from './disk.ts';
import { openFactLog } from './fact-log-file.ts';
import { openLetterFiles, type WriteDurably } from './letter-files-folder.ts';
import { createQueryCatalog } from './query-catalog-libsql.ts';
import { openSegmentStore } from './segment-store.ts';

/** Everything in the data folder, open, with the catalog up to what is on the disk. */
export interface DataFolder {
  readonly catalog: Catalog;
  readonly queries: QueryCatalog;
  readonly orders: OrderCatalog;
  readonly priorities: PriorityCatalog;
  readonly callers: CallerCatalog;
  readonly registers: Registers;
  readonly commitments: CommitmentCatalog;
  readonly outbound: OutboundCatalog;
  readonly store: InstanceStore;
  readonly facts: FactLog;
  readonly files: LetterFiles;
  readonly replayed: ReplayCounts;
  readonly housekeeping: HousekeepingCatalog;
  /** Absent where nothing may be removed. */
  readonly segments?: SegmentFiles;
  close(): Promise<void>;
}

export interface DataFolderConfig {
  readonly dataDir: string;
  readonly reserveBytes: number;
  /** Default: that of the store. */
  readonly segmentSizeBytes?: number;
  /** Puts the catalog aside and makes it anew; one that is damaged is put aside in any case. */
  readonly isRebuild?: boolean;
}

/** What the data folder stands on: the database of the moment, durable files, time. */
export interface DataFolderPorts {
  readonly openDatabase: (
    path: string,
    options: { readonly schema: readonly Migration[] },
    log: Log,
  ) => Promise<Result<Database, DatabaseFault>>;
  readonly writeDurably: WriteDurably;
  readonly assumedCharacterSetOf?: AssumedCharacterSetOf;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Opens the data folder for this process alone. `database/busy` names the process that has it. Throws the system's
 * error when the folder cannot be used.
 */
export async function openDataFolder(
  config: DataFolderConfig,
  ports: DataFolderPorts,
): Promise<Result<DataFolder, DatabaseFault>> {
  const { dataDir } = config;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const database = await openCatalogDatabase(config, ports);
  if (!database.ok) return database;
  try {
    const catalog = createCatalog(database.value);
    const queries = createQueryCatalog(database.value);
    const facts = await openFactLog(join(dataDir, 'letters'));
    const files = await openLetterFiles(dataDir, ports.writeDurably);
    // Names that an earlier run gave, and was killed before its fsync.
    for (const folder of [dataDir, join(dataDir, 'letters')]) await systemDisk.syncFolder(folder);
    const store = await openSegmentStore(
      join(dataDir, 'segments'),
      { ...config, usedNames: (await catalog.progress()).segments.keys() },
      ports.log,
    );
    const replayed = await replay({ ...ports, catalog, store, facts }, ports.clock.nowMs());
    const close = async (): Promise<void> => {
      await store.close();
      await facts.close();
      await database.value.close();
    };
    const orders = createOrderCatalog(database.value);
    const housekeeping = createHousekeepingCatalog(database.value);
    const callers = createCallerCatalog(database.value);
    const commitments = createCommitmentCatalog(database.value);
    const { segments } = store;
    const parts = {
      catalog,
      queries,
      orders,
      priorities: createPriorityCatalog(database.value),
      housekeeping,
      callers,
      registers: createRegisters(database.value),
      commitments,
      outbound: createOutboundCatalog(database.value),
      store,
      segments,
      facts,
      files,
    };
    return ok({ ...parts, replayed, close });
  } catch (cause) {
    await database.value.close();
    throw cause;
  }
}

/** The catalog is an index: a damaged one is put aside, never repaired. */
async function openCatalogDatabase(
  { dataDir, isRebuild = false }: DataFolderConfig,
  { openDatabase, clock, log }: DataFolderPorts,
): Promise<Result<Database, DatabaseFault>> {
  const path = join(dataDir, 'catalog.db');
  const opened = await openDatabase(path, { schema: catalogMigrations }, log);
  const isDamaged = !opened.ok && opened.fault.kind === 'database/corrupt';
  if (!isDamaged && !(opened.ok && isRebuild)) return opened;
  if (opened.ok) await opened.value.close();
  const aside = `${path}.${isDamaged ? 'damaged' : 'old'}-${clock.nowMs()}`;
  log.warn('appliance/catalog-put-aside', { isDamaged });
  for (const suffix of ['', '-wal', '-shm']) {
    await rename(`${path}${suffix}`, `${aside}${suffix}`).catch(() => undefined);
  }
  return openDatabase(path, { schema: catalogMigrations }, log);
}
