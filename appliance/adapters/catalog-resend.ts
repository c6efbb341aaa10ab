import type { Database, Statement } from '#sync/core/database.ts';
import type { Resend } from '../ports-waiting.ts';
import type { BoxFact } from '../store/facts.ts';
import { lostThere } from './catalog-ledger.ts';
import { numberOf, rowsOf, statement, textOf } from './catalog-rows.ts';

export function resent(fact: Extract<BoxFact, { readonly fact: 'resent' }>): readonly Statement[] {
  const { study, atMs, sizeBytes, asked, instances } = fact;
  const sql = `INSERT OR IGNORE INTO resend (studyInstanceUid, atMs, sizeBytes, asked)
    VALUES (?, ?, ?, ?)`;
  return [
    ...(instances ? lostThere(study, instances, atMs) : []),
    statement(sql, study, atMs, sizeBytes, asked),
    statement('DELETE FROM resend_word WHERE studyInstanceUid = ?', study),
  ];
}

export function resendSaid({
  study,
}: Extract<BoxFact, { readonly fact: 'resend-said' }>): readonly Statement[] {
  return [statement('INSERT OR IGNORE INTO resend_word (studyInstanceUid) VALUES (?)', study)];
}

export async function readResendWords(database: Database): Promise<ReadonlySet<string>> {
  const rows = await rowsOf(database, 'SELECT studyInstanceUid FROM resend_word');
  return new Set(rows.map((row) => textOf(row['studyInstanceUid'])));
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
