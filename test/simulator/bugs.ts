import type { Sealer } from '#appliance/ports-sealing.ts';
import type { Journal, Link } from '#sync/agent/ports.ts';
import type { Delivery, ObjectPieces } from '#sync/center/ports-delivery.ts';
import { hex } from '#sync/core/bytes.ts';
import type { Database } from '#sync/core/database.ts';
import { ok } from '#sync/core/result.ts';
import type { PackStore } from '#sync/relay/ports.ts';
import { fixedHeaderSize, stanzaSize } from '#sync/seal/header.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import type { AgentSpool, ClinicalSpool } from '#sync/wire/spool.ts';
import { wholeOf } from '../support/outgoing.ts';
import type { Climate } from './climate.ts';
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
  /** A pack gets the outside of a sealed one around bytes in the clear. */
  'sealed in name only',
  /** The box seals all that it has at once, whatever its spool may hold. */
  'sealed without bound',
  /** The agent throws the receipts of the relay away. */
  'custody not kept',
  /** The client repeats each upload by itself. */
  'sent twice',
  /** The order of the box says STAT of nothing. */
  'STAT behind the others',
  /** The agent begins its count of bytes anew at every start. */
  'budget forgotten',
  /** The relay begins every unfinished pack anew at its start. */
  'parts forgotten',
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

/** The climate in which a bug shows that needs one. */
export const climates: { readonly [B in Bug]?: Partial<Climate> } = {
  'custody taken for delivery': { housekeeping: false },
  'answer not read': { pacs: 1, crashes: false, power: 0, disk: 0 },
  'sealed without bound': { stat: true, crashes: false, power: 0, disk: 0 },
  'parts forgotten': { stat: true, net: 0, pacs: 0, power: 0, disk: 0 },
  'budget forgotten': { budgetBytes: 100_000, stat: true, clock: false },
  'STAT behind the others': { stat: true, net: 0, rates: false, crashes: false, power: 0, disk: 0 },
};

/**
 * The invariants that a bug breaks, as a violation begins. Nothing else proves that the oracle sees it; a program that
 * then ends by itself or is killed for it does as well.
 */
export const shows: { readonly [B in Bug]: RegExp } = {
  'success before durable': /^S1/,
  'segment without a name': /^S1/,
  'fact before durable': /^S[1346]/,
  'rename before sync': /^S[16]/,
  'custody before durable': /^S1/,
  'custody without a name': /^S1/,
  'arrival before durable': /^S[16]/,
  'entry without a name': /^S[16]/,
  'taken before kept': /^S[167]/,
  'answer not read': /^S4/,
  'crash counts as stored': /^S4/,
  'answer not noted': /^S3/,
  'byte changed': /^S2/,
  'custody taken for delivery': /^S[14]/,
  'sealed in name only': /^S5/,
  'sealed without bound': /^S10/,
  'custody not kept': /^S7/,
  'sent twice': /^S9/,
  'STAT behind the others': /^S8/,
  'budget forgotten': /^S11/,
  'parts forgotten': /^S9/,
};

/** What the adapters of every machine do wrong on their disk. */
export function mistakesOf(bug: Bug | undefined): Mistakes {
  return (bug && mistakes[bug]) ?? {};
}

/**
 * The writes before which programs of a world with this bug like to die, for bugs that show only there: the search
 * must not depend on luck.
 */
export const aims: { readonly [B in Bug]?: RegExp } = {
  'fact before durable': /^box-\d .* data\/letters\//,
  'rename before sync': /^center .*(data\/studies|sync late)/,
  'arrival before durable': /^center .*data\/(studies|entries)/,
  'taken before kept': /^center .*(data\/(studies|entries)|spool\/out\/taken)/,
  'crash counts as stored': /^center (database|C-STORE)$/,
  'answer not noted': /^center database$/,
  'parts forgotten': /^relay (write|sync) relay\/parts/,
  'budget forgotten': /^agent of box-1 .* agent\//,
};

/** The sealer of a box with or without a bug. */
export function sealerWith(bug: Bug | undefined, sealer: Sealer): Sealer {
  if (bug !== 'sealed in name only') return sealer;
  return {
    ...sealer,
    seal: async (job) => {
      const [plain] = job.parts.map(({ bytes }) => bytes.slice());
      const sealed = await sealer.seal(job);
      if (!sealed.ok || plain === undefined) return sealed;
      const bytes = sealed.value.bytes.slice();
      const room = bytes.length - clearAfterBytes;
      bytes.set(plain.subarray(0, room), clearAfterBytes);
      return ok({ ...sealed.value, bytes, packId: hex(sha256(bytes)) });
    },
  };
}

/** Behind the header and the key of one recipient. */
const clearAfterBytes = fixedHeaderSize + stanzaSize;

/** The spool of an agent with or without a bug. */
export function agentSpoolWith(bug: Bug | undefined, spool: AgentSpool): AgentSpool {
  if (bug === 'custody not kept') return { ...spool, putCustody: async () => ok(undefined) };
  if (bug !== 'STAT behind the others') return spool;
  return {
    ...spool,
    readOrder: async () => {
      const order = await spool.readOrder();
      if (!order.ok) return order;
      const packs = order.value.packs.map((pack) => ({ ...pack, class: 2 as const }));
      return ok({ ...order.value, packs: packs.toReversed() });
    },
  };
}

/** The journal of an agent with or without a bug. */
export function journalWith(bug: Bug | undefined, journal: Journal): Journal {
  if (bug !== 'budget forgotten') return journal;
  return { ...journal, read: async () => ({ ...(await journal.read()), budget: undefined }) };
}

/** The link of an agent with or without a bug. */
export function linkWith(bug: Bug | undefined, link: Link): Link {
  if (bug !== 'sent twice') return link;
  return {
    ...link,
    request: async (request) => {
      if (request.body !== undefined && request.method !== 'POST') await link.request(request);
      return link.request(request);
    },
  };
}

/** The files of the relay with or without a bug. */
export function storeWith(bug: Bug | undefined, store: PackStore): PackStore {
  return bug === 'parts forgotten' ? { ...store, parts: async () => [] } : store;
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
