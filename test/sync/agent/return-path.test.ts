import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { utf8 } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { openAgentWorld } from '#test/support/agent-world.ts';
import { idOf, outsideOfPack } from '#test/support/pack-bytes.ts';
import { type Fetch, startRelay } from '#test/support/relay-server.ts';
import { testCenter, testParty } from '#test/support/relay-world.ts';

const center = testCenter('center one');
const box = testParty('box one');

const packTo = (mailbox: string, seed: string, packClass: number, sizeBytes: number) => {
  const bytes = outsideOfPack(mailbox, sizeBytes, seed);
  bytes[10] = packClass;
  return bytes;
};

/** A center and a box at one relay; the box reaches it by way of `around`, the center straight. */
async function open(
  t: TestContext,
  around: (request: Request, inner: Fetch) => Response | Promise<Response> = (request, inner) =>
    inner(request),
  speed = 10,
) {
  let boxToken = '';
  const requests: string[] = [];
  const relay = await startRelay(center, {
    async around(request, inner) {
      const path = new URL(request.url).pathname;
      const isBoxes = path.includes(box.mailbox);
      const authorization = request.headers.get('authorization') ?? '';
      if (isBoxes) boxToken = authorization;
      const isOfBox = authorization !== '' && authorization === boxToken;
      if (!isOfBox) return inner(request);
      requests.push(`${request.method} ${path.replace(/[0-9a-f]{32,}/, ':id')}`);
      return around(request, inner);
    },
  });
  const [sender, receiver] = await Promise.all([
    openAgentWorld(center, relay.peerOf(center), speed),
    openAgentWorld(box, relay.peerOf(box), speed),
  ]);
  await sender.clinical.putPublic('center.keys', utf8(center.keyListText(1)));
  await sender.clinical.putPublic('access.json', utf8(center.accessText(1, [box])));
  t.after(async () => {
    await Promise.all([sender.stop(), receiver.stop()]);
    await relay.close();
  });
  sender.start();
  receiver.start();
  return { relay, sender, receiver, requests };
}

const isStream = (request: Request): boolean =>
  request.headers.get('accept')?.includes('text/event-stream') ?? false;
const isFetch = (request: Request): boolean => /\/packs\/[0-9a-f]{64}$/.test(request.url);

/** Resolves when the box follows its mailbox. */
const follows = async (requests: readonly string[]): Promise<void> => {
  while (!requests.some((line) => line.endsWith('/events'))) await next();
};
const next = () => new Promise((resolve) => setTimeout(resolve, 5));

test('a report comes without a request of its own: it rides in the event', async (t) => {
  const { sender, receiver, requests } = await open(t);
  await follows(requests);
  const report = packTo(box.mailbox, 'report', 1, 2_100);
  await sender.send([report], 1);
  const received = await receiver.receive(1);
  assert.deepEqual(received.get(idOf(report)), report);
  assert.ok(!requests.some((line) => line.startsWith('GET /v1/packs')), requests.join('\n'));
});

test('behind a proxy that gathers streams the mailbox is asked, and nothing is lost', async (t) => {
  const { sender, receiver, requests } = await open(
    t,
    async (request, inner) => {
      if (!isStream(request)) return inner(request);
      const answer = await inner(request);
      // Held back until the relay ends it, which is not within this test.
      return new Response(await answer.arrayBuffer().catch(() => undefined), answer);
    },
    200,
  );
  await follows(requests);
  const packs = [1, 2].map((n) => packTo(box.mailbox, `gathered ${n}`, n, 3_000));
  await sender.send(packs);
  const received = await receiver.receive(2);
  assert.deepEqual([...received.keys()].sort(), packs.map(idOf).sort());
  assert.ok(requests.filter((line) => line.endsWith('/events')).length >= 2);
});

