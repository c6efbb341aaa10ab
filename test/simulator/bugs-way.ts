import type { GateRules } from '#sync/agent/gate.ts';
import type { Journal, Link } from '#sync/agent/ports.ts';
import type { Clock } from '#sync/core/clock.ts';
import { ok } from '#sync/core/result.ts';
import type { PackStore } from '#sync/relay/ports.ts';
import type { PackId } from '#sync/wire/pack-id.ts';
import type { AgentSpool } from '#sync/wire/spool.ts';
import type { Bug } from './bugs.ts';
import type { Handler } from './relay-door.ts';

// Each bug of `bugs.ts` in agents and relay that is no forgotten fsync, put between the program and its port.

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

/** The clock of an agent with or without a bug. */
export function clockWith(bug: Bug | undefined, clock: Clock): Clock {
  return bug === 'pauses by the wall clock' ? { ...clock, monotonicMs: clock.nowMs } : clock;
}
