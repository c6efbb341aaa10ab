import { join } from 'node:path';
import { readIfThere } from '#sync/adapters/center-disk.ts';
import { decodeHere } from '#sync/adapters/decoder-here.ts';
import { writeDurably } from '#sync/adapters/durable-file.ts';
import { createLedger } from '#sync/adapters/ledger-libsql.ts';
import { createReportArchive } from '#sync/adapters/report-archive-folder.ts';
import { openReportFolder } from '#sync/adapters/report-folder.ts';
import { createResendFiles } from '#sync/adapters/resends-folder.ts';
import { openSequence } from '#sync/adapters/sequence-file.ts';
import { openClinicalSpool } from '#sync/adapters/spool-folder.ts';
import { createStudyStore } from '#sync/adapters/study-store-folder.ts';
import { createCenter } from '#sync/center/center.ts';
import type { CenterPorts } from '#sync/center/ports.ts';
import type { Delivery } from '#sync/center/ports-delivery.ts';
import type { Party } from '#sync/center/ports-party.ts';
import type { StudyStore } from '#sync/center/ports-store.ts';
import { utf8Text } from '#sync/core/bytes.ts';
import type { Database } from '#sync/core/database.ts';
import { silentLog } from '#sync/core/log.ts';
import type { Random } from '#sync/core/random.ts';
import { ok } from '#sync/core/result.ts';
import { type MachineDisk, mount } from './disk/mount.ts';
import type { Life } from './life.ts';

/** What a center stands on. */
export interface CenterParts {
  readonly machine: MachineDisk;
  readonly database: Database;
  readonly readParty: () => Party;
  readonly delivery: Delivery;
  /** Listens to the store, or plants a bug into it. */
  readonly storeWith: (store: StudyStore) => StudyStore;
  readonly spoolWith: (spool: CenterPorts['spool']) => CenterPorts['spool'];
}

/** Runs a center for one life, wired as `sync/center-main.ts` does; ends only when its disk fails. */
export async function runCenter(life: Life, parts: CenterParts, random: Random): Promise<void> {
  const root = mount(parts.machine, life);
  const dataDir = join(root, 'data');
  const accessPath = join(dataDir, 'access.json');
  const center = createCenter(
    {
      spool: parts.spoolWith(await openClinicalSpool(join(root, 'spool'))),
      store: parts.storeWith(createStudyStore(dataDir)),
      archive: createReportArchive(dataDir),
      door: await openReportFolder(join(root, 'reports'), life.clock),
      ledger: createLedger(parts.database),
      resendFiles: createResendFiles(dataDir, silentLog),
      delivery: parts.delivery,
      decoder: { decode: async (meta, payload) => decodeHere(meta, payload) },
      sequence: await openSequence(join(dataDir, 'keys'), random),
      clock: life.clock,
      random,
      log: silentLog,
      readParty: async () => ok(parts.readParty()),
      takeBack: () => Promise.reject(new Error('No box returns here')),
      stepTicket: async () => undefined,
      readAccessList: async () => {
        const bytes = await readIfThere(accessPath);
        return bytes === undefined ? undefined : utf8Text(bytes);
      },
      writeAccessList: (text) => writeDurably(accessPath, text, { as: 'center-access' }),
    },
    { zones: 'off', destination: 'PACS', reader: { name: 'DR TEST', registerNo: 'R-100' } },
  );
  await center.recover();
  await center.run(life.signal);
}