test('where streams break at once the mailbox is asked', async (t) => {
  let streams = 0;
  let polls = 0;
  const { sender, receiver } = await open(
    t,
    async (request, inner) => {
      if (!isStream(request)) {
        if (request.url.includes('/events')) polls++;
        return inner(request);
      }
      streams++;
      const answer = await inner(request);
      const reader = answer.body?.getReader();
      const first = await reader?.read();
      void reader?.cancel();
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          if (first?.value !== undefined) controller.enqueue(first.value);
          controller.close();
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    },
    // At this speed a first word may take three seconds of a busy machine.
    10,
  );
  while (polls === 0) await next();
  assert.ok(streams >= 3, `${streams} streams`);
  const pack = packTo(box.mailbox, 'asked', 2, 3_000);
  await sender.send([pack]);
  assert.deepEqual((await receiver.receive(1)).get(idOf(pack)), pack);
});

test('a fetch that is cut goes on at the byte where it ended', async (t) => {
  const offsets: number[] = [];
  const pack = packTo(box.mailbox, 'cut', 2, 400_000);
  const { sender, receiver } = await open(
    t,
    async (request, inner) => {
      if (!isFetch(request)) return inner(request);
      const [, from] = /bytes=(\d+)-/.exec(request.headers.get('range') ?? '') ?? [];
      offsets.push(Number(from));
      const answer = await inner(request);
      if (offsets.length > 3) return answer;
      const bytes = new Uint8Array(await answer.arrayBuffer());
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(bytes.subarray(0, 50_001)),
        // In a turn of its own, so that the first bytes are out.
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 100));
          controller.error(new Error('cut'));
        },
      });
      return new Response(body, { status: answer.status, headers: answer.headers });
    },
    50,
  );
  await sender.send([pack]);
  assert.deepEqual((await receiver.receive(1)).get(idOf(pack)), pack);
  const rising = offsets.slice(0, 4);
  assert.deepEqual(
    rising,
    [...rising].sort((a, b) => a - b),
  );
  assert.equal(rising[1], 50_001, 'not one byte of what came is fetched again');
});

test('an urgent pack overtakes bulk that is under way', async (t) => {
  const bulk = packTo(box.mailbox, 'bulk', 3, 3_000_000);
  const urgent = packTo(box.mailbox, 'urgent', 0, 300_000);
  let isBulkUnderWay = false;
  let isOpen = false;
  const order: string[] = [];
  const { sender, receiver } = await open(t, async (request, inner) => {
    if (!isFetch(request)) return inner(request);
    const isBulk = request.url.includes(idOf(bulk));
    order.push(isBulk ? 'bulk' : 'urgent');
    const answer = await inner(request);
    if (!isBulk || isOpen) return answer;
    // The link is so slow that this piece would take for ever.
    isBulkUnderWay = true;
    const bytes = new Uint8Array(await answer.arrayBuffer());
    let isFirst = true;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (isFirst) controller.enqueue(bytes.subarray(0, 1_000));
        isFirst = false;
        return new Promise(() => undefined);
      },
    });
    return new Response(body, { status: answer.status, headers: answer.headers });
  });
  await sender.send([bulk], 3);
  while (!isBulkUnderWay) await next();
  await sender.send([urgent], 0);
  const first = await receiver.receive(1);
  assert.deepEqual([...first.keys()], [idOf(urgent)]);
  isOpen = true;
  assert.equal(order[0], 'bulk');
  assert.ok(order.includes('urgent'));
});

test('what is acknowledged leaves the relay, and the cursor passes it', async (t) => {
  const { relay, sender, receiver, requests } = await open(t);
  await follows(requests);
  const packs = [0, 1, 2].map((n) => packTo(box.mailbox, `ack ${n}`, n, 20_000 * (n + 1)));
  await sender.send(packs);
  await receiver.receive(3);
  while ((await relay.store.packs()).length > 0) await next();
  const held = expectOk(await relay.index.held());
  assert.equal(held.size, 0);
  while (Object.keys(receiver.journal().cursors).length === 0) await next();
});
