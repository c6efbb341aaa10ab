import type { Migration } from '#sync/core/database.ts';

const stateOf = (row: 'old' | 'new' | 'instance'): string =>
  `iif(${row}.state = 'conflict' AND ${row}.isCompared = 0, 'held', ${row}.state)`;

const later = (column: string): string => `${column} =
  max(coalesce(${column}, excluded.${column}), coalesce(excluded.${column}, ${column}))`;

const add = `INSERT INTO tally VALUES (new.studyInstanceUid, ${stateOf('new')}, 1, new.payloadSizeBytes,
    new.isLossy, new.deliveredAtMs, new.destination, new.goneAtMs)
  ON CONFLICT DO UPDATE SET number = number + 1, sizeBytes = sizeBytes + excluded.sizeBytes,
    lossyNumber = lossyNumber + excluded.lossyNumber,
    ${later('deliveredAtMs')}, ${later('destination')}, ${later('goneAtMs')};`;

const old = `studyInstanceUid = old.studyInstanceUid AND state = ${stateOf('old')}`;
const take = `UPDATE tally SET number = number - 1, sizeBytes = sizeBytes - old.payloadSizeBytes,
    lossyNumber = lossyNumber - old.isLossy WHERE ${old};
  DELETE FROM tally WHERE ${old} AND number = 0;`;

/**
 * How many instances of each study are in each state: what the screen asks all the time must not read a row an
 * instance. Triggers keep it, so no statement can forget to. The times and the destination are the greatest since the
 * first instance came to the state; they stay while any is in it.
 */
export const tallyMigration: Omit<Migration, 'version'> = {
  statements: [
    `CREATE TABLE tally (
      studyInstanceUid TEXT NOT NULL,
      state TEXT NOT NULL,
      number INTEGER NOT NULL,
      sizeBytes INTEGER NOT NULL,
      lossyNumber INTEGER NOT NULL,
      deliveredAtMs INTEGER,
      destination TEXT,
      goneAtMs INTEGER,
      PRIMARY KEY (studyInstanceUid, state)
    ) STRICT, WITHOUT ROWID`,
    `INSERT INTO tally SELECT studyInstanceUid, ${stateOf('instance')}, count(*), sum(payloadSizeBytes),
       sum(isLossy), max(deliveredAtMs), max(destination), max(goneAtMs) FROM instance GROUP BY 1, 2`,
    `CREATE TRIGGER tallyAdded AFTER INSERT ON instance BEGIN ${add} END`,
    `CREATE TRIGGER tallyTaken AFTER DELETE ON instance BEGIN ${take} END`,
    `CREATE TRIGGER tallyChanged AFTER UPDATE OF studyInstanceUid, state, isCompared, payloadSizeBytes, isLossy,
       deliveredAtMs, destination, goneAtMs ON instance BEGIN ${take} ${add} END`,
  ],
};
