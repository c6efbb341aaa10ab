import { hex } from '../core/bytes.ts';
import type { Database, DatabaseFault, Migration, Row } from '../core/database.ts';
import { passage } from '../core/failpoint.ts';
import type { Random } from '../core/random.ts';
import { ok, type Result } from '../core/result.ts';
import type { Caller, PackRow, RelayIndex } from '../relay/ports.ts';
import type { PackClass } from '../seal/header.ts';
import type { PackId } from '../wire/pack-id.ts';

/** Schema of `relay.db`. `pack.sequence` never comes back after a delete (AUTOINCREMENT): it is a cursor. */
export const relaySchema: readonly Migration[] = [
  {
    version: 1,
    statements: [
      'CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT',
      `CREATE TABLE pack (
         sequence INTEGER PRIMARY KEY AUTOINCREMENT,
         center TEXT NOT NULL, packId TEXT NOT NULL, mailbox TEXT NOT NULL,
         sizeBytes INTEGER NOT NULL, receivedAtMs INTEGER NOT NULL, isTaken INTEGER NOT NULL DEFAULT 0,
         UNIQUE (center, packId)) STRICT`,
      'CREATE INDEX pack_waiting ON pack (center, mailbox, sequence) WHERE isTaken = 0',
      'CREATE INDEX pack_file ON pack (packId)',
      `CREATE TABLE brought (
         center TEXT NOT NULL, handle TEXT NOT NULL, packId TEXT NOT NULL,
         day TEXT NOT NULL, sizeBytes INTEGER NOT NULL,
         PRIMARY KEY (center, handle, packId)) STRICT, WITHOUT ROWID`,
      'CREATE INDEX brought_day ON brought (center, handle, day)',
    ],
  },
  {
    version: 2,
    statements: [
      'ALTER TABLE pack ADD COLUMN class INTEGER NOT NULL DEFAULT 2',
      'CREATE INDEX pack_urgent ON pack (center, mailbox, sequence) WHERE isTaken = 0 AND class <= 1',
    ],
  },
];

const columns = 'sequence, packId, mailbox, pack.sizeBytes AS sizeBytes, class, isTaken';
const among = 'IN (SELECT value FROM json_each(?))';

/**
 * The relay's rows in `database`, opened with `relaySchema`. The epoch is of this opening: a database that was put back
 * from a backup gives the numbers of lost rows to others, and a cursor from before must not pass over those.
 */
export function openRelayIndex(database: Database, random: Random): RelayIndex {
  return indexOf(database, hex(random.bytes(8)));
}

function indexOf(database: Database, epoch: string): RelayIndex {
  return {
    epoch,
    addPack: async (pack) => {
      const row = {
        sql: `INSERT OR IGNORE INTO pack (center, packId, mailbox, sizeBytes, class, receivedAtMs)
              VALUES (?, ?, ?, ?, ?, ?)`,
        args: [
          ...[pack.center, pack.packId, pack.mailbox],
          ...[pack.sizeBytes, pack.class, pack.receivedAtMs],
        ],
      };
      if (pack.broughtBy === undefined) return database.write([row]);
      const { handle, day } = pack.broughtBy;
      const added = await database.write([
        row,
        {
          sql: 'INSERT OR IGNORE INTO brought (center, handle, packId, day, sizeBytes) VALUES (?, ?, ?, ?, ?)',
          args: [pack.center, handle, pack.packId, day, pack.sizeBytes],
        },
      ]);
      passage('relay-row/added');
      return added;
    },
    brought: (caller, packIds) =>
      rowsOf(
        database,
        `SELECT ${columns} FROM pack JOIN brought USING (center, packId)
         WHERE center = ? AND handle = ? AND packId ${among}`,
        [caller.center, caller.handle, JSON.stringify(packIds)],
      ),
    find: async (center, packId) => {
      const rows = await rowsOf(
        database,
        `SELECT ${columns} FROM pack WHERE center = ? AND packId = ?`,
        [center, packId],
      );
      return rows.ok ? ok(rows.value[0]) : rows;
    },
    waiting: (center, mailbox, after, limit, highestClass) =>
      rowsOf(
        database,
        `SELECT ${columns} FROM pack
         WHERE center = ? AND mailbox = ? AND isTaken = 0 AND sequence > ?
         ${highestClass === undefined ? '' : `AND class <= ${highestClass}`} ORDER BY sequence LIMIT ?`,
        [center, mailbox, after, limit],
      ),
    take: async (center, mailboxes, packIds) => {
      const ids = JSON.stringify(packIds);
      const boxes = JSON.stringify(mailboxes);
      const marked = await database.write([
        {
          sql: `UPDATE pack SET isTaken = 1 WHERE center = ? AND mailbox ${among} AND packId ${among}`,
          args: [center, boxes, ids],
        },
      ]);
      if (!marked.ok) return marked;
      passage('relay-taken/marked');
      return idsOf(
        database,
        `SELECT DISTINCT packId FROM pack WHERE center = ? AND mailbox ${among} AND packId ${among}
         AND packId NOT IN (SELECT packId FROM pack WHERE isTaken = 0 AND packId ${among})`,
        [center, boxes, ids, ids],
      );
    },
    held: async () => {
      const ids = await idsOf(database, 'SELECT DISTINCT packId FROM pack WHERE isTaken = 0', []);
      return ids.ok ? ok(new Set(ids.value)) : ids;
    },
    forget: (packIds) => {
      const args = [JSON.stringify(packIds)];
      return database.write([
        { sql: `DELETE FROM brought WHERE packId ${among}`, args },
        { sql: `DELETE FROM pack WHERE packId ${among}`, args },
      ]);
    },
    spent: (caller, day) => spentOn(database, caller, day),
  };
}

async function spentOn(
  database: Database,
  { center, handle }: Caller,
  day: string,
): Promise<Result<number, DatabaseFault>> {
  const rows = await database.read(
    'SELECT COALESCE(SUM(sizeBytes), 0) AS spent FROM brought WHERE center = ? AND handle = ? AND day = ?',
    [center, handle, day],
  );
  return rows.ok ? ok(Number(rows.value[0]?.['spent'] ?? 0)) : rows;
}

async function idsOf(
  database: Database,
  sql: string,
  args: readonly string[],
): Promise<Result<readonly PackId[], DatabaseFault>> {
  const rows = await database.read(sql, args);
  return rows.ok ? ok(rows.value.map((row) => row['packId'] as PackId)) : rows;
}

async function rowsOf(
  database: Database,
  sql: string,
  args: readonly (string | number)[],
): Promise<Result<readonly PackRow[], DatabaseFault>> {
  const rows = await database.read(sql, args);
  return rows.ok ? ok(rows.value.map(packRow)) : rows;
}

function packRow(row: Row): PackRow {
  return {
    sequence: Number(row['sequence']),
    packId: row['packId'] as PackId,
    mailbox: String(row['mailbox']),
    sizeBytes: Number(row['sizeBytes']),
    class: packClassOf(Number(row['class'])),
    isTaken: Number(row['isTaken']) === 1,
  };
}

/** A row of an older relay, or a damaged one, is routine: the class is a hint. */
function packClassOf(number: number): PackClass {
  return number === 0 || number === 1 || number === 3 ? number : 2;
}
