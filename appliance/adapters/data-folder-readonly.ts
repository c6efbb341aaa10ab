import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseFault } from '#sync/core/database.ts';
import type { Log } from '#sync/core/log.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { replay } from '../intake/replay.ts';
import type { FactLog } from '../ports-facts.ts';
import type { InstanceStore } from '../ports-store.ts';
import { createCallerCatalog } from './catalog-callers.ts';
import { createCommitmentCatalog } from './catalog-commitment.ts';
import { createHousekeepingCatalog } from './catalog-housekeeping.ts';
import { createCatalog } from './catalog-libsql.ts';
import { createOrderCatalog } from './catalog-orders.ts';
import { createOutboundCatalog } from './catalog-outbound.ts';
import { createPriorityCatalog } from './catalog-priority.ts';
import { createRegisters } from './catalog-registers.ts';
import { catalogMigrations } from './catalog-schema.ts';
import type { DataFolder, DataFolderPorts } from './data-folder.ts';
import { type Disk, systemDisk } from './disk.ts';
import { readFactLog } from './fact-log-file.ts';
import { openLetterFiles } from './letter-files-folder.ts';
import { createQueryCatalog } from './query-catalog-libsql.ts';
import { closedFault } from './segment-fault.ts';
import { listSegments, readPayload } from './segment-reader.ts';
import { replaySegments } from './segment-replay.ts';

/** Where the catalog is made when its own disk cannot be written: a folder in memory. */
export interface ReadOnlyPlace {
  readonly dataDir: string;
  readonly scratchDir: string;
}

/**
 * Opens a data folder that cannot be written, to show what it holds. Nothing in it changes: the catalog is a copy in
 * `scratchDir`, brought up to date from segments and facts as far as they can be read, and is gone after `close`.
 */
export async function openDataFolderReadOnly(
  { dataDir, scratchDir }: ReadOnlyPlace,
  ports: DataFolderPorts,
): Promise<Result<DataFolder, DatabaseFault>> {
  const { openDatabase, clock, log } = ports;
  await mkdir(scratchDir, { recursive: true });
  const scratch = await mkdtemp(join(scratchDir, 'catalog-'));
  const path = join(scratch, 'catalog.db');
  for (const suffix of ['', '-wal']) {
    await copyFile(join(dataDir, `catalog.db${suffix}`), `${path}${suffix}`).catch(() => undefined);
  }
  const opened = await openDatabase(path, { schema: catalogMigrations }, log);
  if (!opened.ok) {
    // A copy that cannot be used is no loss: all of it is in segments and facts.
    for (const suffix of ['', '-wal']) await rm(`${path}${suffix}`, { force: true });
  }
  const database = opened.ok
    ? opened
    : await openDatabase(path, { schema: catalogMigrations }, log);
  if (!database.ok) {
    await rm(scratch, { recursive: true, force: true });
    return database;
  }
  const catalog = createCatalog(database.value);
  const orders = createOrderCatalog(database.value);
  const queries = createQueryCatalog(database.value);
  const store = readingStore(join(dataDir, 'segments'), log);
  const facts = readingFacts(join(dataDir, 'letters'));
  const files = await openLetterFiles(dataDir, async () => {
    throw new Error('the data disk cannot be written');
  });
  const replayed = await replay({ ...ports, catalog, store, facts }, clock.nowMs()).catch(
    (cause: unknown) => {
      log.error('appliance/replay-stopped', { reason: String(cause) });
      return { instances: 0, facts: 0 };
    },
  );
  return ok({
    ...{ catalog, queries, orders, store, facts, files, replayed },
    priorities: createPriorityCatalog(database.value),
    housekeeping: createHousekeepingCatalog(database.value),
    callers: createCallerCatalog(database.value),
    registers: createRegisters(database.value),
    commitments: createCommitmentCatalog(database.value),
    outbound: createOutboundCatalog(database.value),
    close: async () => {
      await database.value.close();
      await rm(scratch, { recursive: true, force: true });
    },
  });
}

/** A sync of what is only shown would fail, and decides nothing here. */
const readingDisk: Disk = {
  ...systemDisk,
  open: async (path) => ({ ...(await systemDisk.open(path)), sync: async () => undefined }),
};

function readingStore(folder: string, log: Log): InstanceStore {
  const torn = new Set<string>();
  return {
    begin: async () => fail(closedFault()),
    read: (record, offset, length) => readPayload(readingDisk, folder, record, offset, length),
    async *records(from) {
      const names = await listSegments(readingDisk, folder).catch(() => []);
      if (names.length === 0) return;
      yield* replaySegments(folder, from, {
        ...{ disk: readingDisk, log, durableEndOf: () => undefined },
        onTorn: (segment) => torn.add(segment),
      });
    },
    async space() {
      const { freeBytes, totalBytes } = await readingDisk
        .space(folder)
        .catch(() => ({ freeBytes: 0, totalBytes: 0 }));
      return { freeBytes, totalBytes, isFull: true };
    },
    tornTails: () => torn.size,
    close: async () => undefined,
  };
}

/** What would be written down lasts as long as the catalog in memory. */
function readingFacts(dir: string): FactLog {
  return {
    ...readFactLog(dir),
    append: async () => ok({ file: '', offset: 0 }),
    close: async () => undefined,
  };
}
