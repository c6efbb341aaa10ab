import { createLedger } from '#sync/adapters/ledger-libsql.ts';
import { utf8 } from '#sync/core/bytes.ts';
import type { Random } from '#sync/core/random.ts';
import { createMemoryArchive, createMemoryDoor } from '../support/center-world.ts';
import { createMemoryStudyStore } from '../support/study-store-memory.ts';
import { shake } from '../sync/seal/shake-random.ts';
import { type AgentStation, createAgentStation } from './agent-station.ts';
import { type Bug, databaseWith, deliveryWith, spoolWith } from './bugs.ts';
import { type BoxKeys, centerParty } from './keys.ts';
import type { Life } from './life.ts';
import type { Oracle } from './oracle.ts';
import { createPacs, type Pacs } from './pacs.ts';
import { type CenterDisk, newDatabase, runCenter } from './programs.ts';
import type { Timeline } from './timeline.ts';

/** The reading center with its agent and the PACS behind it. */
export interface CenterStation {
  readonly agent: AgentStation;
  readonly pacs: Pacs;
  /** Packs that are kept, held or refused with a reason. */
  hasSettled(packId: string): boolean;
  /** A reader drops a report of a study. */
  report(studyInstanceUid: string, text: string): void;
  openReports(): Promise<number>;
  run(life: Life, random: Random): Promise<void>;
  onCrash(): void;
}

export function createCenterStation(
  timeline: Timeline,
  boxes: readonly BoxKeys[],
  oracle: Oracle,
  bug: Bug | undefined,
): CenterStation {
  const { chance } = timeline;
  const agent = createAgentStation(timeline);
  const pacs = createPacs(chance, oracle);
  const settled = new Set<string>();
  const memory = createMemoryStudyStore();
  const door = createMemoryDoor();
  const party = centerParty(boxes);
  const logged = new Set<string>();
  let database = newDatabase('center');
  const disk: Omit<CenterDisk, 'delivery' | 'database'> = {
    spool: spoolWith(bug, agent.spool.clinical),
    store: {
      ...memory,
      putEntry: (entry) => {
        settled.add(entry.pack.packId);
        return memory.putEntry(entry);
      },
      quarantine: (reason, bytes) => {
        oracle.broken(`S6: the center refuses a good pack: ${reason.reason}`);
        return memory.quarantine(reason, bytes);
      },
      appendDelivered: (study, lines) => {
        for (const { datasetSha256 } of lines) logged.add(datasetSha256);
        return memory.appendDelivered(study, lines);
      },
    },
    archive: createMemoryArchive(),
    door: door.port,
    files: { accessList: undefined, sequence: 0n },
  };

  /** What the PACS took and the ledger does not know may come again: it cannot be told from what it did not take. */
  async function allowRepeats(lost: CenterDisk['database']): Promise<void> {
    const sql = "SELECT dataset_sha256 FROM instance WHERE state = 'sending'";
    const unlogged = [...pacs.unanswered].filter((digest) => !logged.has(digest));
    pacs.unanswered.clear();
    const rows = await lost.read(sql);
    const sending = rows.ok ? rows.value.map((row) => String(row['dataset_sha256'])) : [];
    for (const digest of new Set([...sending, ...unlogged])) {
      if (oracle.isStored(digest)) oracle.mayComeAgain(digest);
    }
  }

  return {
    agent,
    pacs,
    hasSettled: (packId) => settled.has(packId),
    report: (study, text) => door.drop(`${study}.txt`, utf8(text)),
    openReports: async () => (await createLedger(database).openReports()).length,
    run: (life, random) => {
      const delivery = deliveryWith(bug, pacs.open(life));
      const own = { ...disk, database: databaseWith(bug, database), delivery };
      return runCenter(life, own, party, shake('simulator/center stream', 16), random);
    },
    onCrash() {
      void allowRepeats(database);
      if (!chance.is(0.1)) return;
      timeline.note('center: its ledger is lost');
      database = newDatabase('center');
    },
  };
}
