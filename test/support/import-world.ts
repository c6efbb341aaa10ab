import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type ImportPorts, importFolder } from '#appliance/adapters/import-folder.ts';
import { openSegmentStore } from '#appliance/adapters/segment-store.ts';
import { createImportTally } from '#appliance/media/import-tally.ts';
import type { CatalogEntry } from '#appliance/ports-catalog.ts';
import type { InstanceWriter, StoreFault } from '#appliance/ports-store.ts';
import type { Arrival } from '#appliance/store/stored-record.ts';
import { silentLog } from '#sync/core/log.ts';
import { fail, ok } from '#sync/core/result.ts';
import { isStorageSopClass } from '#sync/dicom/storage-classes.ts';
import { createVirtualClock } from './clock-virtual.ts';
import { syntheticSlice } from './synthetic-ct.ts';

const study = { seed: 9, slices: 2, rows: 64 };
/** Two images of one study. */
export const slice = syntheticSlice(study, 0);
export const second = syntheticSlice(study, 1);

/** A running import with a clock that the test moves, look by look. */
export async function createImport(t: TestContext) {
  const dir = await emptyFolder(t);
  const store = await openSegmentStore(
    join(await emptyFolder(t), 'segments'),
    { reserveBytes: 0 },
    silentLog,
  );
  const clock = createVirtualClock();
  const stop = new AbortController();
  const entries: CatalogEntry[] = [];
  const begun: Arrival[] = [];
  const outside = { isMarked: true, studies: [] as (string | undefined)[] };
  const tally = createImportTally(clock.nowMs, () => undefined);
  let whileRead = (): void => undefined;
  let whenDurable = (): void => undefined;
  let refusal: StoreFault | undefined;
  const once = (hook: () => void): (() => void) => {
    let isDone = false;
    return () => {
      if (!isDone) hook();
      isDone = true;
    };
  };
  const ports: ImportPorts = {
    store: {
      begin: async (arrival) => {
        if (refusal) {
          const why = refusal;
          refusal = undefined;
          return fail(why);
        }
        begun.push(arrival);
        const writer = await store.begin(arrival);
        return writer.ok ? ok(hooked(writer.value)) : writer;
      },
    },
    cataloguer: { add: (entry) => void entries.push(entry) },
    onFull: () => undefined,
    onBroken: () => undefined,
    isTaken: isStorageSopClass,
    markOutside: async ({ studyInstanceUid }) => {
      outside.studies.push(studyInstanceUid);
      return outside.isMarked;
    },
    tally,
    clock,
    log: silentLog,
  };
  function hooked(writer: InstanceWriter): InstanceWriter {
    return {
      ...writer,
      write: (bytes) => {
        whileRead();
        return writer.write(bytes);
      },
      finish: async (ids) => {
        const record = await writer.finish(ids);
        whenDurable();
        return record;
      },
    };
  }
  const idle = async () => {
    while (clock.waiting() === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  let running: Promise<void> | undefined;
  t.after(async () => {
    stop.abort();
    await running;
    await store.close();
  });
  return {
    ...{ dir, store, begun, outside, tally },
    whileRead: (hook: () => void) => {
      whileRead = once(hook);
    },
    whenDurable: (hook: () => void) => {
      whenDurable = hook;
    },
    refuseOnce: (why: StoreFault) => {
      refusal = why;
    },
    /** Lets the import look `count` times; the answer is what it took in these looks. */
    looks: async (count: number): Promise<readonly CatalogEntry[]> => {
      const before = entries.length;
      for (let look = 0; look < count; look += 1) {
        if (running !== undefined) clock.advance(2_000);
        running ??= importFolder(dir, { patienceMs: 60_000 }, ports, stop.signal);
        await idle();
      }
      return entries.slice(before);
    },
  };
}

/** Removed when the test ends. */
export async function emptyFolder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'outpost-import-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
