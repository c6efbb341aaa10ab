import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { hex, utf8 } from '#sync/core/bytes.ts';
import { openAgentWorld } from '#test/support/agent-world.ts';
import { idOf, outsideOfPack } from '#test/support/pack-bytes.ts';
import { createMemoryIndex, createMemoryPackStore } from '#test/support/relay-memory.ts';
import { startRelay } from '#test/support/relay-server.ts';
import { testCenter, testParty } from '#test/support/relay-world.ts';

const center = testCenter('center one');
const box = testParty('box one');
const root = hex(center.root.publicKey);

/** A relay with a center and a box, and one from a backup that takes its place at the same address. */
async function open(t: TestContext) {
  const saved = createMemoryPackStore();
  await saved.writeDocument(root, 'center.keys', center.keyListText(1));
  await saved.writeDocument(root, 'access.json', center.accessText(1, [box]));
  const first = await startRelay(center, { index: createMemoryIndex('aa'.repeat(8)) });
  const own = await openAgentWorld(center, first.peerOf(center));
  await own.clinical.putPublic('center.keys', utf8(center.keyListText(1)));
  await own.clinical.putPublic('access.json', utf8(center.accessText(1, [box])));
  const sender = await openAgentWorld(box, first.peerOf(box));
  own.start();
  sender.start();
  let last = first;
  t.after(async () => {
    await Promise.all([own.stop(), sender.stop()]);
    await last.close();
  });
  const restore = async () => {
    await first.close();
    const index = createMemoryIndex('bb'.repeat(8));
    const { tls, port } = first;
    last = await startRelay(center, { tls, port, store: saved, index });
    return last;
  };
  return { own, sender, first, restore };
}

const packOf = (seed: string) => outsideOfPack(center.mailbox, 2_000, seed);

test('a relay that was put back from a backup gets the lists of its center again', async (t) => {
  const { own, sender, first, restore } = await open(t);
  const newest = center.accessText(2, []);
  await own.clinical.putPublic('access.json', utf8(newest));
  const has = async (store: typeof first.store) =>
    (await store.readDocument(root, 'access.json')) === newest;
  while (!(await has(first.store))) await next();
  while (own.journal().cursors['relay-1'] === undefined) await next();
  // By the older list the revoked box is let in, and brings more.
  const { store } = await restore();
  assert.ok(!(await has(store)));
  await sender.send([packOf('of a revoked box')]);
  while (!(await has(store))) await next();
});

test('what comes after a backup was put back is fetched, under numbers that were given before', async (t) => {
  const { own, sender, restore } = await open(t);
  await sender.send([packOf('lost 1'), packOf('lost 2')]);
  assert.equal((await own.receive(2)).size, 2);
  while (own.journal().cursors['relay-1'] !== `${'aa'.repeat(8)}-2`) await next();
  await restore();
  const hidden = packOf('hidden');
  await sender.send([hidden]);
  assert.ok((await own.receive(1)).has(idOf(hidden)));
});

const next = () => new Promise((resolve) => setTimeout(resolve, 5));
