import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { utf8 } from '#sync/core/bytes.ts';
import { parseConfig } from '#sync/core/config.ts';
import { relayConfigSchema } from '#sync/relay/config.ts';
import { parseRange } from '#sync/relay/range.ts';
import { encodeBatch } from '#sync/wire/batch.ts';
import { fuzzBytes, fuzzJson, fuzzText } from '#test/support/fuzz.ts';
import { idOf, outsideOfPack } from '#test/support/pack-bytes.ts';
import { put } from '#test/support/relay-requests.ts';
import { openRelayWorld } from '#test/support/relay-world.ts';

/** Statuses that say what is wrong; 500 would mean that the relay does not know. */
const told = new Set([200, 201, 206, 400, 401, 403, 404, 405, 409, 413, 416, 422, 429, 507]);

const usual = { rounds: 100, allocates: 8 * 1024 * 1024 };

async function open() {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const pack = outsideOfPack(world.center.mailbox, 3_000, 'fuzz');
  await put(world, token, pack);
  const check = async (answer: Response): Promise<string> => {
    const text = await answer.text();
    assert.ok(told.has(answer.status), `status ${answer.status}: ${text.slice(0, 200)}`);
    if (answer.status >= 400) assert.ok(text.startsWith('{"code":"relay/'), text.slice(0, 200));
    assert.doesNotMatch(text, /node_modules|\.ts:| {4}at /);
    return text;
  };
  return { ...world, world, token, pack, check };
}

test('any path is answered, and none reaches outside the routes', async () => {
  const { token, as, fetch, pack, check, box } = await open();
  const paths = [
    ...['time', 'session', 'keylist', 'access', 'acks', 'packs/status'],
    ...[`packs/${idOf(pack)}`, 'packs/..%2f..%2fetc%2fpasswd', 'packs/%00', 'packs/%e0%80'],
    ...[`mailboxes/${box.mailbox}/events?after=x&wait=0`, 'mailboxes/%2e%2e/events?wait=1e9'],
  ];
  await fuzzText(
    'createRelayApp path',
    paths,
    async (path) => {
      // Waiting is bounded by the relay; here nobody moves its clock.
      const address = path.replace(/wait=\d/g, 'wait=0');
      if (!URL.canParse(`http://relay/v1/${address}`)) return;
      for (const method of ['GET', 'POST', 'DELETE']) {
        await check(await as(token, address, { method }));
        await check(await fetch(address, { method }));
      }
    },
    usual,
  );
});

test('any header of an upload, a fetch or a session is answered', async () => {
  const { token, as, fetch, pack, check } = await open();
  const headers = ['bytes=0-99', 'bytes=5000-', 'bytes=0-1,2-3', '-1', '4308', 'Bearer x', 'gzip'];
  await fuzzText(
    'createRelayApp headers',
    headers,
    async (text) => {
      const value = text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '').trim();
      await check(await as(token, `packs/${idOf(pack)}`, { headers: { range: value } }));
      await check(await fetch('keylist', { headers: { authorization: value } }));
      const upload = { 'upload-length': value, 'upload-offset': value, 'content-encoding': value };
      const type = { 'content-type': 'application/partial-upload' };
      for (const method of ['PUT', 'PATCH']) {
        const init = { method, headers: { ...upload, ...type }, body: utf8('x').slice() };
        await check(await as(token, `packs/${idOf(pack)}`, init));
      }
    },
    usual,
  );
});

test('a JSON body of any form is read or refused', async () => {
  const { token, as, fetch, pack, check, box } = await open();
  const samples = [
    { packIds: [idOf(pack)] },
    { handle: box.handle },
    { handle: box.handle, challenge: 'A'.repeat(54), signature: 'A'.repeat(86) },
  ];
  const post = async (body: Uint8Array | string): Promise<void> => {
    const init = { method: 'POST', body: typeof body === 'string' ? body : body.slice() };
    await check(await fetch('session', init));
    for (const path of ['acks', 'packs/status']) await check(await as(token, path, init));
  };
  await fuzzJson(
    'createRelayApp JSON',
    samples,
    (value) => post(JSON.stringify(value) ?? ''),
    usual,
  );
  const texts = samples.map((sample) => utf8(JSON.stringify(sample)));
  await fuzzBytes('readJson, readText', texts, post, usual);
});

