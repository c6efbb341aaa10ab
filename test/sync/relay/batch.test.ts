import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat, utf8 } from '#sync/core/bytes.ts';
import { openCustody } from '#sync/seal/custody.ts';
import { encodeBatch, parseBatch } from '#sync/wire/batch.ts';
import { batchedPackSizeBytes, batchPacksAtMost, batchSizeBytes } from '#sync/wire/limits.ts';
import type { Batch } from '#sync/wire/routes.ts';
import { idOf, outsideOfPack } from '#test/support/pack-bytes.ts';
import { put, statusOf } from '#test/support/relay-requests.ts';
import { openRelayWorld, type RelayWorld, testReceiptKey } from '#test/support/relay-world.ts';

async function open() {
  const world = await openRelayWorld();
  return { world, token: await world.session(world.box) };
}

const packOf = (world: RelayWorld, seed: string, sizeBytes = 2_100) =>
  outsideOfPack(world.center.mailbox, sizeBytes, seed);
const named = (packs: readonly Uint8Array[]) =>
  packs.map((bytes) => ({ packId: idOf(bytes), bytes }));

const batch = (world: RelayWorld, token: string, body: Uint8Array) =>
  world.as(token, 'packs/batch', {
    method: 'POST',
    headers: { 'content-type': 'application/outpost-packs' },
    body: Uint8Array.from(body),
  });

/** Packs that the receipts of an answer name. */
async function keptIn(answer: Response): Promise<readonly string[]> {
  assert.equal(answer.status, 200);
  const { receipts } = (await answer.json()) as Batch;
  return receipts.flatMap((text) => {
    const custody = openCustody(text, testReceiptKey.publicKey);
    assert.ok(custody.ok);
    return custody.value.packs.map(({ packId }) => packId);
  });
}

test('several packs come in one request, and one receipt names them all', async () => {
  const { world, token } = await open();
  const packs = ['1', '2', '3'].map((seed) => packOf(world, seed));
  const answer = await batch(world, token, encodeBatch(named(packs)));
  const { receipts, refused } = (await answer.clone().json()) as Batch;
  assert.deepEqual([receipts.length, refused], [1, []]);
  assert.deepEqual(await keptIn(answer), packs.map(idOf));
  const center = await world.session(world.center);
  for (const pack of packs) {
    const fetched = await world.as(center, `packs/${idOf(pack)}`);
    assert.deepEqual(new Uint8Array(await fetched.arrayBuffer()), pack);
  }
});

test('the same batch again, and packs that are there already, get a receipt and no second row', async () => {
  const { world, token } = await open();
  const packs = ['1', '2'].map((seed) => packOf(world, seed));
  await put(world, token, packs[0] ?? new Uint8Array());
  const body = encodeBatch(named(packs));
  for (let n = 0; n < 2; n++) {
    assert.deepEqual(await keptIn(await batch(world, token, body)), packs.map(idOf));
  }
  assert.equal((await world.store.packs()).length, 2);
});

test('each pack is judged by itself: a wrong id, a foreign mailbox, no pack at all', async () => {
  const { world, token } = await open();
  const good = packOf(world, 'good');
  const renamed = { packId: idOf(utf8('another')), bytes: packOf(world, 'renamed') };
  const foreign = outsideOfPack('77'.repeat(16), 2_100, 'foreign');
  const noise = new Uint8Array(2_000).fill(7);
  const body = encodeBatch([renamed, ...named([foreign, noise, good])]);
  const answer = await batch(world, token, body);
  const { refused } = (await answer.clone().json()) as Batch;
  assert.deepEqual(
    refused.map(({ packId, code }) => [packId, code]),
    [
      [renamed.packId, 'relay/wrong-hash'],
      [idOf(foreign), 'relay/forbidden'],
      [idOf(noise), 'relay/not-a-pack'],
    ],
  );
  assert.deepEqual(await keptIn(answer), [idOf(good)]);
  assert.deepEqual(await world.store.parts(), [], 'nothing of the others stays');
});

test('a body that is cut at any byte keeps what was whole, and nothing else', async () => {
  const { world, token } = await open();
  const packs = ['1', '2', '3'].map((seed) => packOf(world, seed));
  const body = encodeBatch(named(packs));
  const one = body.length / 3;
  for (const cut of [1, 35, 36, 37, one - 1, one, one + 1, 2 * one, body.length - 1]) {
    const whole = Math.floor(cut / one);
    const answer = await batch(world, token, body.subarray(0, cut));
    if (whole === 0) assert.equal(answer.status, 400, `cut at ${cut}`);
    else assert.deepEqual(await keptIn(answer), packs.slice(0, whole).map(idOf), `cut at ${cut}`);
  }
  assert.equal((await statusOf(world, token, packs)).packs[2]?.state, 'absent');
});

test('lengths that lie, too many packs, one twice and too long a body are refused before anything is kept', async () => {
  const { world, token } = await open();
  const pack = packOf(world, 'hostile');
  const lying = (length: number): Uint8Array => {
    const body = encodeBatch(named([pack, packOf(world, 'second')]));
    new DataView(body.buffer).setUint32(32, length);
    return body;
  };
  const bodies: readonly (readonly [string, Uint8Array, number])[] = [
    ['no length', lying(0), 400],
    ['a length below any pack', lying(100), 400],
    ['a length above the limit', lying(batchedPackSizeBytes + 1), 400],
    ['a length of 4 GiB', lying(0xffff_ffff), 400],
    ['the same pack twice', encodeBatch(named([pack, pack])), 400],
    ['nothing', new Uint8Array(), 400],
    ['too long', new Uint8Array(batchSizeBytes + 1), 413],
    [
      'too many',
      encodeBatch(
        named(Array.from({ length: batchPacksAtMost + 1 }, (_, n) => packOf(world, `many ${n}`))),
      ),
      400,
    ],
  ];
  for (const [what, body, status] of bodies) {
    assert.equal((await batch(world, token, body)).status, status, what);
  }
  // A length that swallows the next pack names bytes that do not hash to the id.
  const swallowed = await batch(world, token, lying(pack.length + 36 + pack.length));
  assert.equal(((await swallowed.json()) as Batch).receipts.length, 0);
  assert.deepEqual([await world.store.packs(), await world.store.parts()], [[], []]);
  const untyped = await world.as(token, 'packs/batch', { method: 'POST', body: 'x' });
  assert.equal(untyped.status, 400);
  const stranger = await world.fetch('packs/batch', { method: 'POST', body: 'x' });
  assert.equal(stranger.status, 401);
});

test('the quota of the day holds for a batch as for single packs', async () => {
  const { world, token } = await open();
  const packs = ['1', '2', '3'].map((seed) => packOf(world, seed));
  const body = world.center.accessText(2, [world.box], (list) => ({
    ...list,
    handles: list.handles.map((entry) => ({
      ...entry,
      bytesPerDay: 2.5 * (packs[0]?.length ?? 0),
    })),
  }));
  await world.fetch('access', { method: 'PUT', body });
  const answer = await batch(world, token, encodeBatch(named(packs)));
  const { refused } = (await answer.clone().json()) as Batch;
  assert.deepEqual(
    refused.map(({ code }) => code),
    ['relay/day-spent'],
  );
  assert.deepEqual(await keptIn(answer), packs.slice(0, 2).map(idOf));
});

test('what is written is read again, and views cost no copy', () => {
  const packs = [2_000, 3_000].map((length, n) => new Uint8Array(length).fill(n + 1));
  const body = concat(new Uint8Array(3), encodeBatch(named(packs)));
  assert.deepEqual(parseBatch(body.subarray(3)), named(packs));
});
