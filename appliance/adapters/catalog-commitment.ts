import type { Database, Statement } from '#sync/core/database.ts';
import type { CommitmentCatalog, KnownObject } from '../commitment/ports.ts';
import type { BoxFact } from '../store/facts.ts';
import { numberOf, rowsOf, statement, textOf } from './catalog-rows.ts';

/** Requests of storage commitment, and what is known of the images that they name. */
export function createCommitmentCatalog(database: Database): CommitmentCatalog {
  return {
    open: async () => {
      const rows = await rowsOf(
        database,
        'SELECT * FROM commitment WHERE answeredAtMs IS NULL ORDER BY askedAtMs LIMIT 1000',
      );
      return rows.map((row) => ({
        transactionUid: textOf(row['transactionUid']),
        callingAeTitle: textOf(row['callingAeTitle']),
        calledAeTitle: textOf(row['calledAeTitle']),
        address: textOf(row['address']),
        askedAtMs: numberOf(row['askedAtMs']),
        references: (JSON.parse(textOf(row['refs'])) as [string, string][]).map(
          ([sopClassUid, sopInstanceUid]) => ({ sopClassUid, sopInstanceUid }),
        ),
      }));
    },
    objects: async (uids) => {
      const rows = await rowsOf(
        database,
        `SELECT sopInstanceUid, sopClassUid,
           iif(state = 'conflict' AND isCompared = 0, 'held', state) AS state,
           NOT EXISTS (SELECT 1 FROM pack_instance AS piece JOIN pack USING (packId)
             WHERE piece.sopInstanceUid = instance.sopInstanceUid
             AND piece.datasetSha256 = instance.datasetSha256 AND pack.state = 'sealed') AS isInCustody
         FROM instance WHERE sopInstanceUid IN (SELECT value FROM json_each(?))`,
        JSON.stringify(uids),
      );
      return rows.map((row) => ({
        sopInstanceUid: textOf(row['sopInstanceUid']),
        sopClassUid: textOf(row['sopClassUid']),
        state: textOf(row['state']) as KnownObject['state'],
        isInCustody: numberOf(row['isInCustody']) === 1,
      }));
    },
    studiesNamedWhole: async (uids) => {
      const rows = await rowsOf(
        database,
        `WITH named AS MATERIALIZED (SELECT value AS uid FROM json_each(?)),
           asked AS MATERIALIZED (SELECT DISTINCT studyInstanceUid FROM instance
             WHERE sopInstanceUid IN (SELECT uid FROM named))
         SELECT studyInstanceUid FROM asked WHERE NOT EXISTS (SELECT 1 FROM instance
           WHERE instance.studyInstanceUid = asked.studyInstanceUid
           AND instance.sopInstanceUid NOT IN (SELECT uid FROM named))`,
        JSON.stringify(uids),
      );
      return rows.map((row) => textOf(row['studyInstanceUid']));
    },
  };
}

type CommitmentFact = Extract<BoxFact, { readonly fact: 'commitment' | 'commitment-answered' }>;

/** A request that comes again is open again; an answer closes what was asked before it. */
export function commitmentStatement(fact: CommitmentFact): Statement {
  if (fact.fact === 'commitment') {
    return statement(
      `INSERT INTO commitment (callingAeTitle, transactionUid, calledAeTitle, address, askedAtMs, refs)
       VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET calledAeTitle = excluded.calledAeTitle,
       address = excluded.address, askedAtMs = excluded.askedAtMs, refs = excluded.refs,
       answeredAtMs = NULL`,
      fact.callingAeTitle,
      fact.transactionUid,
      fact.calledAeTitle,
      fact.address,
      fact.atMs,
      JSON.stringify(fact.references),
    );
  }
  return statement(
    'UPDATE commitment SET answeredAtMs = ? WHERE callingAeTitle = ? AND transactionUid = ?',
    fact.atMs,
    fact.callingAeTitle,
    fact.transactionUid,
  );
}
