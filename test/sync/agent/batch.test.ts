import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { utf8 } from '#sync/core/bytes.ts';
import { openAgentWorld } from '#test/support/agent-world.ts';
import { idOf, outsideOfPack } from '#test/support/pack-bytes.ts';
import { type Fetch, startRelay } from '#test/support/relay-server.ts';
import { testCenter, testParty } from '#test/support/relay-world.ts';

const center = testCenter('center one');
const box = testParty('box one');
const packsOf = (count: number, sizeBytes = 3_000) =>
  Array.from({ length: count }, (_, n) => outsideOfPack(center.mailbox, sizeBytes, `pack ${n}`));

async function open(
  t: TestContext,
  around: (request: Request, inner: Fetch) => Response | Promise<Response> = (request, inner) =>
    inner(request),
) {
  const requests: string[] = [];
  const relay = await startRelay(center, {
    around(request, inner) {
      const path = new URL(request.url).pathname.replace(/[0-9a-f]{32,}/, ':id');
      requests.push(`${request.method} ${path}`);
      return around(request, inner);
    },
  });
  const side = await openAgentWorld(box, relay.peerOf(box), 20);
  await side.clinical.putPublic('center.keys', utf8(center.keyListText(1)));
  await side.clinical.putPublic('access.json', utf8(center.accessText(1, [box])));
  t.after(async () => {
    await side.stop();
    await relay.close();
  });
  const sendAll = async (packs: readonly Uint8Array[]): Promise<void> => {
    await side.send(packs, 1);
    side.start();
    await side.until(async () => (await side.clinical.custodyPacks()).length === packs.length);
    const kept = (await relay.store.packs()).map(({ packId }) => packId);
    assert.deepEqual(kept.toSorted(), packs.map(idOf).toSorted());
  };
  const count = (line: string) => requests.filter((each) => each === line).length;
  return { relay, side, sendAll, count };
}

const isBatch = (request: Request): boolean => request.url.endsWith('/packs/batch');

test('many small packs share requests', async (t) => {
  const { sendAll, count } = await open(t);
  await sendAll(packsOf(60));
  const uploads = count('POST /v1/packs/batch') + count('PATCH /v1/packs/:id');
  assert.ok(count('POST /v1/packs/batch') > 0 && uploads <= 20, `${uploads} requests`);
});

test('a relay that knows no batches gets each pack alone, and is asked once', async (t) => {
  const { sendAll, count } = await open(t, async (request, inner) => {
    if (!isBatch(request)) return inner(request);
    await request.arrayBuffer();
    return new Response('{"code":"relay/absent"}', { status: 404 });
  });
  await sendAll(packsOf(30));
  assert.ok(count('POST /v1/packs/batch') <= 10, 'those that were under way together');
  assert.ok(count('PATCH /v1/packs/:id') >= 30);
});

test('what a batch did not bring there is sent alone', async (t) => {
  const { sendAll, count } = await open(t, async (request, inner) => {
    if (!isBatch(request)) return inner(request);
    await request.arrayBuffer();
    return Response.json({ refused: [], receipts: [] });
  });
  await sendAll(packsOf(12));
  assert.ok(count('PATCH /v1/packs/:id') >= 12);
});

test('a batch that is cut before its answer costs no pack and brings none twice', async (t) => {
  let cuts = 2;
  const { sendAll } = await open(t, async (request, inner) => {
    const answer = await inner(request);
    if (!isBatch(request) || cuts-- <= 0) return answer;
    return new Response(new ReadableStream({ pull: (c) => c.error(new Error('cut')) }), answer);
  });
  await sendAll(packsOf(20));
});
