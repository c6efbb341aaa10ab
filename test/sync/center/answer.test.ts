import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { parsePackId } from '#sync/wire/pack-id.ts';
import {
  createCenterWorld,
  dataOf,
  joinBox,
  manifestOf,
  studyUidOf,
  type WorldBox,
} from '../../support/center-world.ts';
import { syntheticStudy } from '../../support/synthetic-ct.ts';

const slices = syntheticStudy({ seed: 24, slices: 3, rows: 32 });

async function deliveryReceipts(box: WorldBox) {
  return (await box.inbox()).flatMap(({ packId, letter }) =>
    letter.kind === 'receipt' && letter.receipt.type === 'delivery'
      ? [{ packId, receipt: letter.receipt }]
      : [],
  );
}

test('the receipt names the manifest and every digest, and goes to the box of the study', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  const other = joinBox(world, 'box 2');
  await box.send('data', dataOf(slices));
  const manifest = await box.send('manifest', manifestOf(slices));
  await world.settle();
  const [answer, ...more] = await deliveryReceipts(box);
  assert.equal(more.length, 0);
  assert.equal(answer?.receipt.manifest, manifest);
  assert.equal(answer?.receipt.study, studyUidOf(slices));
  assert.equal(answer?.receipt.list, world.keys.keyList.list);
  assert.deepEqual(
    answer?.receipt.instances.map((each) => each.originalDigest).toSorted(),
    slices.map(({ datasetSha256 }) => datasetSha256).toSorted(),
  );
  for (const { originalDigest, deliveredDigest, transforms } of answer?.receipt.instances ?? []) {
    assert.equal(deliveredDigest, originalDigest);
    assert.deepEqual(transforms, []);
  }
  assert.deepEqual(await other.inbox(), []);
});

test('no receipt while an instance of the list is missing, refused or on its way', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  world.pacs.behave = (_, index) => (index === 1 ? 'delivery/refused' : undefined);
  await box.send('manifest', manifestOf(slices));
  const center = await world.settle();
  assert.deepEqual(await deliveryReceipts(box), []);
  await box.send('data', dataOf(slices));
  await world.settle(center);
  assert.deepEqual(await deliveryReceipts(box), []);
  world.pacs.behave = () => undefined;
  world.clock.advance(60_000);
  await world.settle(center);
  assert.equal((await deliveryReceipts(box)).length, 1);
});

test('a manifest without a list is never answered, and a newer list is answered anew', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await box.send('manifest', manifestOf(slices, 1, false));
  await box.send('data', dataOf(slices));
  const center = await world.settle();
  assert.deepEqual(await deliveryReceipts(box), []);
  const second = await box.send('manifest', manifestOf(slices.slice(0, 2), 2));
  await world.settle(center);
  const third = await box.send('manifest', manifestOf(slices, 3));
  await world.settle(center);
  assert.deepEqual(
    (await deliveryReceipts(box)).map(({ receipt }) => receipt.manifest),
    [second, third],
  );
});

test('an instance that is in conflict is never receipted', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  const [first] = slices;
  const other = syntheticStudy({ seed: 24, slices: 3, rows: 32, patientName: 'TEST^BRAVO' })[0];
  if (first === undefined || other === undefined) throw new Error('No slices');
  await box.send('data', dataOf([first]));
  await box.send('data', dataOf([other]));
  await box.send('manifest', manifestOf([other]));
  await world.settle();
  assert.deepEqual(await deliveryReceipts(box), []);
});

test('the sending order lists what is sealed and rings the agent for what is new', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  const center = await world.settle();
  const empty = expectOk(await world.spool.agent.readOrder());
  assert.deepEqual(empty.packs, []);
  await box.send('data', dataOf(slices));
  await box.send('manifest', manifestOf(slices));
  await world.settle(center);
  const order = expectOk(await world.spool.agent.readOrder());
  assert.equal(order.wake, empty.wake + 1);
  assert.deepEqual(
    order.packs.map((pack) => [pack.packId, pack.class]),
    (await deliveryReceipts(box)).map(({ packId }) => [packId, 1]),
  );
});

test('a pack is kept until the relay signed for it, and then removed', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await box.send('data', dataOf(slices));
  await box.send('manifest', manifestOf(slices));
  const center = await world.settle();
  assert.equal((await world.spool.agent.outgoing()).length, 1);
  const [pack] = await world.spool.agent.outgoing();
  if (pack === undefined) throw new Error('Nothing was sealed');
  await world.spool.agent.putCustody(pack.packId, utf8('{"signed":"{}","signature":"AA"}'));
  await world.settle(center);
  assert.equal((await world.spool.agent.outgoing()).length, 1, 'a forged receipt counts nothing');
  await world.takeCustody();
  await world.settle(center);
  assert.deepEqual(await world.spool.agent.outgoing(), []);
  assert.deepEqual(expectOk(await world.spool.agent.readOrder()).packs, []);
  await world.settle(center);
  assert.deepEqual(
    await world.spool.agent.outgoing(),
    [],
    'what is in custody is not sealed again',
  );
});

test('a receipt that was lost before the relay had it is sealed again under another id', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await box.send('data', dataOf(slices));
  await box.send('manifest', manifestOf(slices));
  const center = await world.settle();
  const [before] = await deliveryReceipts(box);
  const lost = parsePackId(before?.packId ?? '');
  if (lost === undefined) throw new Error('Nothing was sealed');
  await world.spool.clinical.removeSent(lost);
  await world.settle(center);
  const [after] = await deliveryReceipts(box);
  assert.notEqual(after?.packId, before?.packId);
  assert.equal(after?.receipt.manifest, before?.receipt.manifest);
});

test('a pack that no row knows is an orphan of a crash and is removed', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  const orphan = box.seal('manifest', manifestOf(slices));
  const packId = parsePackId(orphan.packId);
  if (packId === undefined) throw new Error('No pack id');
  expectOk(await world.spool.clinical.putPack(packId, orphan.bytes));
  await world.settle();
  assert.deepEqual(await world.spool.agent.outgoing(), []);
});

test('the same manifest again gets the same answer again, though the relay had the first', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await box.send('data', dataOf(slices));
  const sealed = box.seal('manifest', manifestOf(slices));
  const packId = await world.arrive(sealed.packId, sealed.bytes);
  const center = await world.settle();
  await world.takeCustody();
  await world.settle(center);
  assert.deepEqual(await deliveryReceipts(box), []);
  await world.spool.agent.removeIncoming(packId);
  await world.settle(center);
  await world.arrive(sealed.packId, sealed.bytes);
  await world.settle(center);
  const [again] = await deliveryReceipts(box);
  assert.equal(again?.receipt.manifest, packId);
  assert.equal(world.pacs.log.length, 3, 'nothing was delivered twice');
});

test('nothing is sealed for a box that was revoked while its images were delivered', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  world.pacs.behave = () => 'delivery/unreachable';
  await box.send('data', dataOf(slices));
  await box.send('manifest', manifestOf(slices));
  const center = await world.settle();
  box.setState('revoked');
  world.pacs.behave = () => undefined;
  await world.settle(center);
  assert.equal((await center.status()).counts.instances.stored, 3);
  assert.deepEqual(await world.spool.agent.outgoing(), []);
});
