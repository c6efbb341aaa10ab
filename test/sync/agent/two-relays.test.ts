import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { utf8 } from '#sync/core/bytes.ts';
import type { Peer } from '#sync/wire/peer.ts';
import { openAgentWorld } from '#test/support/agent-world.ts';
import { idOf, outsideOfPack } from '#test/support/pack-bytes.ts';
import { type Fetch, type RelayServer, startRelay } from '#test/support/relay-server.ts';
import { type TestParty, testCenter, testParty } from '#test/support/relay-world.ts';

const center = testCenter('center one');
const box = testParty('box one');
const packOf = (seed: string) => outsideOfPack(center.mailbox, 200_000, seed);

/** The peer file of a party with both relays, the first one first. */
function peerOf(party: TestParty, first: RelayServer, second: RelayServer): Peer {
  const [one] = first.peerOf(party).relays;
  const [two] = second.peerOf(party).relays;
  assert.ok(one !== undefined && two !== undefined);
  return { ...first.peerOf(party), relays: [one, { ...two, id: 'relay-2' }] };
}

const isUpload = (request: Request): boolean => request.method === 'PATCH';

/** Calls everything damaged that a box has brought whole, and counts its bytes. */
function createLiar() {
  const liar = { isLying: true, uploadedBytes: 0 };
  const around = async (request: Request, inner: Fetch): Promise<Response> => {
    if (!isUpload(request) || !liar.isLying) return inner(request);
    liar.uploadedBytes += (await request.arrayBuffer()).byteLength;
    return new Response('{"code":"relay/wrong-hash"}', { status: 422 });
  };
  return { liar, around };
}

async function open(
  t: TestContext,
  around?: (request: Request, inner: Fetch) => Response | Promise<Response>,
) {
  const first = await startRelay(center, around && { around });
  const second = await startRelay(center);
  const own = await openAgentWorld(center, peerOf(center, first, second), 100);
  const side = await openAgentWorld(box, peerOf(box, first, second), 100);
  await own.clinical.putPublic('center.keys', utf8(center.keyListText(1)));
  await own.clinical.putPublic('access.json', utf8(center.accessText(1, [box])));
  t.after(async () => {
    await Promise.all([own.stop(), side.stop()]);
    await Promise.all([first.close(), second.close()]);
  });
  return { first, second, own, side };
}

const shows = async ({ clinical }: Awaited<ReturnType<typeof openAgentWorld>>, kind: string) =>
  (await clinical.agentState())?.faults.some((shown) => shown.kind === kind) === true;

test('a relay that calls good packs damaged twice is left for the next one, where the center finds them', async (t) => {
  const { liar, around } = createLiar();
  const { own, side } = await open(t, around);
  own.start();
  side.start();
  const packs = ['1', '2', '3', '4', '5'].map(packOf);
  await side.send(packs);
  const received = await own.receive(packs.length);
  for (const pack of packs) assert.deepEqual(received.get(idOf(pack)), pack);
  // At most what was under way side by side when the second answer came.
  assert.ok(liar.uploadedBytes <= 5 * 200_000, String(liar.uploadedBytes));
  // A person has to hear of it, also while the other relay works.
  await side.until(() => shows(side, 'agent/good-pack-refused'));
  // The center works with the first one still: its answer is found there.
  const report = outsideOfPack(box.mailbox, 3_000, 'report');
  await own.send([report], 1);
  assert.deepEqual((await side.receive(1)).get(idOf(report)), report);
});

test('what was taken in is acknowledged at the relay that named it', async (t) => {
  const { around } = createLiar();
  const { own, side, second } = await open(t, around);
  own.start();
  side.start();
  await side.send([packOf('acknowledged')]);
  await own.receive(1);
  while ((await second.store.packs()).length > 0) await next();
  while ((await own.clinical.arrivedPacks()).length > 0) await next();
});

test('a single relay that lies is offered next to nothing, and all as soon as it is well', async (t) => {
  const { liar, around } = createLiar();
  const relay = await startRelay(center, { around });
  // A minute lasts a fifth of a second.
  const side = await openAgentWorld(box, relay.peerOf(box), 300);
  await side.clinical.putPublic('center.keys', utf8(center.keyListText(1)));
  await side.clinical.putPublic('access.json', utf8(center.accessText(1, [box])));
  t.after(async () => {
    await side.stop();
    await relay.close();
  });
  const packs = Array.from({ length: 5 }, (_, n) => packOf(`alone ${n}`));
  const startMs = performance.now();
  side.start();
  await side.send(packs);
  await side.until(() => shows(side, 'agent/good-pack-refused'));
  // In the first twenty minutes it is tried three times, each with what leaves side by side before an answer.
  while (performance.now() - startMs < 4_000) await next();
  assert.ok(liar.uploadedBytes <= 3 * 5 * 200_000, String(liar.uploadedBytes));
  liar.isLying = false;
  await side.until(async () => (await side.clinical.custodyPacks()).length === packs.length);
  assert.ok(!(await shows(side, 'agent/good-pack-refused')));
});

test('while the first relay is away the next one is used, and left again when the first is back', async (t) => {
  const { first, own, side } = await open(t);
  const { port, tls, store, index } = first;
  own.start();
  side.start();
  await side.send([packOf('before')]);
  await own.receive(1);
  await first.close();
  await side.send([packOf('meanwhile')]);
  assert.ok((await own.receive(1)).has(idOf(packOf('meanwhile'))));
  let uploads = 0;
  const again = await startRelay(center, {
    ...{ port, tls, store, index },
    around: (request, inner) => {
      uploads += Number(isUpload(request));
      return inner(request);
    },
  });
  t.after(() => again.close());
  for (let n = 0; uploads === 0; n++) {
    await side.send([packOf(`after ${n}`)]);
    await own.receive(1);
    for (let turn = 0; turn < 20; turn++) await next();
  }
});

const next = () => new Promise((resolve) => setTimeout(resolve, 5));
