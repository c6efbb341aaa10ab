import { statesBefore } from '../center/instances.ts';
import { DiskError } from '../center/ports-disk.ts';
import type { Ledger } from '../center/ports-ledger.ts';
import type { InstanceKey } from '../center/rows.ts';
import type { Database, DatabaseFault, Row, Statement, Value } from '../core/database.ts';
import { type Failpoint, passage } from '../core/failpoint.ts';
import { fault } from '../core/fault.ts';
import { countsOf, studyLines } from './ledger-libsql-overview.ts';
import {
  instanceOf,
  keyIn,
  manifestOf,
  numberOf,
  outgoingOf,
  packOf,
  reportOf,
  stateOf,
  studyOf,
  textOf,
  textOrNull,
} from './ledger-libsql-rows.ts';
import {
  entryStatements,
  fulfilledSql,
  incompleteSql,
  outgoingSql,
  putOutgoing,
  putReport,
  quoted,
  unansweredSql,
  withdrawnSql,
} from './ledger-libsql-statements.ts';

/** The ledger over `center.db`, opened with `ledgerSchema`. */
export function createLedger(database: Database): Ledger {
  const gate = createGate(database);
  return {
    ...taken(gate),
    ...deliveries(gate),
    ...answers(gate),
    counts: () => countsOf(gate.read),
    studies: (limit) => studyLines(gate.read, limit),
  };
}

/** What arrived. */
function taken({
  read,
  write,
  first,
}: Gate): Pick<
  Ledger,
  | 'isEmpty'
  | 'beginRebuild'
  | 'endRebuild'
  | 'findPack'
  | 'packsOfUid'
  | 'packsOfNumber'
  | 'findStudy'
  | 'findInstances'
  | 'record'
> {
  return {
    isEmpty: async () => {
      const sql = 'SELECT 1 FROM pack WHERE NOT EXISTS (SELECT 1 FROM rebuild) LIMIT 1';
      return (await read(sql)).length === 0;
    },
    beginRebuild: () => write([{ sql: 'INSERT OR IGNORE INTO rebuild VALUES (1)' }]),
    endRebuild: () => write([{ sql: 'DELETE FROM rebuild' }]),
    findPack: async (packId) => {
      const row = await first('SELECT * FROM pack WHERE pack_id = ?', packId);
      return row && packOf(row);
    },
    packsOfUid: async (uid) =>
      (await read('SELECT * FROM pack WHERE uid = ? LIMIT 16', [uid])).map(packOf),
    packsOfNumber: async (stream, sequence) =>
      (
        await read('SELECT * FROM pack WHERE stream = ? AND sequence = ? LIMIT 16', [
          stream,
          sequence,
        ])
      ).map(packOf),
    findStudy: async (uid) => {
      const row = await first('SELECT * FROM study WHERE study = ?', uid);
      return row && studyOf(row);
    },
    findInstances: async (uids) => {
      const sql = `SELECT * FROM instance
        WHERE sop_instance_uid IN (SELECT value FROM json_each(?)) ORDER BY rowid`;
      return (await read(sql, [JSON.stringify(uids)])).map(instanceOf);
    },
    record: (entry) => write(entryStatements(entry), 'ledger/recorded'),
  };
}

/** The way to the destination. */
function deliveries({
  read,
  write,
}: Gate): Pick<Ledger, 'sending' | 'recoverSending' | 'planned' | 'markSending' | 'markDelivered'> {
  return {
    sending: async () =>
      (await read("SELECT * FROM instance WHERE state = 'sending' ORDER BY rowid")).map(instanceOf),
    recoverSending: async () => {
      const [row] = await read("SELECT count(*) AS n FROM instance WHERE state = 'sending'");
      await write([
        {
          sql: `UPDATE instance SET state = 'planned', resent_after_crash = resent_after_crash + 1
                WHERE state = 'sending'`,
        },
      ]);
      return row === undefined ? 0 : numberOf(row, 'n');
    },
    planned: async (limit) =>
      (
        await read(
          `SELECT i.* FROM instance i LEFT JOIN study s ON s.study = i.study
           WHERE i.state = 'planned' AND i.study NOT IN (${withdrawnSql})
           ORDER BY s.is_stat DESC, i.refusals > 0, s.first_at, i.study, i.series,
             i.instance_number, i.rowid LIMIT ?`,
          [limit],
        )
      ).map(instanceOf),
    markSending: (keys) =>
      write(
        keys.map((key) => move(key, 'send', "state = 'sending'", [])),
        'ledger/sending',
      ),
    markDelivered: (outcomes) =>
      write(
        outcomes.map((outcome) =>
          'storedAt' in outcome
            ? move(outcome.key, 'store', "state = 'stored', last_fault = NULL, stored_at = ?", [
                outcome.storedAt,
              ])
            : move(
                outcome.key,
                'fail',
                "state = 'planned', refusals = refusals + ?, last_fault = ?",
                [Number(outcome.isRefusal), outcome.fault],
              ),
        ),
        'ledger/stored',
      ),
  };
}

