import type { HousekeepingPorts } from '#appliance/housekeeping/ports.ts';
import type { Sealer } from '#appliance/ports-sealing.ts';
import type { GateRules } from '#sync/agent/gate.ts';
import type { Journal, Link } from '#sync/agent/ports.ts';
import type { Delivery, ObjectPieces } from '#sync/center/ports-delivery.ts';
import type { Party } from '#sync/center/ports-party.ts';
import { hex } from '#sync/core/bytes.ts';
import type { Database } from '#sync/core/database.ts';
import { ok } from '#sync/core/result.ts';
import type { PackStore } from '#sync/relay/ports.ts';
import { fixedHeaderSize, stanzaSize } from '#sync/seal/header.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import type { PackId } from '#sync/wire/pack-id.ts';
import type { AgentSpool, ClinicalSpool } from '#sync/wire/spool.ts';
import { wholeOf } from '../support/outgoing.ts';
import type { Bug } from './bugs.ts';
import type { Handler } from './relay-door.ts';

// Each bug of `bugs.ts` that is no forgotten fsync, put between a program and its port.

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

/** What housekeeping of a box stands on, with or without a bug. */
export function keeperWith(
  bug: Bug | undefined,
  ports: Pick<HousekeepingPorts, 'objects' | 'catalog'>,
): Pick<HousekeepingPorts, 'objects' | 'catalog'> {
  if (bug !== 'room before the copy') return ports;
  return {
    objects: { ...ports.objects, copy: async () => ok(undefined) },
    catalog: {
      ...ports.catalog,
      unmoved: async () => 0,
      deadSegments: async () =>
        (await ports.catalog.deadSegments()).map((each) => ({ ...each, liveBytes: 0 })),
    },
  };
}

/** The spool of a box with or without a bug. */
export function boxSpoolWith(bug: Bug | undefined, spool: ClinicalSpool): ClinicalSpool {
  if (bug !== 'spool not looked at') return spool;
  const own = new Set<PackId>();
  return {
    ...spool,
    putPack(packId, bytes) {
      own.add(packId);
      return spool.putPack(packId, bytes);
    },
    removeSent(packId) {
      own.delete(packId);
      return spool.removeSent(packId);
    },
    sentPacks: async () => [...new Set([...own, ...(await spool.sentPacks())])],
  };
}

/** When a pack was first seen in a spool, by its folder: longer than any life of the agent. */
const firstSeen = new WeakMap<object, Map<PackId, number>>();
const weekMs = 7 * 86_400_000;

/** Of a spool of `machine` what an agent sees that gives old packs up. */
export function withoutOldPacks(
  bug: Bug | undefined,
  spool: AgentSpool,
  machine: object,
  nowMs: () => number,
): AgentSpool {
  if (bug !== 'old packs given up') return spool;
  const seen = firstSeen.get(machine) ?? new Map<PackId, number>();
  firstSeen.set(machine, seen);
  return {
    ...spool,
    outgoing: async () => {
      const packs = await spool.outgoing();
      for (const { packId } of packs) if (!seen.has(packId)) seen.set(packId, nowMs());
      return packs.filter(({ packId }) => nowMs() - (seen.get(packId) ?? 0) < weekMs);
    },
  };
}

/** What an agent takes for the time of its owner. */
export function localTimeWith(
  bug: Bug | undefined,
  localTime: GateRules['localTime'],
): GateRules['localTime'] {
  return bug === 'month ends early' ? (ms) => localTime(ms + 10_000) : localTime;
}

/** What a relay does with requests, with or without a bug. */
export function handlerWith(bug: Bug | undefined, handler: Handler): Handler {
  if (bug !== 'pieces in the order of arrival') return handler;
  const held = new Map<string, string>();
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (request.method !== 'PATCH') return handler(request);
    const headers = new Headers(request.headers);
    headers.set('upload-offset', held.get(pathname) ?? '0');
    const answer = await handler(new Request(request, { headers }));
    const said: unknown = await answer
      .clone()
      .json()
      .catch(() => undefined);
    if (typeof said === 'object' && said !== null && 'offset' in said) {
      held.set(pathname, String(said.offset));
    }
    return answer;
  };
}

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
