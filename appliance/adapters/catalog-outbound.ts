import type { Database, Statement } from '#sync/core/database.ts';
import type { ForwardRule, OutboundCatalog } from '../outbound/ports.ts';
import type { BoxFact } from '../store/facts.ts';
import { numberOf, rowsOf, statement, textOf } from './catalog-rows.ts';

/** Instances whose bytes are here and in no doubt. */
const sendable = "('stored', 'packed', 'delivered')";

/** What waits for local destinations. */
export function createOutboundCatalog(database: Database): OutboundCatalog {
  const select = async (
    what: string,
    rules: readonly ForwardRule[],
    end: string,
    sinceMs: number,
  ) => {
    const { sql, args } = conditionOf(rules);
    const destination = rules[0]?.to ?? '';
    return rowsOf(
      database,
      // In this order, so that only what arrived since is read.
      `SELECT ${what} FROM forward_from AS start
       CROSS JOIN instance INDEXED BY instanceByArrival
         ON instance.arrivedAtMs >= max(start.fromMs, ?)
       JOIN study USING (studyInstanceUid) JOIN series USING (studyInstanceUid, seriesInstanceUid)
       WHERE start.destination = ? AND instance.state IN ${sendable} AND study.isIdentified = 1
       AND NOT EXISTS (SELECT 1 FROM assigned
         WHERE assigned.studyInstanceUid = study.studyInstanceUid)
       AND NOT EXISTS (SELECT 1 FROM outside
         WHERE outside.studyInstanceUid = study.studyInstanceUid AND releasedAtMs IS NULL)
       AND NOT EXISTS (SELECT 1 FROM forwarded WHERE forwarded.destination = start.destination
         AND forwarded.sopInstanceUid = instance.sopInstanceUid
         AND forwarded.datasetSha256 = instance.datasetSha256)
       AND (${sql}) ${end}`,
      ...[sinceMs, destination, ...args],
    );
  };
  return {
    starts: async () => {
      const rows = await rowsOf(database, 'SELECT * FROM forward_from');
      return new Map(rows.map((row) => [textOf(row['destination']), numberOf(row['fromMs'])]));
    },
    waiting: async (rules, limit, sinceMs) => {
      const end = `ORDER BY instance.arrivedAtMs LIMIT ${Math.trunc(limit)}`;
      const rows = await select('instance.*', rules, end, sinceMs);
      return rows.map((row) => ({
        sopInstanceUid: textOf(row['sopInstanceUid']),
        datasetSha256: textOf(row['datasetSha256']),
        sopClassUid: textOf(row['sopClassUid']),
        transferSyntaxUid: textOf(row['transferSyntaxUid']),
        arrivedAtMs: numberOf(row['arrivedAtMs']),
        segment: textOf(row['segment']),
        payloadOffset: numberOf(row['payloadOffset']),
        payloadSizeBytes: numberOf(row['payloadSizeBytes']),
        fileHeaderSizeBytes: numberOf(row['fileHeaderSizeBytes']),
      }));
    },
    waitingCount: async (rules) =>
      numberOf((await select('count(*) AS n', rules, '', 0))[0]?.['n']),
    forwardedCount: async (destination) => {
      const sql = 'SELECT count(*) AS n FROM forwarded WHERE destination = ?';
      return numberOf((await rowsOf(database, sql, destination))[0]?.['n']);
    },
  };
}

type OutboundFact = Extract<BoxFact, { readonly fact: 'forward-from' | 'forwarded' }>;

/** Twice is as once. */
export function outboundStatements(fact: OutboundFact): readonly Statement[] {
  const { destination } = fact;
  if (fact.fact === 'forward-from') {
    const sql = 'INSERT OR IGNORE INTO forward_from (destination, fromMs) VALUES (?, ?)';
    return [statement(sql, destination, fact.atMs)];
  }
  const sql = `INSERT OR IGNORE INTO forwarded (destination, sopInstanceUid, datasetSha256)
    VALUES (?, ?, ?)`;
  return fact.instances.map(([uid, digest]) => statement(sql, destination, uid, digest));
}

/** Any of the rules; of one rule everything that it names. */
function conditionOf(rules: readonly ForwardRule[]): {
  readonly sql: string;
  readonly args: readonly string[];
} {
  const args: string[] = [];
  const parts = rules.map(({ from, modalities, sopClassUids }) => {
    const lists = [
      ['study.callingAeTitle', from],
      ['series.modality', modalities],
      ['instance.sopClassUid', sopClassUids],
    ] as const;
    const conditions = lists.flatMap(([column, list]) => {
      if (!list) return [];
      args.push(JSON.stringify(list));
      return [`${column} IN (SELECT value FROM json_each(?))`];
    });
    return conditions.length === 0 ? '1' : conditions.join(' AND ');
  });
  return { sql: parts.map((part) => `(${part})`).join(' OR '), args };
}
