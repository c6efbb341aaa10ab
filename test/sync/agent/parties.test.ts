import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectPinned } from '#sync/adapters/http-client.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { createAgent } from '#sync/agent/agent.ts';
import { freeGateRules } from '#sync/agent/gate.ts';
import type { AgentPorts, JournalEntry } from '#sync/agent/ports.ts';
import { utf8 } from '#sync/core/bytes.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk, ok } from '#sync/core/result.ts';
import { openAgentWorld } from '#test/support/agent-world.ts';
import { createHurriedClock } from '#test/support/clock-hurried.ts';
import { idOf, outsideOfPack } from '#test/support/pack-bytes.ts';
import { startRelay } from '#test/support/relay-server.ts';
import { type TestParty, testCenter, testParty } from '#test/support/relay-world.ts';
import { createMemorySpool, type MemorySpool } from '#test/support/spool-memory.ts';

const clock = createHurriedClock(50);

function portsOf(spool: MemorySpool, { transport }: TestParty): AgentPorts {
  let entry: JournalEntry = { cursors: {}, month: '', sentBytes: 0, fetchedBytes: 0 };
  return {
    spool: spool.agent,
    journal: {
      read: async () => entry,
      write: async (next) => {
        entry = next;
      },
    },
    connect: connectPinned,
    watchNetwork: async () => undefined,
    transportKey: async () => ok(transport),
    ...{ clock, random: systemRandom, log: silentLog },
  };
}

/** A center with its relay and agent, and a box that it admits under a handle of its own. */
async function openCenter(name: string) {
  const center = testCenter(name);
  const box = testParty(`box of ${name}`);
  const relay = await startRelay(center);
  const side = await openAgentWorld(center, relay.peerOf(center));
  await side.clinical.putPublic('center.keys', utf8(center.keyListText(1)));
  await side.clinical.putPublic('access.json', utf8(center.accessText(1, [box])));
  side.start();
  const spool = createMemorySpool();
  expectOk(await spool.clinical.writePeer(relay.peerOf(box)));
  const send = async (of: 0 | 2, count: number) => {
    const packs = Array.from({ length: count }, (_, n) =>
      outsideOfPack(center.mailbox, 40_000, `${name} ${n}`),
    );
    const listed = packs.map((pack) => ({
      packId: idOf(pack),
      class: of,
      group: '00'.repeat(16),
      sizeBytes: pack.length,
    }));
    for (const pack of packs) expectOk(await spool.clinical.putPack(idOf(pack), pack));
    expectOk(await spool.clinical.writeOrder({ format: 1, wake: 1, packs: listed }));
    return packs;
  };
  const close = async () => {
    await side.stop();
    await relay.close();
  };
  return { center, box, side, spool, send, close };
}

test('one agent serves two centers, each over its own relay, mailbox and key', {
  timeout: 60_000,
}, async () => {
  const [first, second] = await Promise.all([openCenter('center A'), openCenter('center B')]);
  const stop = new AbortController();
  let names: readonly string[] = [];
  const agent = createAgent(portsOf(first.spool, first.box), freeGateRules, {
    names: async () => names,
    open: async () => portsOf(second.spool, second.box),
  });
  const running = agent.run(stop.signal);
  const toFirst = await first.send(2, 3);
  const atFirst = await first.side.receive(3);
  // The second center comes while the agent runs.
  names = ['00112233aabbccdd'];
  const toSecond = await second.send(0, 2);
  const atSecond = await second.side.receive(2);
  for (const pack of toFirst) assert.deepEqual(atFirst.get(idOf(pack)), pack);
  for (const pack of toSecond) assert.deepEqual(atSecond.get(idOf(pack)), pack);
  await second.side.send([outsideOfPack(second.box.mailbox, 3_000, 'report of B')], 1);
  await first.side.send([outsideOfPack(first.box.mailbox, 3_000, 'report of A')], 1);
  for (const { spool } of [first, second]) {
    while ((await spool.clinical.arrivedPacks()).length === 0) {
      await new Promise((resolve) => spool.clinical.watch(() => resolve(undefined), stop.signal));
    }
    assert.equal((await spool.clinical.arrivedPacks()).length, 1, 'each spool has its own mail');
    assert.equal((await spool.clinical.agentState())?.link, 'up');
  }
  stop.abort();
  expectOk(await running);
  await Promise.all([first.close(), second.close()]);
});