test('a batch of any form is kept, refused by packs or refused', async () => {
  const { token, as, pack, center, check } = await open();
  const other = outsideOfPack(center.mailbox, 2_500, 'batched');
  const packs = [pack, other].map((bytes) => ({ packId: idOf(bytes), bytes }));
  const headers = { 'content-type': 'application/outpost-packs' };
  await fuzzBytes(
    'createRelayApp batch',
    [encodeBatch(packs), encodeBatch(packs.slice(1))],
    async (bytes) => {
      await check(await as(token, 'packs/batch', { method: 'POST', headers, body: bytes.slice() }));
    },
    usual,
  );
});

test('a request of pairing of any form is kept or refused', async () => {
  const { world, check, center } = await open();
  const ticket = 'ab'.repeat(16);
  const body = center.accessText(2, [world.box], (list) => ({
    ...list,
    tickets: [{ id: ticket, until: '2027-01-31' }],
  }));
  await check(await world.fetch('access', { method: 'PUT', body }));
  await fuzzBytes(
    'readBytes',
    [outsideOfPack(center.mailbox, 3_000, 'request')],
    async (bytes) => {
      const init = { method: 'POST', body: bytes.slice() };
      await check(await world.fetch(`enrol/${ticket}`, init));
      await world.clock.advance(3_600_000 / 20);
    },
    usual,
  );
});

test('bodies that are huge, deep, doubled or compressed cost no more than they are long', async () => {
  const { token, as, fetch, check } = await open();
  const deep = `${'['.repeat(60_000)}${']'.repeat(60_000)}`;
  const doubled = `{"packIds":["x"],"packIds":[${'"x",'.repeat(20_000)}"x"],"__proto__":{"a":1}}`;
  const bodies = [deep, doubled, `{"packIds":[${'0,'.repeat(60_000)}0]}`, '{"a":1'.repeat(20_000)];
  for (const body of bodies) {
    assert.equal((await as(token, 'acks', { method: 'POST', body })).status, 400);
    await check(await fetch('session', { method: 'POST', body }));
  }
  const bomb = Uint8Array.from(gzipSync(new Uint8Array(50_000_000)));
  const headers = { 'content-encoding': 'gzip' };
  const answer = await as(token, 'acks', { method: 'POST', headers, body: bomb });
  assert.equal(answer.status, 400, 'nothing is ever inflated');
  const long = await fetch('keylist', { method: 'PUT', body: new Uint8Array(3_000_000) });
  assert.equal(long.status, 413);
});

test('a signed list or a pack that was changed is refused, and the relay keeps what it had', async () => {
  const { token, as, fetch, check, center, box, pack, store } = await open();
  const lists = [center.keyListText(2), center.accessText(2, [box])].map((text) => utf8(text));
  await fuzzBytes(
    'PUT lists',
    lists,
    async (bytes) => {
      for (const path of ['keylist', 'access']) {
        await check(await fetch(path, { method: 'PUT', body: bytes.slice() }));
      }
    },
    { ...usual, rounds: 20 },
  );
  assert.equal((await as(token, 'keylist')).status, 200);
  const other = outsideOfPack(center.mailbox, 2_000, 'other');
  await fuzzBytes(
    'PUT packs',
    [other, pack],
    async (bytes) => {
      const headers = { 'upload-length': String(bytes.length) };
      const init = { method: 'PUT', headers, body: bytes.slice() };
      await check(await as(token, `packs/${idOf(other)}`, init));
    },
    { ...usual, rounds: 60 },
  );
  assert.deepEqual(
    (await store.packs()).map(({ packId }) => packId).toSorted(),
    [idOf(pack), idOf(other)].toSorted(),
  );
});

test('a range lies inside its file, or the whole answers', () =>
  fuzzText(
    'parseRange',
    ['bytes=0-0', 'bytes=5-', 'bytes=-5', 'bytes=1-2,3-4', 'bytes=9-3'],
    (text) => {
      for (const sizeBytes of [0, 1, 10, 16_782_080]) {
        const range = parseRange(text, sizeBytes);
        if (typeof range !== 'object') continue;
        assert.ok(range.length > 0 && range.offset + range.length <= sizeBytes);
      }
    },
  ));

test('a config of any form is taken or all its faults are told', () => {
  const config = {
    ...{ format: 1, dataDir: '/var/lib/outpost/relay', port: 8_443, relayId: 'relay-1' },
    roots: ['ab'.repeat(32)],
  };
  return fuzzJson(
    'relayConfigSchema',
    [config],
    (value) => {
      const parsed = parseConfig('relay', relayConfigSchema, JSON.stringify(value) ?? '');
      if (!parsed.ok) return assert.ok(parsed.fault.next);
      assert.ok(parsed.value.roots.every((root) => /^[0-9a-f]{64}$/.test(root)));
    },
    { rounds: 200 },
  );
});
