import type { LedgerCounts, StudyLine } from '../center/ports-ledger.ts';
import type { InstanceState } from '../center/rows.ts';
import type { Row, Value } from '../core/database.ts';
import {
  keyIn,
  numberOf,
  reportOf,
  stateOf,
  studyOf,
  textOf,
  textOrNull,
} from './ledger-libsql-rows.ts';
import { withdrawnSql } from './ledger-libsql-statements.ts';

const linesSql = `SELECT *, study IN (${withdrawnSql}) AS is_withdrawn FROM study
  ORDER BY first_at DESC LIMIT ?`;

type Read = (sql: string, args?: readonly Value[]) => Promise<readonly Row[]>;

/** Counts over the whole ledger. */
export async function countsOf(read: Read): Promise<LedgerCounts> {
  const [totals] = await read(`SELECT
    (SELECT count(*) FROM pack) AS packs, (SELECT count(*) FROM study) AS studies,
    (SELECT count(*) FROM (${withdrawnSql})) AS withdrawn,
    (SELECT coalesce(sum(resent_after_crash), 0) FROM instance) AS resent,
    (SELECT count(*) FROM report) AS reports,
    (SELECT count(*) FROM report WHERE state <> 'acknowledged') AS open_reports,
    (SELECT last_fault FROM instance WHERE state IN ('planned', 'sending')
       AND last_fault IS NOT NULL LIMIT 1) AS last_fault`);
  if (totals === undefined) throw new TypeError('Cannot count: the ledger gave no row');
  const states = await read('SELECT state, count(*) AS n FROM instance GROUP BY state');
  return {
    packs: numberOf(totals, 'packs'),
    studies: numberOf(totals, 'studies'),
    withdrawn: numberOf(totals, 'withdrawn'),
    instances: byState(states),
    resentAfterCrash: numberOf(totals, 'resent'),
    reports: numberOf(totals, 'reports'),
    openReports: numberOf(totals, 'open_reports'),
    lastFault: textOrNull(totals, 'last_fault'),
  };
}

/** The newest studies with what became of them. */
export async function studyLines(read: Read, limit: number): Promise<readonly StudyLine[]> {
  const lines: StudyLine[] = [];
  for (const row of await read(linesSql, [limit])) {
    const study = studyOf(row);
    const uid = [study.studyInstanceUid];
    const states = await read(
      'SELECT state, count(*) AS n FROM instance WHERE study = ? GROUP BY state',
      uid,
    );
    const receipts = await read(
      "SELECT subject FROM outgoing WHERE kind = 'receipt' AND study = ? ORDER BY rowid",
      uid,
    );
    const delivered = await read(
      `SELECT sop_instance_uid, dataset_sha256 FROM instance
       WHERE study = ? AND state IN ('stored', 'committed') ORDER BY rowid`,
      uid,
    );
    const untaken = await read(
      `SELECT sop_instance_uid, dataset_sha256, last_fault FROM instance
       WHERE study = ? AND state IN ('planned', 'sending') AND last_fault IS NOT NULL ORDER BY rowid`,
      uid,
    );
    const reports = await read('SELECT * FROM report WHERE study = ? ORDER BY rowid', uid);
    const instances = byState(states);
    lines.push({
      ...study,
      instances,
      isWithdrawn: numberOf(row, 'is_withdrawn') === 1,
      instanceCount: Object.values(instances).reduce((sum, count) => sum + count, 0),
      receipts: receipts.map((receipt) => textOf(receipt, 'subject')),
      reports: reports.map(reportOf).map(({ reportId, version, state }) => ({
        reportId,
        version,
        state,
      })),
      delivered: delivered.map(keyIn),
      untaken: untaken.map((each) => ({ ...keyIn(each), reason: textOf(each, 'last_fault') })),
    });
  }
  return lines;
}

function byState(rows: readonly Row[]): Readonly<Record<InstanceState, number>> {
  const counts = { planned: 0, sending: 0, stored: 0, committed: 0, conflict: 0 };
  for (const row of rows) counts[stateOf(textOf(row, 'state'))] = numberOf(row, 'n');
  return counts;
}
