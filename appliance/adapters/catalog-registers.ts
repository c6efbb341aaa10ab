import type { Database } from '#sync/core/database.ts';
import type { KnownRegister } from '../intake/abilities.ts';
import { rowsOf, textOf } from './catalog-rows.ts';

/** The newest registers of one name: one a signer, or one a study of each signer. */
export type Registers = (name: string) => Promise<readonly KnownRegister[]>;

export function createRegisters(database: Database): Registers {
  return async (name) => {
    const sql = `SELECT register, body FROM register
      WHERE register LIKE '% ' || ? OR register LIKE '% ' || ? || ' %'`;
    return (await rowsOf(database, sql, name, name)).map((row) => ({
      signer: textOf(row['register']).split(' ')[0] ?? '',
      body: textOf(row['body']),
    }));
  };
}
