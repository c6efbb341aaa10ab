import { LibsqlError } from '@libsql/client/sqlite3';
import type { DatabaseFault } from '../core/database.ts';
import { fault } from '../core/fault.ts';

type Kind = DatabaseFault['kind'];

/** Primary result codes of SQLite (sqlite.org/rescode.html) that say more than "this statement is refused". */
const kindOfCode: Readonly<Record<string, Kind>> = {
  SQLITE_BUSY: 'database/busy',
  SQLITE_LOCKED: 'database/busy',
  SQLITE_FULL: 'database/full',
  SQLITE_CORRUPT: 'database/corrupt',
  SQLITE_NOTADB: 'database/corrupt',
  SQLITE_IOERR: 'database/io',
  SQLITE_CANTOPEN: 'database/io',
  SQLITE_READONLY: 'database/io',
  SQLITE_PERM: 'database/io',
  SQLITE_NOMEM: 'database/io',
};

const nextOf: Readonly<Record<Kind, string>> = {
  'database/busy': 'Stop the other process that holds the file',
  'database/full': 'Free space on the disk of the database; everything else goes on',
  'database/corrupt': 'Move the file aside and run rebuild-index',
  'database/io': 'Check the disk and the rights of the folder; the program starts again by itself',
  'database/refused':
    'Report this to support: the program asked for something the database refuses',
};

/**
 * The fault of an exception that the client threw while it tried to `action`. The message of SQLite names tables
 * and columns, never values. `cause` is the code as text, because errors do not survive the way between threads.
 */
export function faultOf(action: string, thrown: unknown): DatabaseFault {
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  const code = thrown instanceof LibsqlError ? (thrown.extendedCode ?? thrown.code) : undefined;
  return databaseFault(kindOf(thrown), `Cannot ${action}: ${reason}`, code);
}

export function databaseFault(kind: Kind, message: string, cause?: unknown): DatabaseFault {
  const mayRetry = kind === 'database/busy' || kind === 'database/full';
  return fault(kind, message, nextOf[kind], mayRetry ? 'later' : 'never', cause);
}

/** After one of these nothing this process does to the file can be trusted: end with exit code 75. */
export function isFatal(kind: Kind): boolean {
  return kind === 'database/io' || kind === 'database/corrupt';
}

function kindOf(thrown: unknown): Kind {
  if (thrown instanceof LibsqlError) {
    return kindOfCode[thrown.code] ?? kindOfCode[thrown.extendedCode ?? ''] ?? 'database/refused';
  }
  if (!(thrown instanceof Error)) return 'database/refused';
  // The binding reports a file it cannot open (SQLITE_CANTOPEN) as a plain error of this text.
  if (thrown.message.startsWith('ConnectionFailed')) return 'database/io';
  if (!('syscall' in thrown && 'code' in thrown)) return 'database/refused';
  return thrown.code === 'ENOSPC' || thrown.code === 'EDQUOT' ? 'database/full' : 'database/io';
}
