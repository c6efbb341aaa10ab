import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBoxSpool } from '#appliance/intake/spools.ts';
import type { Center, Pairing } from '#appliance/ports-pairing.ts';
import { expectOk } from '#sync/core/result.ts';
import type { AgentState } from '#sync/wire/agent-state.ts';
import { idOf, seededBytes } from '#test/support/pack-bytes.ts';
import { createMemorySpool } from '#test/support/spool-memory.ts';

const relay = (id: string) => ({ id, urls: [`https://${id}.test`], spki: new Uint8Array(32) });
const centerOf = (root: string, transport?: string) =>
  ({
    root,
    name: `Center ${root}`,
    ...(transport !== undefined && { transport }),
    grant: { handle: '11'.repeat(16), boxMailbox: '22'.repeat(16) },
    keyList: { relays: [relay(`relay-${root}`)] },
  }) as unknown as Center;

const otherName = '00112233445566aa';
const asks = ['aa', 'bb', 'cc'].map((digits, index) => ({
  ticket: digits.repeat(16),
  relays: [],
  ...(index < 2 && { root: ['a', 'b'][index] }),
}));
const pairing = {
  centers: [centerOf('a'), centerOf('b', otherName)],
  asks,
} as unknown as Pairing;

const packs = ['to a', 'to b'].map((text) => seededBytes(text, 100));
const [packA, packB] = packs.map(idOf);
const listed = packs.map((pack) => ({
  packId: idOf(pack),
  class: 2 as const,
  group: '00'.repeat(16),
  sizeBytes: pack.length,
}));

async function openSpools() {
  const [main, other] = [createMemorySpool(), createMemorySpool()];
  const made: string[] = [];
  const others = {
    names: async () => made,
    open: async (name: string) => {
      if (!made.includes(name)) made.push(name);
      return other.clinical;
    },
  };
  const spool = await createBoxSpool(main.clinical, others);
  return { main, other, others, made, spool };
}

test('each center has packs, order, peer and grants in a spool of its own', async () => {
  const { main, other, made, spool } = await openSpools();
  assert.deepEqual(made, [], 'one center makes no folder');
  expectOk(await spool.serve(pairing));
  assert.deepEqual(made, [otherName]);
  for (const [index, root] of ['a', 'b'].entries()) {
    const pack = packs[index] ?? new Uint8Array();
    expectOk(await spool.putPack(idOf(pack), pack, root));
  }
  const centers = new Map([
    [packA ?? '', 'a'],
    [packB ?? '', 'b'],
  ]);
  expectOk(await spool.writeOrder({ format: 1, wake: 1, packs: listed }, centers));
  for (const [index, { agent }] of [main, other].entries()) {
    assert.deepEqual(
      (await agent.outgoing()).map(({ packId }) => packId),
      [[packA, packB][index]],
    );
    assert.deepEqual(expectOk(await agent.readOrder()).packs, [listed[index]]);
    const [own] = expectOk(await agent.readPeer()).relays;
    assert.equal(own?.id, `relay-${['a', 'b'][index]}`);
  }
  const askedOf = async ({ agent }: typeof main) =>
    expectOk(await agent.readEnrolment()).asks.map(({ ticket }) => ticket.slice(0, 2));
  assert.deepEqual(await askedOf(main), ['aa', 'cc'], 'a pairing without a grant has no spool yet');
  assert.deepEqual(await askedOf(other), ['bb']);
  assert.deepEqual([...(await spool.sentPacks())].sort(), [packA, packB].sort());
});

test('a pack for a center without a spool is refused, and never put into that of another one', async () => {
  const { main, spool } = await openSpools();
  const put = await spool.putPack(idOf(packs[0] ?? new Uint8Array()), packs[0] as Uint8Array, 'b');
  assert.equal(!put.ok && put.fault.kind, 'spool/missing');
  assert.deepEqual(await main.agent.outgoing(), []);
});

test('after a restart the packs of all centers are there before anything is read of the pairing', async () => {
  const { main, others, spool } = await openSpools();
  expectOk(await spool.serve(pairing));
  expectOk(await spool.putPack(packB as never, packs[1] as Uint8Array, 'b'));
  const again = await createBoxSpool(main.clinical, others);
  assert.deepEqual(await again.sentPacks(), [packB]);
});

test('mail of every center is taken where it came', async () => {
  const { main, other, spool } = await openSpools();
  expectOk(await spool.serve(pairing));
  const letter = seededBytes('letter', 50);
  await other.agent.appendPart(idOf(letter), 0, letter);
  expectOk(await other.agent.finishPart(idOf(letter)));
  assert.deepEqual(await spool.arrivedPacks(), [idOf(letter)]);
  assert.deepEqual(expectOk(await spool.readArrived(idOf(letter))), letter);
  expectOk(await spool.markTaken(idOf(letter)));
  assert.deepEqual((await other.agent.incoming()).taken, [idOf(letter)]);
  assert.deepEqual((await main.agent.incoming()).taken, []);
  assert.deepEqual(await spool.arrivedPacks(), []);
});

test('the link is up when one relay answers, and a fault says whose it is', async () => {
  const { main, other, spool } = await openSpools();
  expectOk(await spool.serve(pairing));
  const told = (change: Partial<AgentState>): AgentState => ({
    ...{ format: 1, link: 'down', rateBytesPerS: 0, lastContactAt: null, offsets: {}, faults: [] },
    ...change,
  });
  const at = '2026-01-15T12:00:00.000Z';
  const fault = { kind: 'link/down', message: 'No answer', next: 'Wait', at };
  await main.agent.writeState(told({ link: 'up', rateBytesPerS: 5, offsets: { x: 1 } }));
  await other.agent.writeState(told({ faults: [fault], offsets: { y: 2 } }));
  const state = await spool.agentState();
  assert.equal(state?.link, 'up');
  assert.deepEqual(state?.offsets, { x: 1, y: 2 });
  assert.deepEqual(
    state?.faults.map(({ message }) => message),
    ['Center b: No answer'],
  );
});
