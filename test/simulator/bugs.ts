import type { Delivery } from '#sync/center/ports.ts';
import type { Database } from '#sync/core/database.ts';
import { ok } from '#sync/core/result.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';

/**
 * Bugs that may be planted into a world, to prove that its oracle sees. Each is a mistake that somebody could make in
 * an adapter or in a decision, put between a program and its port.
 */
export const bugs = [
  /** The box says success, and the record is written three seconds later. */
  'success before durable',
  /** The relay signs for a pack that is in the page cache only: no fsync, or rename after the receipt. */
  'custody before durable',
  /** The center marks a pack taken before it kept anything of it. */
  'taken before kept',
  /** The center notes every instance of a batch as stored, whatever the PACS answered. */
  'answer not read',
  /** What was under way when the center died counts as stored. */
  'crash counts as stored',
  /** The answer of the PACS is not written down. */
  'answer not noted',
  /** The delivery adapter changes a byte. */
  'byte changed',
  /** The box takes the receipts of the relay for delivery receipts and purges. */
  'custody taken for delivery',
] as const;
export type Bug = (typeof bugs)[number];

/** The center's spool with or without a bug. */
export function spoolWith(bug: Bug | undefined, spool: ClinicalSpool): ClinicalSpool {
  if (bug !== 'taken before kept') return spool;
  return {
    ...spool,
    readArrived: async (packId) => {
      await spool.markTaken(packId);
      return spool.readArrived(packId);
    },
  };
}

/** The center's ledger with or without a bug. */
export function databaseWith(bug: Bug | undefined, database: Database): Database {
  if (bug === undefined) return database;
  const alter = (sql: string): string => {
    if (bug === 'crash counts as stored' && sql.includes('resent_after_crash + 1')) {
      return sql.replace("state = 'planned'", "state = 'stored'");
    }
    const isNote = bug === 'answer not noted' && sql.includes("SET state = 'stored'");
    return isNote ? sql.replace("state = 'stored'", "state = 'planned'") : sql;
  };
  return {
    ...database,
    write: (statements) =>
      database.write(statements.map((each) => ({ ...each, sql: alter(each.sql) }))),
  };
}

/** The way to the PACS with or without a bug. */
export function deliveryWith(bug: Bug | undefined, delivery: Delivery): Delivery {
  if (bug !== 'answer not read' && bug !== 'byte changed') return delivery;
  return {
    ...delivery,
    deliver: async (batch, signal) => {
      if (bug === 'answer not read') {
        return (await delivery.deliver(batch, signal)).map(() => ok(undefined));
      }
      const changed = batch.map((instance) => {
        const part10 = instance.part10.slice();
        part10[part10.length - 1] = (part10.at(-1) ?? 0) ^ 1;
        return { ...instance, part10 };
      });
      return delivery.deliver(changed, signal);
    },
  };
}
