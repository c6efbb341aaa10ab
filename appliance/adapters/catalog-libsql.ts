import type { Database } from '#sync/core/database.ts';
import { passage } from '#sync/core/failpoint.ts';
import type { Catalog } from '../ports-catalog.ts';
import type { FactPosition } from '../ports-facts.ts';
import { readAddressee, readDroppedAmong, readUntoldCenters } from './catalog-centers.ts';
import { readPacksTo } from './catalog-epochs.ts';
import { factStatements, positionStatement } from './catalog-facts.ts';
import { readStudyHeader } from './catalog-header.ts';
import { readPatientsOf } from './catalog-identity.ts';
import { instanceStatements, segmentStatements } from './catalog-instances.ts';
import { readLedgers, readOffers, readPackedInstances } from './catalog-ledger.ts';
import { readListedStudies, readSuspectStudies, readUnassignedStudies } from './catalog-lists.ts';
import {
  readDeliveredPacks,
  readManifest,
  readOpenPacks,
  readUnconfirmedPacks,
  readUnwantedPacks,
  readWaitingStudies,
} from './catalog-packs.ts';
import { createRegisters } from './catalog-registers.ts';
import {
  readReportDocument,
  readReports,
  readStrayReports,
  readUnansweredReports,
} from './catalog-reports.ts';
import { readResends, readResendWords } from './catalog-resend.ts';
import { numberOf, rowsOf, textOf } from './catalog-rows.ts';
import {
  readListedInstances,
  readPendingInstances,
  readSealingStudies,
} from './catalog-sealing.ts';
import { readHeldPairs, readUncompared } from './catalog-twins.ts';
import { readInstances, readStudies, readTotals } from './catalog-views.ts';

/** The catalog over the database port; the schema is `catalogMigrations`. */
export function createCatalog(database: Database): Catalog {
  return {
    addInstances: async (entries) => {
      passage('catalog/answered');
      const written = await database.write(instanceStatements(entries));
      passage('catalog/added');
      return written.ok ? readHeldPairs(database, entries) : written;
    },
    passOver: (records) => database.write(segmentStatements(records)),
    apply: async (facts, position) => {
      const applied = await database.write([
        ...facts.flatMap(factStatements),
        positionStatement(position),
      ]);
      passage('catalog/applied');
      return applied;
    },
    progress: () => readProgress(database),

    uncompared: () => readUncompared(database),
    sealingStudies: () => readSealingStudies(database),
    pendingInstances: (study, limit) => readPendingInstances(database, study, limit),
    listedInstances: (study) => readListedInstances(database, study),
    patientsOf: (patientId) => readPatientsOf(database, patientId),
    studyHeader: (study) => readStudyHeader(database, study),
    openPacks: () => readOpenPacks(database),
    waitingStudies: () => readWaitingStudies(database),
    unconfirmedPacks: (study) => readUnconfirmedPacks(database, study),
    untoldCenters: () => readUntoldCenters(database),
    ledgers: () => readLedgers(database),
    offers: (center) => readOffers(database, center),
    packedInstances: (study) => readPackedInstances(database, study),
    resends: () => readResends(database),
    resendWords: () => readResendWords(database),
    resendRegisters: () => createRegisters(database)('please-resend'),
    packsTo: (kids) => readPacksTo(database, kids),
    unwantedPacks: () => readUnwantedPacks(database),
    deliveredPacks: () => readDeliveredPacks(database),
    droppedAmong: (packIds) => readDroppedAmong(database, packIds),
    addresseeOf: (study) => readAddressee(database, study),
    unansweredReports: () => readUnansweredReports(database),
    strayReports: () => readStrayReports(database),
    manifest: (packId) => readManifest(database, packId),
    manifestsOf: async (study, center) => {
      const rows = await rowsOf(
        database,
        `SELECT packId FROM pack WHERE kind = 'manifest' AND studyInstanceUid = ? AND center = ?
         ORDER BY ordinal`,
        study,
        center,
      );
      return rows.map((row) => textOf(row['packId']));
    },
    openedPacks: async () => {
      const rows = await rowsOf(
        database,
        `SELECT packId, signer, uid FROM opened
         UNION ALL SELECT packId, '', '' FROM quarantine`,
      );
      return rows.map((row) => ({
        packId: textOf(row['packId']),
        signer: textOf(row['signer']),
        uid: textOf(row['uid']),
      }));
    },
    reportVersions: (report) => readReports(database, 'WHERE report = ?', report),
    registerVersion: async (register) => {
      const sql = 'SELECT version FROM register WHERE register = ?';
      const [row] = await rowsOf(database, sql, register);
      return row && numberOf(row['version']);
    },

    studies: (study) => readStudies(database, study === undefined ? undefined : [study]),
    listedStudies: (find) => readListedStudies(database, find),
    suspectStudies: () => readSuspectStudies(database),
    unassignedStudies: () => readUnassignedStudies(database),
    instances: (after, limit) => readInstances(database, after, limit),
    reportDocument: (report) => readReportDocument(database, report),
    totals: () => readTotals(database),
    quarantined: async () => {
      const rows = await rowsOf(database, 'SELECT packId, reason FROM quarantine ORDER BY atMs');
      return rows.map((row) => ({ packId: textOf(row['packId']), reason: textOf(row['reason']) }));
    },
  };
}

async function readProgress(database: Database): Promise<{
  readonly segments: ReadonlyMap<string, number>;
  readonly facts: FactPosition | undefined;
}> {
  const segments = await rowsOf(database, 'SELECT segment, nextOffset FROM segment');
  const [row] = await rowsOf(database, "SELECT value FROM meta WHERE key = 'facts'");
  return {
    segments: new Map(segments.map((row) => [textOf(row['segment']), numberOf(row['nextOffset'])])),
    facts: row && (JSON.parse(textOf(row['value'])) as FactPosition),
  };
}
