import type { Database } from '#sync/core/database.ts';
import { rowsOf, textOf } from './catalog-rows.ts';

/** Bodies (JSON) of the newest registers of one name, one a signer. */
export type Registers = (name: string) => Promise<readonly string[]>;

export function createRegisters(database: Database): Registers {
  return async (name) => {
    const sql = "SELECT body FROM register WHERE register LIKE '% ' || ?";
    return (await rowsOf(database, sql, name)).map((row) => textOf(row['body']));
  };
}
