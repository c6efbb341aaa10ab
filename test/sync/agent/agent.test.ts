import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { freeGateRules } from '#sync/agent/gate.ts';
import { utf8 } from '#sync/core/bytes.ts';
import { openCustody } from '#sync/seal/custody.ts';
import { openAgentWorld } from '#test/support/agent-world.ts';
import { openCuttingProxy } from '#test/support/cutting-proxy.ts';
import { idOf, outsideOfPack } from '#test/support/pack-bytes.ts';
import { createSeededRandom } from '#test/support/random-seeded.ts';
import { startRelay } from '#test/support/relay-server.ts';
import { testCenter, testParty, testReceiptKey } from '#test/support/relay-world.ts';

const center = testCenter('center one');
const box = testParty('box one');

/** Hurried more, deadlines would pass on a busy machine, and bytes would be sent twice. */
const speed = 10;

/** A relay and the agent of a center; all of it, and what `alsoStop` names by then, ends with the test. */
async function openRoad(t: TestContext) {
  const relay = await startRelay(center);
  const centerSide = await openAgentWorld(center, relay.peerOf(center), speed);
  const alsoStop: (() => Promise<unknown>)[] = [];
  t.after(async () => {
    for (const stop of alsoStop) await stop();
    await centerSide.stop();
    await relay.close();
  });
  await centerSide.clinical.putPublic('center.keys', utf8(center.keyListText(1)));
  await centerSide.clinical.putPublic('access.json', utf8(center.accessText(1, [box])));
  return { relay, centerSide, alsoStop };
}

const packsTo = (mailbox: string, count: number, sizeBytes: number, seed: string) =>
  Array.from({ length: count }, (_, n) => outsideOfPack(mailbox, sizeBytes, `${seed} ${n}`));

test('packs go from box to center and back, with receipts, and nothing is left behind', async (t) => {
  const { relay, centerSide, alsoStop } = await openRoad(t);
  const boxSide = await openAgentWorld(box, relay.peerOf(box), speed);
  alsoStop.push(() => boxSide.stop());
  centerSide.start();
  boxSide.start();
  const there = packsTo(center.mailbox, 5, 40_000, 'there');
  const back = packsTo(box.mailbox, 2, 3_000, 'back');
  await boxSide.send(there);
  await centerSide.send(back, 1);
  const [atCenter, atBox] = await Promise.all([
    centerSide.receive(there.length),
    boxSide.receive(back.length),
  ]);
  for (const pack of there) assert.deepEqual(atCenter.get(idOf(pack)), pack);
  for (const pack of back) assert.deepEqual(atBox.get(idOf(pack)), pack);

  await boxSide.until(async () => (await boxSide.clinical.custodyPacks()).length === 5);
  for (const packId of await boxSide.clinical.custodyPacks()) {
    const text = (await boxSide.clinical.custodyReceipt(packId)) ?? '';
    const receipt = openCustody(text, testReceiptKey.publicKey);
    assert.ok(receipt.ok && receipt.value.packs.some((pack) => pack.packId === packId));
  }
  const isEmpty = async (side: typeof boxSide) =>
    (await side.spool.agent.incoming()).held.length === 0;
  await boxSide.until(() => isEmpty(boxSide));
  await centerSide.until(() => isEmpty(centerSide));
  assert.deepEqual(await relay.store.packs(), []);
  await boxSide.stop();
  assert.equal(
    boxSide.journal().sentBytes,
    there.reduce((sum, pack) => sum + pack.length, 0),
  );
});

test('a link that is cut again and again ends in the same bytes, and a cut wastes little', async (t) => {
  const { relay, centerSide, alsoStop } = await openRoad(t);
  const proxy = await openCuttingProxy(relay.port, createSeededRandom('cuts 1'), {
    minBytes: 20_000,
    maxBytes: 400_000,
  });
  const boxSide = await openAgentWorld(box, relay.peerOf(box, proxy.port), speed);
  alsoStop.push(
    () => boxSide.stop(),
    () => proxy.close(),
  );
  centerSide.start();
  boxSide.start();
  const packs = packsTo(center.mailbox, 3, 900_000, 'cut');
  await boxSide.send(packs);
  const received = await centerSide.receive(packs.length);
  for (const pack of packs) assert.deepEqual(received.get(idOf(pack)), pack);
  assert.ok(proxy.cuts() > 2, `${proxy.cuts()} cuts`);
  const sentBytes = packs.reduce((sum, pack) => sum + pack.length, 0);
  const wastedBytes = (proxy.bytes() - sentBytes) / proxy.cuts();
  assert.ok(wastedBytes < 256 * 1024, `${Math.round(wastedBytes)} bytes more than needed a cut`);
  t.diagnostic(`${proxy.cuts()} cuts, ${Math.round(wastedBytes)} bytes wasted by each`);
});

test('with the budget spent only STAT leaves, the state says so, and the count is kept', async (t) => {
  const { relay, centerSide, alsoStop } = await openRoad(t);
  const budget = { monthlyBytes: 100_000, resetDay: 1 };
  const boxSide = await openAgentWorld(box, relay.peerOf(box), speed, { ...freeGateRules, budget });
  alsoStop.push(() => boxSide.stop());
  boxSide.start();
  centerSide.start();
  const routine = packsTo(center.mailbox, 2, 40_000, 'routine');
  const isThere = (pack: Uint8Array) => async () =>
    (await boxSide.clinical.custodyPacks()).includes(idOf(pack));
  for (const pack of routine) {
    await boxSide.send([pack]);
    await boxSide.until(isThere(pack));
  }
  const [late] = packsTo(center.mailbox, 1, 60_000, 'late');
  const [stat] = packsTo(center.mailbox, 1, 20_000, 'stat');
  assert.ok(late && stat);
  await boxSide.send([late]);
  await boxSide.send([stat], 0);
  await boxSide.until(isThere(stat));
  await boxSide.until(async () => {
    const state = await boxSide.clinical.agentState();
    return state?.faults.some(({ kind }) => kind === 'agent/budget-spent') === true;
  });
  const state = await boxSide.clinical.agentState();
  assert.deepEqual(state?.limits?.heldClasses, [1, 2, 3]);
  assert.equal(await isThere(late)(), false);
  await boxSide.stop();
  const counted = Object.values(boxSide.journal().budget ?? {}).reduce((a, b) => a + b, 0);
  assert.ok(counted >= (2 * 40_000 + 20_000) * 1.06, `${counted}`);
});
