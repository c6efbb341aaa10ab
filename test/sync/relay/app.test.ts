import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCustody } from '#sync/seal/custody.ts';
import { aheadBytes, largestPackSizeBytes } from '#sync/wire/limits.ts';
import { idOf, outsideOfPack, seededBytes } from '#test/support/pack-bytes.ts';
import { eventsOf, piece, put, statusOf } from '#test/support/relay-requests.ts';
import {
  openRelayWorld,
  testCenter,
  testParty,
  testReceiptKey,
} from '#test/support/relay-world.ts';

test('a whole pack is answered with a custody receipt that names it', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const pack = outsideOfPack(world.center.mailbox, 5_000, 'a');
  const answer = await put(world, token, pack);
  assert.equal(answer.status, 201);
  const receipt = openCustody(await answer.text(), testReceiptKey.publicKey);
  assert.ok(receipt.ok);
  assert.equal(receipt.value.relay, 'relay-1');
  assert.deepEqual(receipt.value.packs, [{ packId: idOf(pack), sizeBytes: pack.length }]);
  const again = await put(world, token, pack);
  assert.equal(again.status, 201, 'the same pack again is the same answer');
});

test('a pack comes in pieces, with overlap, and one far ahead is answered with the right offset', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const pack = outsideOfPack(world.center.mailbox, 5_000, 'b');
  const first = await piece(world, token, pack, 0, 2_000);
  assert.equal(first.status, 200);
  assert.equal(first.headers.get('upload-offset'), '2000');
  assert.deepEqual(await first.json(), { offset: 2_000 });
  const empty = await piece(world, token, pack, 2_001, 2_001);
  assert.equal(empty.status, 409);
  assert.equal(empty.headers.get('upload-offset'), '2000');
  const status = await statusOf(world, token, [pack]);
  assert.deepEqual(status.packs, [{ packId: idOf(pack), state: 'offset', offset: 2_000 }]);
  assert.equal((await piece(world, token, pack, 500, 2_600)).headers.get('upload-offset'), '2600');
  assert.equal((await piece(world, token, pack, 2_000, pack.length)).status, 201);
});

test('a piece that overtakes the one in front of it waits for it', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const pack = outsideOfPack(world.center.mailbox, 5_000, 'overtaken');
  const last = await piece(world, token, pack, 3_000, pack.length);
  assert.deepEqual(await last.json(), { offset: 0 });
  assert.deepEqual(await (await piece(world, token, pack, 1_000, 2_000)).json(), { offset: 0 });
  const early = [
    [1_000, 2_000],
    [3_000, pack.length],
  ];
  const { packs } = await statusOf(world, token, [pack]);
  assert.deepEqual(packs, [{ packId: idOf(pack), state: 'offset', offset: 0, early }]);
  assert.deepEqual(await (await piece(world, token, pack, 0, 1_500)).json(), { offset: 2_000 });
  assert.equal((await piece(world, token, pack, 2_000, 3_000)).status, 201);
});

test('a piece further ahead than the relay remembers is refused with the right offset', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const pack = outsideOfPack(world.center.mailbox, aheadBytes + 10_000, 'far');
  const far = await piece(world, token, pack, aheadBytes, aheadBytes + 1_000);
  assert.equal(far.status, 409);
  assert.equal(far.headers.get('upload-offset'), '0');
});

test('a pack that does not hash to its id is dropped', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const pack = outsideOfPack(world.center.mailbox, 5_000, 'c');
  const bad = pack.slice();
  bad[4_000] = (bad[4_000] ?? 0) ^ 1;
  const answer = await put(world, token, bad, idOf(pack));
  assert.equal(answer.status, 422);
  assert.equal(answer.headers.get('upload-offset'), '0');
  assert.equal((await statusOf(world, token, [pack])).packs[0]?.state, 'absent');
  assert.equal((await put(world, token, pack)).status, 201, 'the true bytes are taken afterwards');
});

test('what has no pack outside, or another length, is refused at its first bytes', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const noise = seededBytes('noise', 4_000);
  assert.equal((await put(world, token, noise)).status, 400);
  const pack = outsideOfPack(world.center.mailbox, 5_000, 'd');
  const long = new Uint8Array(pack.length + 1);
  long.set(pack);
  assert.equal((await put(world, token, long)).status, 400);
  assert.deepEqual(await world.store.parts(), []);
});

test('a box writes only into mailboxes that it was given', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  for (const mailbox of [world.box.mailbox, testParty('stranger').mailbox]) {
    const pack = outsideOfPack(mailbox, 3_000, mailbox);
    assert.equal((await piece(world, token, pack, 0, 200)).status, 403, 'at its first bytes');
    assert.equal((await put(world, token, pack)).status, 403);
    assert.deepEqual(await world.store.parts(), []);
  }
});

