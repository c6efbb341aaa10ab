import type { Delivery } from '#sync/center/ports.ts';
import type { Database } from '#sync/core/database.ts';
import { ok } from '#sync/core/result.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import type { Mistakes } from './disk/mount.ts';

/**
 * Bugs that may be planted into a world, to prove that its oracle sees. Each is a mistake that somebody could make in
 * an adapter or in a decision, put between a program and its port.
 */
export const bugs = [
  /** The box says success for a record that is in the page cache only. */
  'success before durable',
  /** The box syncs a new segment and not its folder. */
  'segment without a name',
  /** The box notes what was sealed, in custody or delivered, and does not wait for the disk. */
  'fact before durable',
  /** An object gets its name at the center, and its bytes are synced after that. */
  'rename before sync',
  /** The relay signs for a pack that is in the page cache only. */
  'custody before durable',
  /** The relay syncs a pack and not the folder that names it. */
  'custody without a name',
  /** The agent acknowledges a pack that is in the page cache only. */
  'arrival before durable',
  /** The center says that it has a pack when what it wrote of it has no lasting name. */
  'entry without a name',
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

/** An fsync that is left out, or comes too late, by the path of its file or folder. */
const mistakes: { readonly [B in Bug]?: Mistakes } = {
  'success before durable': forgets('file', /^data\/segments\//),
  'segment without a name': forgets('folder', /^data\/segments$/),
  'fact before durable': forgets('file', /^data\/letters\/facts-/),
  'rename before sync': { isLate: (path) => /^data\/studies\/.*\.dcm\./.test(path) },
  'custody before durable': forgets('file', /^relay\/parts\//),
  'custody without a name': forgets('folder', /^relay\/packs\//),
  'arrival before durable': forgets('file', /^spool\/in\/tmp\/.*part$/),
  'entry without a name': forgets('folder', /^data\/studies\//),
};

function forgets(what: 'file' | 'folder', pattern: RegExp): Mistakes {
  return { isForgotten: (kind, path) => kind === what && pattern.test(path) };
}

/** What the adapters of every machine do wrong on their disk. */
export function mistakesOf(bug: Bug | undefined): Mistakes {
  return (bug && mistakes[bug]) ?? {};
}

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
    deliver: async (batch, signal, onStored) => {
      if (bug === 'answer not read') {
        return (await delivery.deliver(batch, signal)).map(() => ok(undefined));
      }
      const changed = batch.map((instance) => {
        const part10 = instance.part10.slice();
        part10[part10.length - 1] = (part10.at(-1) ?? 0) ^ 1;
        return { ...instance, part10 };
      });
      return delivery.deliver(changed, signal, onStored);
    },
  };
}
