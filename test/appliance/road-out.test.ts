import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fault } from '#sync/core/fault.ts';
import { fail, ok } from '#sync/core/result.ts';
import { openBoxWorld } from '#test/support/box-world.ts';
import {
  assertSameObjects,
  dataLetters,
  listOf,
  receiptFor,
  seal,
  slices,
  stateOf,
  withChangedPixel,
  withoutStudy,
} from '#test/support/road.ts';

test('what a modality sends reaches the center as the same bytes, in manifest, data, list', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(5);
  assert.deepEqual(await world.receive(study), [0, 0, 0, 0, 0]);
  world.clock.advance(2_000);
  await world.seal();
  const letters = await world.lettersAtCenter();
  assert.deepEqual(
    letters.map(({ letter }) => letter.kind),
    ['manifest', 'data', 'manifest'],
  );
  assertSameObjects(letters, study);
  const list = listOf(letters);
  assert.deepEqual(list.digests, new Set(study.map(({ datasetSha256 }) => datasetSha256)));
  assert.equal(await stateOf(world), 'waiting');
});

test('a resend of the same bytes is success and one object', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(1);
  assert.deepEqual(await world.receive([...study, ...study]), [0, 0]);
  const instances = await world.folder().catalog.instances();
  assert.deepEqual(
    instances.map(({ state }) => state),
    ['stored'],
  );
});

test('other bytes under a known UID are kept and held, and the first ones go on', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(1);
  const changed = study.map(withChangedPixel);
  assert.deepEqual(await world.receive([...study, ...changed]), [0, 0]);
  const instances = await world.folder().catalog.instances();
  assert.deepEqual(instances.map(({ state }) => state).sort(), ['conflict', 'stored']);
  world.clock.advance(2_000);
  await world.seal();
  assertSameObjects(await world.lettersAtCenter(), study);
});

test('an object larger than a pack travels in ranges and arrives whole', async (t) => {
  const world = await openBoxWorld(t, { packTargetBytes: 10_000 });
  const study = slices(2);
  await world.receive(study);
  world.clock.advance(2_000);
  await world.seal();
  const letters = await world.lettersAtCenter();
  assert.ok(letters.filter(({ letter }) => letter.kind === 'data').length > 4);
  assertSameObjects(letters, study);
});

test('a late image makes a new list, and delivered waits for it', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(3);
  const first = await seal(world, study.slice(0, 2));
  await world.giveCustody();
  await world.countCustody();
  await world.bring('receipt', receiptFor(study.slice(0, 2), first.packId));
  await world.takeIn();
  assert.equal(await stateOf(world), 'delivered');
  await world.receive(study.slice(2));
  assert.equal(await stateOf(world), 'receiving');
  world.clock.advance(2_000);
  await world.seal();
  const second = listOf(await world.lettersAtCenter());
  assert.equal(second.digests.size, 3);
  await world.bring('receipt', receiptFor(study, second.packId));
  await world.takeIn();
  assert.equal(await stateOf(world), 'delivered');
});

test('the window of sealing ahead ends the work until custody makes room', async (t) => {
  const world = await openBoxWorld(t, { packTargetBytes: 30_000, sealAheadBytes: 30_000 });
  const study = slices(6);
  await world.receive(study);
  world.clock.advance(2_000);
  for (let turn = 0; turn < 3; turn += 1) await world.seal();
  const before = (await dataLetters(world)).length;
  assert.ok(before > 0 && before < 6);
  for (let turn = 0; turn < 12; turn += 1) {
    await world.giveCustody();
    await world.countCustody();
    await world.seal();
  }
  await world.giveCustody();
  await world.countCustody();
  assert.equal(await stateOf(world), 'at center');
});

test('an empty, a cut and a mislabelled dataset get their own status and leave nothing behind', async (t) => {
  const world = await openBoxWorld(t);
  const [good, other] = slices(2);
  assert.ok(good && other);
  const empty = { ...good, part10: good.part10.slice(0, good.fileHeaderSizeBytes) };
  const cut = { ...good, part10: good.part10.slice(0, good.part10.length - 5_000) };
  const mislabelled = { ...good, sopInstanceUid: other.sopInstanceUid };
  assert.deepEqual(await world.receive([empty, cut, mislabelled]), [0xc000, 0xc000, 0xa900]);
  assert.deepEqual(await world.folder().catalog.instances(), []);
});

test('a full disk answers out of resources, and turns new associations away for now', async (t) => {
  const full = fault('store/full', 'No room', 'Wait', 'later');
  const world = await openBoxWorld(t, {
    damage: (store) => ({ ...store, begin: async () => fail(full) }),
  });
  const caller = { callingAeTitle: 'CT1', calledAeTitle: 'OUTPOST', address: '192.0.2.7' };
  assert.equal(world.reception().admit(caller), 'accept');
  assert.deepEqual(await world.receive(slices(2)), [0xa700, 0xa700]);
  assert.deepEqual(world.reception().admit(caller), { reject: 'busy' });
});

test('a disk that fails is told at once, and the instance is not acknowledged', async (t) => {
  const broken = fault('store/io', 'EIO', 'Start again');
  const world = await openBoxWorld(t, {
    damage: (store) => ({
      ...store,
      begin: async (arrival) => {
        const writer = await store.begin(arrival);
        return writer.ok ? ok({ ...writer.value, finish: async () => fail(broken) }) : writer;
      },
    }),
  });
  assert.deepEqual(await world.receive(slices(1)), [0xa700]);
  assert.deepEqual(world.broken, ['EIO']);
});

test('an image without a legal study is kept, asks for help and is not sent', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(1).map(withoutStudy);
  assert.deepEqual(await world.receive(study), [0]);
  world.clock.advance(2_000);
  await world.seal();
  assert.deepEqual(await world.lettersAtCenter(), []);
  assert.equal(await stateOf(world), 'needs help');
});