test('impossible lengths, offsets and ids are refused without a trace', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const id = idOf(seededBytes('x', 1));
  const send = (path: string, headers: Record<string, string>, method = 'PATCH') =>
    world.as(token, path, { method, headers, body: 'x' });
  const type = { 'content-type': 'application/partial-upload' };
  const upload = { ...type, 'upload-length': '9000', 'upload-offset': '0' };
  const cases: readonly [string, Record<string, string>, number][] = [
    [`packs/${id}`, { ...upload, 'upload-length': '10' }, 400],
    [`packs/${id}`, { ...upload, 'upload-length': `${largestPackSizeBytes + 1}` }, 413],
    [`packs/${id}`, { ...upload, 'upload-length': '1e3' }, 400],
    [`packs/${id}`, { ...upload, 'upload-length': '-1' }, 400],
    [`packs/${id}`, { ...upload, 'upload-offset': '9001' }, 400],
    [`packs/${id}`, { ...upload, 'upload-offset': '' }, 400],
    [`packs/${id}`, { ...upload, 'content-type': 'text/plain' }, 400],
    [`packs/${id}`, type, 400],
    [`packs/${id.toUpperCase()}`, upload, 400],
    ['packs/..%2f..%2fetc', upload, 400],
  ];
  for (const [path, headers, status] of cases) {
    assert.equal((await send(path, headers)).status, status, JSON.stringify(headers));
  }
  assert.deepEqual(await world.store.parts(), []);
});

test('bytes behind the end of a pack are refused', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const pack = outsideOfPack(world.center.mailbox, 3_000, 'e');
  const answer = await world.as(token, `packs/${idOf(pack)}`, {
    method: 'PUT',
    headers: { 'upload-length': String(pack.length - 1_000) },
    body: pack,
  });
  assert.equal(answer.status, 400);
});

test('a party without a good proof gets no session, and learns nothing from it', async () => {
  const world = await openRelayWorld();
  const stranger = testParty('stranger');
  await assert.rejects(world.session(stranger));
  await assert.rejects(world.session({ ...world.box, transport: stranger.transport }));
  const answers = await Promise.all(
    [world.box.handle, stranger.handle].map((handle) =>
      world.fetch('session', { method: 'POST', body: JSON.stringify({ handle }) }),
    ),
  );
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  );
});

test('a challenge is good for a minute and a session for an hour', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  world.clock.advance(3_599_000);
  assert.equal((await world.as(token, 'keylist')).status, 200);
  world.clock.advance(2_000);
  const late = await world.as(token, 'keylist');
  assert.equal(late.status, 401);
  assert.equal(late.headers.get('www-authenticate'), 'Bearer');
});

test('routes with a session refuse no, bad and foreign tokens', async () => {
  const world = await openRelayWorld();
  const id = idOf(seededBytes('x', 1));
  const other = await (await openRelayWorld()).session(world.box);
  for (const authorization of [
    '',
    'Bearer',
    'Bearer x',
    'Basic eDp4',
    `Bearer ${'A'.repeat(43)}`,
  ]) {
    for (const path of [`packs/${id}`, 'keylist', `mailboxes/${world.box.mailbox}/events`]) {
      assert.equal((await world.fetch(path, { headers: { authorization } })).status, 401);
    }
  }
  assert.equal((await world.as(`${other}A`, 'keylist')).status, 401);
});

test('a retired handle is shut out at once, with a running session too', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const body = world.center.accessText(2, [world.box], (list) => ({
    ...list,
    handles: list.handles.map((entry) =>
      entry.handle === world.box.handle ? { ...entry, state: 'retired' } : entry,
    ),
  }));
  assert.equal((await world.fetch('access', { method: 'PUT', body })).status, 200);
  assert.equal((await world.as(token, 'keylist')).status, 401);
  await assert.rejects(world.session(world.box));
});

