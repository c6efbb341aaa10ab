import assert from 'node:assert/strict';
import { type Board, createBoard } from '#sync/agent/board.ts';
import type { RelayClient } from '#sync/agent/client.ts';
import type { Connection } from '#sync/agent/context.ts';
import { createGate, freeGateRules } from '#sync/agent/gate.ts';
import { createLedger } from '#sync/agent/ledger.ts';
import { createPulse } from '#sync/agent/pulse.ts';
import { createValve } from '#sync/agent/valve.ts';
import { silentLog } from '#sync/core/log.ts';
import { ok } from '#sync/core/result.ts';
import { createVirtualClock } from './clock-virtual.ts';
import { createSeededRandom } from './random-seeded.ts';
import { testParty } from './relay-world.ts';
import { createMemorySpool } from './spool-memory.ts';

const box = testParty('box one');
const journal = { cursors: {}, month: '', sentBytes: 0, fetchedBytes: 0 };
const memory = {
  journalEntry: () => journal,
  remember: () => undefined,
  save: async () => undefined,
};

/** A connection of one box to `relay-1` in virtual time; `client` is what the test says in the relay's place. */
export function connectionOf(client: Partial<RelayClient>, change: Partial<Connection> = {}) {
  const clock = createVirtualClock();
  const board: Board = change.board ?? createBoard(clock);
  const connection: Connection = {
    ...{ board, standing: board, clock, log: silentLog, random: createSeededRandom('agent') },
    signal: new AbortController().signal,
    spool: createMemorySpool().agent,
    journal: { read: async () => journal, write: async () => undefined },
    connect: () => assert.fail('it is connected'),
    transportKey: async () => ok(box.transport),
    client: client as RelayClient,
    endpoint: { id: 'relay-1', url: 'https://127.0.0.1:1', spki: '' },
    peer: { format: 1, handle: box.handle, ownMailbox: box.mailbox, relays: [] },
    ...{ valve: createValve(clock), pulse: createPulse(clock, () => board.bell.ring()) },
    ...{ running: new Set<never>(), hasOthers: false },
    gate: createGate(clock, freeGateRules, createLedger(memory)),
    ...memory,
    watchNetwork: async () => undefined,
    leave: () => assert.fail('it is left'),
    ...change,
  };
  return { connection, board, clock };
}
