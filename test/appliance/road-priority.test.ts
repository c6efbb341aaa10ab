import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inSendingOrder } from '#appliance/intake/order.ts';
import { createPriorityRules, type PriorityRule } from '#appliance/intake/priority-rules.ts';
import { studyRow } from '#appliance/intake/progress.ts';
import { newOrder } from '#appliance/orders/order.ts';
import type { BoxFact } from '#appliance/store/facts.ts';
import type { OrderPriority } from '#appliance/store/facts-orders.ts';
import { type StudyPriority, studyPriorities } from '#appliance/store/facts-priority.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import { type BoxWorld, openBoxWorld } from '#test/support/box-world.ts';
import { orderRequest } from '#test/support/order-world.ts';
import { slices } from '#test/support/road.ts';

const images = slices(2);
const { studyInstanceUid: study = '', patientId = '' } = images[0]?.attributes ?? {};

const record = async (world: BoxWorld, ...facts: readonly BoxFact[]) =>
  expectOk(await world.parts().ports.recorder.record(facts));

const bySomebody = (priority: StudyPriority | null): BoxFact => ({
  ...{ fact: 'priority', atMs: 1, study, priority, by: 'TEST NURSE', reason: 'from the street' },
});
const byRule = (priority: StudyPriority): BoxFact => ({
  ...{ fact: 'rule-priority', atMs: 1, study, priority, rule: 'CT-ER' },
});

let revision = 0;
function byOrder(priority: OrderPriority): BoxFact {
  const identity = {
    ...{ orderId: '0'.repeat(16), source: 'typed', orderNumber: 'P1' },
    ...{ studyInstanceUid: study, accessionNumber: 'KIS1' },
  };
  const day = { date: '20260131', time: '120000' };
  const order = newOrder(orderRequest({ patientId }), identity, day);
  return { fact: 'order', atMs: 1, order: { ...order, priority, revision: ++revision } };
}

const shown = async (world: BoxWorld) => {
  const [found] = await world.folder().catalog.studies(study);
  assert.ok(found);
  return studyRow(found, { isReceiving: () => false, agent: undefined }).priority;
};

const classes = async (world: BoxWorld) => {
  const open = await world.folder().catalog.openPacks();
  return [...new Set(open.map((pack) => pack.class))];
};

test('a person counts over rules and orders; of these the more urgent counts, and each is named', async (t) => {
  const world = await openBoxWorld(t);
  await world.receive(images);
  world.clock.advance(2_000);
  await world.seal();
  const steps: readonly (readonly [BoxFact, StudyPriority, string | undefined])[] = [
    [byOrder('ROUTINE'), 'routine', undefined],
    [byOrder('HIGH'), 'urgent', 'HIGH'],
    [byRule('stat'), 'stat', 'CT-ER'],
    [bySomebody('routine'), 'routine', 'TEST NURSE'],
    [bySomebody('stat'), 'stat', 'TEST NURSE'],
    [bySomebody('bulk'), 'bulk', 'TEST NURSE'],
    [bySomebody(null), 'stat', 'CT-ER'],
    [byOrder('LOW'), 'stat', 'CT-ER'],
  ];
  for (const [fact, level, name] of steps) {
    await record(world, fact);
    const row = await shown(world);
    assert.deepEqual([row?.level, row?.cause?.name], [level, name], JSON.stringify(fact));
    const expected = studyPriorities.indexOf(level);
    assert.deepEqual(await classes(world), [expected], 'packs that wait follow at once');
  }
});

test('a rebuilt catalog knows all of it', async (t) => {
  const world = await openBoxWorld(t);
  await record(world, bySomebody('stat'));
  await world.receive(images);
  await record(world, byRule('urgent'), bySomebody(null));
  const before = await shown(world);
  await world.stop();
  await world.start();
  assert.deepEqual(await shown(world), before);
  assert.equal(before?.level, 'urgent');
});

test('a study that becomes STAT while it waits goes first, and the center is told, also when it is lowered', async (t) => {
  const world = await openBoxWorld(t);
  const earlier = slices(2, 77);
  await world.receive(earlier);
  world.clock.advance(2_000);
  await world.seal();
  world.clock.advance(10_000);
  await world.receive(images);
  world.clock.advance(2_000);
  await world.seal();
  const first = async () => {
    const open = await world.folder().catalog.openPacks();
    return inSendingOrder(open, world.clock.nowMs())[0]?.study;
  };
  assert.notEqual(await first(), study);
  await record(world, bySomebody('stat'));
  assert.equal(await first(), study);
  const manifests = async () => {
    await world.seal();
    const letters = await world.lettersAtCenter();
    return letters
      .flatMap(({ letter }) => (letter.kind === 'manifest' ? [letter.manifest.meta] : []))
      .filter((meta) => meta.study === study)
      .toSorted((a, b) => a.version - b.version)
      .map(({ hasList, isStat }) => [hasList, isStat]);
  };
  const told = [
    [false, false],
    [true, false],
    [false, true],
  ];
  assert.deepEqual(await manifests(), told);
  assert.deepEqual(await manifests(), told, 'once');
  await record(world, bySomebody('routine'));
  assert.deepEqual(await manifests(), [...told, [false, false]]);
});

test('a rule of the config makes a study STAT when its first image is there', async (t) => {
  const world = await openBoxWorld(t);
  const rules: readonly PriorityRule[] = [
    { name: 'CT-ER', priority: 'stat', from: ['CT1'], modalities: ['CT'] },
    { name: 'film', priority: 'bulk', orderPriorities: ['LOW'] },
  ];
  const { catalog, recorder } = world.parts().ports;
  const look = createPriorityRules(
    { catalog: world.folder().priorities, recorder, nowMs: () => 5, log: silentLog },
    rules,
  );
  assert.equal(await look.look([study]), false, 'not here yet');
  await world.receive(images);
  assert.equal(await look.look([study]), true);
  assert.equal(await look.look([study]), false);
  assert.deepEqual((await shown(world))?.cause, { kind: 'rule', name: 'CT-ER' });
  const [sealing] = await catalog.sealingStudies();
  assert.equal(sealing?.class, 0);
});
