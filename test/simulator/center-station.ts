import { createLedger } from '#sync/adapters/ledger-libsql.ts';
import { ledgerSchema } from '#sync/adapters/ledger-libsql-schema.ts';
import type { StudyStore } from '#sync/center/ports.ts';
import { utf8 } from '#sync/core/bytes.ts';
import type { Random } from '#sync/core/random.ts';
import { isSafe } from './agent-station.ts';
import { type Bug, databaseWith, deliveryWith, spoolWith } from './bugs.ts';
import { runCenter } from './center.ts';
import { openDatabase } from './database.ts';
import { type MachineDisk, putFromOutside } from './disk/mount.ts';
import { type BoxKeys, centerParty } from './keys.ts';
import type { Life } from './life.ts';
import type { Oracle } from './oracle.ts';
import { createPacs, type Pacs } from './pacs.ts';
import type { Timeline } from './timeline.ts';

/** The reading center, and the PACS behind it. */
export interface CenterStation {
  readonly machine: MachineDisk;
  readonly pacs: Pacs;
  /** Packs whose entry is kept, whatever happens to the power. */
  hasSettled(packId: string): boolean;
  /** A reader drops a report of a study. */
  report(studyInstanceUid: string, text: string): void;
  openReports(): Promise<number>;
  run(life: Life, random: Random): Promise<void>;
  onCrash(): void;
}

export function createCenterStation(
  timeline: Timeline,
  machine: MachineDisk,
  boxes: readonly BoxKeys[],
  oracle: Oracle,
  bug: Bug | undefined,
): CenterStation {
  const { chance } = timeline;
  const { disk } = machine;
  const pacs = createPacs(chance, oracle);
  const party = centerParty(boxes);
  const logged = new Set<string>();
  let database = openDatabase(ledgerSchema);

  const storeWith = (store: StudyStore): StudyStore => ({
    ...store,
    quarantine: (reason, bytes) => {
      oracle.broken(`S6: the center refuses a good pack: ${reason.reason}`);
      return store.quarantine(reason, bytes);
    },
    appendDelivered: async (study, lines) => {
      await store.appendDelivered(study, lines);
      for (const { datasetSha256 } of lines) logged.add(datasetSha256);
    },
  });

  /** What the PACS took and no line says may come again: the one instance that was under way, and no other. */
  function allowRepeat(): void {
    const unlogged = [...pacs.unanswered].filter((digest) => !logged.has(digest));
    pacs.unanswered.clear();
    if (unlogged.length > 1) oracle.broken('S3: a crash of the center forgot more than one answer');
    for (const digest of unlogged) oracle.mayComeAgain(digest);
  }

  return {
    machine,
    pacs,
    hasSettled(packId) {
      const name = `${packId}.json`;
      if (isSafe(disk.safeFile(['data', 'entries', name]))) return true;
      const studies = disk.safeNames(['data', 'studies']);
      return studies.some((study) =>
        isSafe(disk.safeFile(['data', 'studies', study, 'entries', name])),
      );
    },
    report: (study, text) => putFromOutside(machine, ['reports', `${study}.txt`], utf8(text)),
    openReports: async () => (await createLedger(database).openReports()).length,
    run: (life, random) => {
      const delivery = deliveryWith(bug, pacs.open(life));
      const own = life.database(databaseWith(bug, database));
      const parts = { machine, party, delivery, storeWith, database: own };
      return runCenter(life, { ...parts, spoolWith: (spool) => spoolWith(bug, spool) }, random);
    },
    onCrash() {
      allowRepeat();
      if (!chance.is(0.1)) return;
      timeline.note('center: its ledger is lost');
      database = openDatabase(ledgerSchema);
    },
  };
}