/** The way back to the box. */
function answers({
  read,
  write,
  first,
}: Gate): Pick<
  Ledger,
  | 'manifests'
  | 'unanswered'
  | 'answerable'
  | 'incomplete'
  | 'listStates'
  | 'studiesByAccession'
  | 'outgoing'
  | 'receiptsOf'
  | 'putOutgoing'
  | 'markCustody'
  | 'dropOutgoing'
  | 'findReport'
  | 'reports'
  | 'openReports'
  | 'putReport'
> {
  return {
    manifests: async (study) =>
      (await read('SELECT * FROM manifest WHERE study = ? ORDER BY rowid', [study])).map(
        manifestOf,
      ),
    unanswered: async () => (await read(`${unansweredSql} ORDER BY m.rowid`)).map(manifestOf),
    answerable: async () =>
      (await read(`${unansweredSql} AND ${fulfilledSql} ORDER BY m.rowid`)).map(manifestOf),
    incomplete: async (uids) =>
      new Map(
        (await read(incompleteSql, [JSON.stringify(uids)])).map((row) => [
          textOf(row, 'uid'),
          row['study'] === null ? undefined : studyOf(row),
        ]),
      ),
    listStates: async (packId) =>
      (
        await read(
          `SELECT l.sop_instance_uid, l.dataset_sha256, i.state FROM manifest_instance l
           LEFT JOIN instance i USING (sop_instance_uid, dataset_sha256) WHERE l.pack_id = ?`,
          [packId],
        )
      ).map((row) => {
        const state = textOrNull(row, 'state');
        return { ...keyIn(row), state: state === null ? undefined : stateOf(state) };
      }),
    studiesByAccession: async (accessionNumber) =>
      (
        await read('SELECT DISTINCT study FROM manifest WHERE accession_number = ?', [
          accessionNumber,
        ])
      ).map((row) => textOf(row, 'study')),

    outgoing: async () => (await read(outgoingSql)).map(outgoingOf),
    receiptsOf: async (manifestPackId) =>
      (
        await read("SELECT * FROM outgoing WHERE kind = 'receipt' AND subject = ? ORDER BY rowid", [
          manifestPackId,
        ])
      ).map(outgoingOf),
    putOutgoing: (row) => write(putOutgoing(row), 'ledger/sealed'),
    markCustody: (ids) =>
      write(
        ids.map((id) => ({
          sql: "UPDATE outgoing SET state = 'custody' WHERE pack_id = ?",
          args: [id],
        })),
        'ledger/custody',
      ),
    dropOutgoing: (ids) =>
      write(
        ids.flatMap((id) => [
          {
            sql: `UPDATE manifest SET is_open = 1 WHERE pack_id IN
                  (SELECT subject FROM outgoing WHERE pack_id = ? AND kind = 'receipt')`,
            args: [id],
          },
          {
            sql: "UPDATE report SET state = 'waiting' WHERE pack_id = ? AND state = 'sealed'",
            args: [id],
          },
          { sql: 'DELETE FROM outgoing WHERE pack_id = ?', args: [id] },
        ]),
      ),

    findReport: async (reportId, version) => {
      const row = await first(
        'SELECT * FROM report WHERE report_id = ? AND version = ?',
        reportId,
        version,
      );
      return row && reportOf(row);
    },
    reports: async (study) =>
      (await read('SELECT * FROM report WHERE study = ? ORDER BY rowid', [study])).map(reportOf),
    openReports: async () =>
      (await read("SELECT * FROM report WHERE state <> 'acknowledged' ORDER BY rowid")).map(
        reportOf,
      ),
    putReport: (row) => write([putReport(row)], 'ledger/report'),
  };
}

/** Moves an instance along one arrow; a row that is not where the arrow starts stays where it is. */
function move(
  { sopInstanceUid, datasetSha256 }: InstanceKey,
  event: 'send' | 'store' | 'fail',
  assignments: string,
  args: readonly Value[],
): Statement {
  return {
    sql: `UPDATE instance SET ${assignments}
          WHERE sop_instance_uid = ? AND dataset_sha256 = ? AND state IN (${quoted(statesBefore(event))})`,
    args: [...args, sopInstanceUid, datasetSha256],
  };
}

interface Gate {
  read(sql: string, args?: readonly Value[]): Promise<readonly Row[]>;
  first(sql: string, ...args: readonly Value[]): Promise<Row | undefined>;
  /** `done` is the failpoint behind the commit. */
  write(statements: readonly Statement[], done?: Failpoint): Promise<void>;
}

/** The database with its faults thrown, as the port of the ledger promises. */
function createGate(database: Database): Gate {
  async function read(sql: string, args: readonly Value[] = []): Promise<readonly Row[]> {
    const rows = await database.read(sql, args);
    if (rows.ok) return rows.value;
    throw diskError(rows.fault);
  }
  return {
    read,
    first: async (sql, ...args) => (await read(sql, args))[0],
    write: async (statements, done) => {
      if (statements.length === 0) return;
      const written = await database.write(statements);
      if (!written.ok) throw diskError(written.fault);
      if (done !== undefined) passage(done);
    },
  };
}

function diskError(cause: DatabaseFault): Error {
  // A statement of ours that SQL refuses is a bug, not a disk.
  if (cause.kind === 'database/refused') return new Error(cause.message, { cause });
  const kind = cause.kind === 'database/full' ? 'center/full' : 'center/io';
  return new DiskError(fault(kind, cause.message, cause.next, 'later', cause));
}
