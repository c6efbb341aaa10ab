import type { Delivery, ObjectPieces } from '#sync/center/ports-delivery.ts';
import type { Party } from '#sync/center/ports-party.ts';
import type { Database, Value } from '#sync/core/database.ts';
import { ok } from '#sync/core/result.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import { wholeOf } from '../support/outgoing.ts';
import type { Bug } from './bugs.ts';

// Each bug of `bugs.ts` in a center that is no forgotten fsync, put between the program and its port.

/** The keys of the center with or without a bug. */
export function partyWith(bug: Bug | undefined, party: Party): Party {
  return bug === 'old keys thrown away' ? { ...party, secrets: party.secrets.slice(0, 1) } : party;
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
  const altered = (arg: Value): Value =>
    bug === 'conflict overlooked' && arg === 'conflict' ? 'planned' : arg;
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
      database.write(
        statements.map(({ sql, args }) => ({
          sql: alter(sql),
          ...(args && { args: args.map(altered) }),
        })),
      ),
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
      const changed = batch.map((instance) => ({
        ...instance,
        dataset: () => withLastByteChanged(instance.dataset()),
      }));
      return delivery.deliver(changed, signal, onStored);
    },
  };
}

async function* withLastByteChanged(pieces: ObjectPieces): AsyncGenerator<Uint8Array> {
  const whole = await wholeOf(pieces);
  whole[whole.length - 1] = (whole.at(-1) ?? 0) ^ 1;
  yield whole;
}
