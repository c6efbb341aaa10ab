import type { Database, Statement } from '#sync/core/database.ts';
import type { Resend } from '../ports-waiting.ts';
import type { BoxFact } from '../store/facts.ts';
import { numberOf, rowsOf, statement, textOf } from './catalog-rows.ts';

export function resent(fact: Extract<BoxFact, { readonly fact: 'resent' }>): readonly Statement[] {
  const { study, atMs, sizeBytes, asked } = fact;
  const sql = `INSERT OR IGNORE INTO resend (studyInstanceUid, atMs, sizeBytes, asked)
    VALUES (?, ?, ?, ?)`;
  return [statement(sql, study, atMs, sizeBytes, asked)];
}

export async function readResends(database: Database): Promise<readonly Resend[]> {
  const rows = await rowsOf(database, 'SELECT * FROM resend ORDER BY atMs, studyInstanceUid');
  return rows.map((row) => ({
    study: textOf(row['studyInstanceUid']),
    atMs: numberOf(row['atMs']),
    sizeBytes: numberOf(row['sizeBytes']),
    asked: row['asked'] === null ? null : textOf(row['asked']),
  }));
}
