import { createLedger } from '#sync/adapters/ledger-libsql.ts';
import { ledgerSchema } from '#sync/adapters/ledger-libsql-schema.ts';
import type { StudyStore } from '#sync/center/ports-store.ts';
import { utf8 } from '#sync/core/bytes.ts';
import type { Random } from '#sync/core/random.ts';
import type { Bug } from './bugs.ts';
import { databaseWith, deliveryWith, partyWith, spoolWith } from './bugs-center.ts';
import { runCenter } from './center.ts';
import { type CenterHoldings, holdingsOf } from './center-holdings.ts';
import { openDatabase } from './database.ts';
import { type MachineDisk, putFromOutside } from './disk/mount.ts';
import { type BoxKeys, centerParty } from './keys.ts';
import type { Life } from './life.ts';
import type { Oracle } from './oracle.ts';
import { createPacs, type Pacs } from './pacs.ts';
import type { Timeline } from './timeline.ts';

/** The reading center, and the PACS behind it. */
export interface CenterStation extends CenterHoldings {
  readonly machine: MachineDisk;
  readonly pacs: Pacs;
  /** New keys, and a key list that names them; what was sealed to those before still opens. */
  renewKeys(): void;
  revoke(box: string): void;
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
  let epoch = 0;
  const revoked = new Set<string>();
  let party = centerParty(boxes, epoch, revoked);
  const logged = new Set<string>();
  let database = openDatabase(ledgerSchema);

  const storeWith = (store: StudyStore): StudyStore => ({
    ...store,
    quarantine: (reason, bytes) => {
      if (!oracle.isTampered(reason.packId) && revoked.size === 0)
        oracle.broken(`S6: the center refuses a good pack: ${reason.reason}`);
      return store.quarantine(reason, bytes);
    },
    appendDelivered: async (study, lines) => {
      try {
        await store.appendDelivered(study, lines);
      } catch (cause) {
        // A disk that takes no answer: what it was about goes once more, and nothing behind it.
        for (const { datasetSha256 } of lines) oracle.mayComeAgain(datasetSha256);
        throw cause;
      }
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
    ...holdingsOf(disk, oracle.isRotten),
    report: (study, text) => putFromOutside(machine, ['reports', `${study}.txt`], utf8(text)),
    renewKeys() {
      epoch++;
      timeline.note(`center: keys of epoch ${epoch}`);
      party = centerParty(boxes, epoch, revoked);
    },
    revoke(box) {
      timeline.note(`center: ${box} is revoked`);
      revoked.add(box);
      party = centerParty(boxes, epoch, revoked);
    },
    openReports: async () => (await createLedger(database).openReports()).length,
    run: (life, random) => {
      const delivery = deliveryWith(bug, pacs.open(life));
      const own = life.database(databaseWith(bug, database));
      const readParty = () => partyWith(bug, party);
      const parts = { machine, readParty, delivery, storeWith, database: own };
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
