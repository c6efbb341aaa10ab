import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { type Events, eventsSchema } from '#sync/wire/routes.ts';
import { idOf, outsideOfPack } from '#test/support/pack-bytes.ts';
import { eventsOf, put } from '#test/support/relay-requests.ts';
import { openRelayWorld, type RelayWorld } from '#test/support/relay-world.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

async function open() {
  const world = await openRelayWorld();
  return { world, box: await world.session(world.box), center: await world.session(world.center) };
}

/** A stream of events that is read piece by piece; undefined at its end. */
async function listen(world: RelayWorld, token: string, mailbox: string, after = '') {
  const path = `mailboxes/${mailbox}/events?after=${after}`;
  const answer = await world.as(token, path, { headers: { accept: 'text/event-stream' } });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'text/event-stream');
  const reader = answer.body?.getReader();
  assert.ok(reader !== undefined);
  return {
    text: async (): Promise<string | undefined> => {
      const { value, done } = await reader.read();
      return done ? undefined : new TextDecoder().decode(value);
    },
    async events(): Promise<Events> {
      const text = (await this.text()) ?? '';
      assert.match(text, /^data:.*\n\n$/);
      return eventsSchema.parse(JSON.parse(text.slice('data:'.length)));
    },
    cancel: () => reader.cancel(),
  };
}

const packTo = (mailbox: string, seed: string, packClass: number, sizeBytes = 3_000) => {
  const bytes = outsideOfPack(mailbox, sizeBytes, seed);
  bytes[10] = packClass;
  return bytes;
};

test('a stream says at once what there is, even nothing, and then whatever comes', async () => {
  const { world, box, center } = await open();
  const stream = await listen(world, center, world.center.mailbox);
  const first = await stream.events();
  assert.deepEqual(first.packs, []);
  const next = stream.events();
  const pack = packTo(world.center.mailbox, 'one', 2);
  await put(world, box, pack);
  const { cursor, packs } = await next;
  assert.deepEqual(packs, [{ packId: idOf(pack), sizeBytes: pack.length, class: 2 }]);
  await stream.cancel();
  const again = await listen(world, center, world.center.mailbox, cursor);
  assert.deepEqual((await again.events()).packs, []);
});

test('a quiet stream says so every 50 s and ends after an hour', async () => {
  const { world, center } = await open();
  const stream = await listen(world, center, world.center.mailbox);
  await stream.events();
  for (let quiet = 0; quiet < 72; quiet++) {
    const next = stream.text();
    while (world.clock.waiting() === 0) await settle();
    world.clock.advance(50_000);
    assert.equal(await next, ':\n\n');
  }
  assert.equal(await stream.text(), undefined);
  assert.equal(world.relay.mailboxes.waiting(), 0);
});

test('a reader that goes away leaves nothing behind', async () => {
  const { world, center } = await open();
  const stream = await listen(world, center, world.center.mailbox);
  await stream.events();
  const next = stream.text();
  while (world.clock.waiting() === 0) await settle();
  assert.equal(world.relay.mailboxes.waiting(), 1);
  await stream.cancel();
  assert.equal(await next, undefined);
  while (world.relay.mailboxes.waiting() > 0) await settle();
  assert.equal(world.clock.waiting(), 0);
});

test('streams end when the relay stops, and when the center takes the right away', async () => {
  const { world, box, center } = await open();
  const [boxes, centers] = await Promise.all([
    listen(world, box, world.box.mailbox),
    listen(world, center, world.center.mailbox),
  ]);
  await Promise.all([boxes.events(), centers.events()]);
  const next = boxes.text();
  const body = world.center.accessText(2, []);
  await world.fetch('access', { method: 'PUT', body });
  assert.equal(await next, undefined);
  const last = centers.text();
  world.stop.abort();
  assert.equal(await last, undefined);
});

test('a fifth stream of one caller ends the oldest', async () => {
  const { world, center } = await open();
  const streams = [];
  for (let count = 0; count < 5; count++) {
    const stream = await listen(world, center, world.center.mailbox);
    await stream.events();
    streams.push(stream);
  }
  assert.equal(await streams[0]?.text(), undefined);
  assert.equal(world.relay.mailboxes.waiting(), 4);
  world.stop.abort();
});

test('a small urgent pack rides in the answer that names it, others do not', async () => {
  const { world, box, center } = await open();
  const report = packTo(world.box.mailbox, 'report', 1, 2_100);
  const large = packTo(world.box.mailbox, 'large', 1, 40_000);
  const routine = packTo(world.box.mailbox, 'routine', 2);
  for (const pack of [report, large, routine]) {
    assert.equal((await put(world, center, pack)).status, 201);
  }
  const { packs } = await eventsOf(world, box, world.box.mailbox, '');
  const bytesOf = new Map(packs.map(({ packId, bytes }) => [packId, bytes]));
  assert.deepEqual(Buffer.from(bytesOf.get(idOf(report)) ?? '', 'base64url'), Buffer.from(report));
  assert.equal(bytesOf.get(idOf(large)), undefined);
  assert.equal(bytesOf.get(idOf(routine)), undefined);
  assert.equal(packs.length, 3);
});

test('packs that ride in one answer are bounded together', async () => {
  const { world, box, center } = await open();
  for (let count = 0; count < 12; count++) {
    await put(world, center, packTo(world.box.mailbox, String(count), 1, 10_000));
  }
  const { packs } = await eventsOf(world, box, world.box.mailbox, '');
  assert.equal(packs.length, 12);
  assert.equal(packs.filter(({ bytes }) => bytes !== undefined).length, 5);
});

test('an urgent pack behind a thousand others is named with the first of them', async () => {
  const { world, center } = await open();
  const { index } = world;
  const caller = world.relay.admission.callersOf(world.center.handle)[0];
  assert.ok(caller !== undefined);
  const add = (seed: string, packClass: 0 | 2) =>
    index.addPack({
      ...{ center: caller.center, mailbox: world.center.mailbox, sizeBytes: 5_000 },
      ...{ packId: idOf(Buffer.from(seed)), class: packClass, receivedAtMs: 0 },
    });
  for (let count = 0; count < 1_005; count++) await add(`bulk ${count}`, 2);
  await add('urgent', 0);
  const first = await eventsOf(world, center, world.center.mailbox, '');
  assert.equal(first.packs.length, 1_001);
  assert.equal(first.packs.at(-1)?.packId, idOf(Buffer.from('urgent')));
  const second = await eventsOf(world, center, world.center.mailbox, first.cursor);
  assert.equal(second.packs.length, 6, 'the cursor goes on behind the page');
  const stream = await listen(world, center, world.center.mailbox);
  assert.equal((await stream.events()).packs.length, 1_001);
  assert.equal((await stream.events()).packs.length, 6);
  await stream.cancel();
});

test('a center is told which of its boxes are two; nobody else is', async () => {
  const { world, box, center } = await open();
  world.clock.advance(1_000);
  const clone = await world.session(world.box);
  world.clock.advance(121_000);
  const stream = await listen(world, center, world.center.mailbox);
  assert.equal((await stream.events()).doubled, undefined);
  const told = stream.events();
  while (world.clock.waiting() === 0) await settle();
  await world.as(box, 'keylist');
  assert.deepEqual((await told).doubled, [world.box.handle]);
  const polled = await eventsOf(world, center, world.center.mailbox, '');
  assert.deepEqual(polled.doubled, [world.box.handle]);
  assert.equal((await eventsOf(world, clone, world.box.mailbox, '')).doubled, undefined);
  await stream.cancel();
});
