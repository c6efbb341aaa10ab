import type { Database, Statement } from '#sync/core/database.ts';
import type { Caller } from '#sync/dimse/storage.ts';
import type { CallerCatalog } from '../callers/ports.ts';
import type { BoxFact } from '../store/facts.ts';
import { numberOf, rowsOf, statement, textOf } from './catalog-rows.ts';

/** Who called and what was decided about it, as rows of the catalog. */
export function createCallerCatalog(database: Database): CallerCatalog {
  return {
    note: (caller, isKnown, atMs) => note(database, caller, isKnown, atMs),
    seen: async () => {
      const rows = await rowsOf(
        database,
        'SELECT * FROM caller ORDER BY isKnown, lastAtMs DESC LIMIT 500',
      );
      return rows.map((row) => ({
        callingAeTitle: textOf(row['callingAeTitle']),
        calledAeTitle: textOf(row['calledAeTitle']),
        address: textOf(row['address']),
        firstAtMs: numberOf(row['firstAtMs']),
        lastAtMs: numberOf(row['lastAtMs']),
      }));
    },
    decisions: async () => {
      const rows = await rowsOf(database, 'SELECT * FROM caller_decision ORDER BY atMs');
      return rows.map((row) => ({
        aeTitle: textOf(row['aeTitle']),
        address: textOf(row['address']),
        verdict: textOf(row['verdict']) === 'accepted' ? 'accepted' : 'refused',
        by: textOf(row['decidedBy']),
        atMs: numberOf(row['atMs']),
      }));
    },
  };
}

/** Facts come in the order in which they were decided, so the last one written stands. */
export function callerDecisionStatement(
  fact: Extract<BoxFact, { readonly fact: 'caller' }>,
): Statement {
  return statement(
    `INSERT INTO caller_decision (aeTitle, address, verdict, decidedBy, atMs) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET verdict = excluded.verdict, decidedBy = excluded.decidedBy,
     atMs = excluded.atMs`,
    fact.aeTitle,
    fact.address,
    fact.verdict,
    fact.by,
    fact.atMs,
  );
}

/** A caller that cannot be noted is no reason to refuse anything: a full disk only loses the note. */
async function note(
  database: Database,
  caller: Caller,
  isKnown: boolean,
  atMs: number,
): Promise<void> {
  await database.write([
    statement(
      `INSERT INTO caller (callingAeTitle, calledAeTitle, address, isKnown, firstAtMs, lastAtMs)
       VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET isKnown = excluded.isKnown,
       lastAtMs = excluded.lastAtMs`,
      caller.callingAeTitle,
      caller.calledAeTitle,
      caller.address,
      isKnown ? 1 : 0,
      atMs,
      atMs,
    ),
    // A scan of the port must not grow the table without end.
    statement(
      `DELETE FROM caller WHERE isKnown = 0 AND rowid NOT IN
        (SELECT rowid FROM caller WHERE isKnown = 0 ORDER BY lastAtMs DESC LIMIT 200)`,
    ),
  ]);
}