test('the owner of a mailbox sees, fetches by range, acknowledges; then the file is gone', async () => {
  const world = await openRelayWorld();
  const boxToken = await world.session(world.box);
  const centerToken = await world.session(world.center);
  const pack = outsideOfPack(world.center.mailbox, 5_000, 'f');
  await put(world, boxToken, pack);
  const events = await eventsOf(world, centerToken, world.center.mailbox, '');
  assert.deepEqual(events.packs, [{ packId: idOf(pack), sizeBytes: pack.length, class: 2 }]);
  assert.equal(events.keyList, 1);

  const path = `packs/${idOf(pack)}`;
  const whole = await world.as(centerToken, path);
  assert.deepEqual(new Uint8Array(await whole.arrayBuffer()), pack);
  const part = await world.as(centerToken, path, { headers: { range: 'bytes=6000-9000' } });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get('content-range'), `bytes 6000-${pack.length - 1}/${pack.length}`);
  assert.deepEqual(new Uint8Array(await part.arrayBuffer()), pack.subarray(6_000));
  const behind = await world.as(centerToken, path, { headers: { range: 'bytes=6308-' } });
  assert.equal(behind.status, 416);

  const body = JSON.stringify({ packIds: [idOf(pack)] });
  assert.equal((await world.as(centerToken, 'acks', { method: 'POST', body })).status, 200);
  assert.equal((await world.as(centerToken, 'acks', { method: 'POST', body })).status, 200);
  assert.equal((await world.as(centerToken, path)).status, 404);
  assert.deepEqual(await world.store.packs(), []);
  const status = await statusOf(world, boxToken, [pack]);
  assert.equal(status.packs[0]?.state, 'taken');
  assert.equal(status.receipts.length, 1, 'who lost the receipt gets one still');
  const late = await eventsOf(world, centerToken, world.center.mailbox, events.cursor);
  assert.deepEqual(late.packs, []);
});

test('what is not the caller’s own is answered like what does not exist', async () => {
  const world = await openRelayWorld();
  const boxToken = await world.session(world.box);
  const centerToken = await world.session(world.center);
  const pack = outsideOfPack(world.center.mailbox, 3_000, 'g');
  await put(world, boxToken, pack);
  const absent = idOf(seededBytes('absent', 9));
  const [mine, none] = await Promise.all(
    [`packs/${idOf(pack)}`, `packs/${absent}`].map(async (path) => {
      const answer = await world.as(boxToken, path);
      return { status: answer.status, body: await answer.text() };
    }),
  );
  assert.deepEqual(mine, none, 'a box may not fetch what it brought');
  assert.equal(mine?.status, 404);
  const foreign = await world.as(boxToken, `mailboxes/${world.center.mailbox}/events`);
  assert.equal(foreign.status, 404);
  assert.equal((await statusOf(world, centerToken, [pack])).packs[0]?.state, 'absent');
  const body = JSON.stringify({ packIds: [idOf(pack)] });
  assert.equal((await world.as(boxToken, 'acks', { method: 'POST', body })).status, 200);
  assert.equal((await world.store.packs()).length, 1, 'an ack of somebody else lets nothing go');
});

test('a second center at one relay cannot reach into the mailbox of the first', async () => {
  const thief = testCenter('center two');
  const world = await openRelayWorld({ centers: [thief] });
  await world.fetch('keylist', { method: 'PUT', body: thief.keyListText(1) });
  const grab = thief.accessText(1, [{ ...testParty('accomplice'), mailbox: world.center.mailbox }]);
  assert.equal((await world.fetch('access', { method: 'PUT', body: grab })).status, 200);
  const pack = outsideOfPack(world.center.mailbox, 3_000, 'h');
  await put(world, await world.session(world.box), pack);
  const token = await world.session(testParty('accomplice'));
  const events = await eventsOf(world, token, world.center.mailbox, '');
  assert.deepEqual(events.packs, []);
  assert.equal((await world.as(token, `packs/${idOf(pack)}`)).status, 404);
  const body = JSON.stringify({ packIds: [idOf(pack)] });
  await world.as(token, 'acks', { method: 'POST', body });
  assert.equal((await world.store.packs()).length, 1);
});

test('requests of another form are refused, not guessed', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const many = Array.from({ length: 1_001 }, (_, n) => idOf(seededBytes('id', n + 1)));
  for (const body of [
    '',
    '{',
    '[]',
    '{"packIds":[]}',
    '{"packIds":["x"]}',
    '{"packIds":[],"x":1}',
  ]) {
    const answer = await world.as(token, 'packs/status', { method: 'POST', body });
    assert.equal(answer.status, 400, body);
  }
  const tooMany = await world.as(token, 'packs/status', {
    method: 'POST',
    body: JSON.stringify({ packIds: many }),
  });
  assert.equal(tooMany.status, 400);
  const tooLong = await world.as(token, 'acks', { method: 'POST', body: 'x'.repeat(200_000) });
  assert.equal(tooLong.status, 413);
  assert.equal((await world.fetch('nothing')).status, 404);
  assert.equal(
    (await world.fetch('session', { method: 'POST', body: '{"handle":"zz"}' })).status,
    400,
  );
});

test('the relay tells its time', async () => {
  const world = await openRelayWorld();
  const answer = await world.fetch('time');
  assert.deepEqual(await answer.json(), { nowMs: world.clock.nowMs() });
});
