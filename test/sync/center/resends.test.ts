import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCenterApp } from '#sync/center/app.ts';
import type { Ledger } from '#sync/center/ports-ledger.ts';
import { mostStudiesOfBox } from '#sync/center/resend-causes.ts';
import { createResends } from '#sync/center/resends.ts';
import { buildDataMeta } from '#sync/letters/data.ts';
import { createMemoryResends } from '../../support/center-memory.ts';
import {
  type CenterWorld,
  createCenterWorld,
  dataOf,
  joinBox,
  manifestOf,
  studyUidOf,
  type WorldBox,
} from '../../support/center-world.ts';
import { createMemoryStudyStore } from '../../support/study-store-memory.ts';
import { syntheticStudy } from '../../support/synthetic-ct.ts';

const slices = syntheticStudy({ seed: 71, slices: 3, rows: 32 });
const study = studyUidOf(slices);

/** A pack of the box that cannot be decoded. */
async function sendBroken(box: WorldBox, of = slices) {
  const { meta, payload } = dataOf(of);
  return box.send('data', { meta, payload: payload.slice(0, payload.length - 5) });
}

async function askedOf(box: WorldBox) {
  return (await box.inbox()).flatMap(({ packId, letter }) =>
    letter.kind === 'control' && letter.control.register === 'please-resend'
      ? [{ packId, ...letter.control }]
      : [],
  );
}

async function post(world: CenterWorld, uid: string, body: unknown) {
  const center = world.start();
  const response = await createCenterApp(center).request(`/v1/studies/${uid}/resend`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  await world.settle(center);
  return { status: response.status, body: (await response.json()) as { code?: string } };
}

test('a pack that cannot be decoded is asked for once, when a list names what is missing', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  const packId = await sendBroken(box);
  const center = await world.settle();
  assert.deepEqual(await askedOf(box), [], 'the rest may be under way');
  await box.send('manifest', manifestOf(slices));
  await world.settle(center);
  const [asked, ...more] = await askedOf(box);
  assert.equal(more.length, 0);
  assert.equal(asked?.study, study);
  assert.equal(asked?.reason, 'unreadable');
  assert.deepEqual(asked?.packs, [packId]);
  assert.deepEqual(
    [...(asked?.instances ?? [])].sort(),
    slices.map(({ datasetSha256 }) => datasetSha256).sort(),
  );
  await world.takeCustody();
  await world.settle(world.start());
  assert.deepEqual(await askedOf(box), [], 'not again after custody and a new start');
  const { counts, alarms } = await center.status();
  assert.equal(counts.askedAgain, 1);
  assert.ok(alarms.some(({ code }) => code === 'QUARANTINE'));
  await box.send('data', dataOf(slices));
  await world.settle(center);
  assert.equal((await center.status()).counts.askedAgain, 0, 'what came ends it');
});

test('what came by another pack meanwhile is not asked for', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await sendBroken(box);
  await box.send('data', dataOf(slices));
  await box.send('manifest', manifestOf(slices));
  await world.settle();
  assert.deepEqual(await askedOf(box), []);
});

test('a box that sends what is broken again and again is asked twice, then a person is', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await box.send('manifest', manifestOf(slices));
  let center = world.start();
  for (let round = 0; round < 5; round++) {
    await sendBroken(box);
    await world.settle(center);
    center = world.start();
  }
  const asked = await askedOf(box);
  assert.equal(asked.length, 2);
  assert.ok((asked[0]?.version ?? 0) < (asked[1]?.version ?? 0));
  const { counts, alarms, resends } = await center.status();
  assert.equal(counts.toAskAgain, 1);
  assert.ok(alarms.some(({ code }) => code === 'RESEND'));
  assert.equal(resends[0]?.studyInstanceUid, study);
  assert.equal(
    (await post(world, study, { by: 'Dr. Test', reason: 'Box was repaired' })).status,
    200,
  );
  assert.equal((await askedOf(box)).length, 3);
});

test('a stored object that is damaged before delivery is asked for, and the proven copy takes its place', async () => {
  const store = createMemoryStudyStore();
  const [first] = slices;
  assert.ok(first);
  let isRotten = true;
  const world = createCenterWorld({
    store: {
      ...store,
      putObjects: async (uid, objects, damaged) => {
        if (damaged?.has(first.datasetSha256)) isRotten = false;
        await store.putObjects(uid, objects, damaged);
      },
      findObject: async (uid, digest) => {
        const object = await store.findObject(uid, digest);
        if (!isRotten || digest !== first.datasetSha256) return object;
        return object && { ...object, sizeBytes: object.sizeBytes - 1 };
      },
    },
  });
  const box = joinBox(world);
  await box.send('data', dataOf(slices));
  await box.send('manifest', manifestOf(slices));
  const center = await world.settle();
  assert.equal(world.pacs.stored.size, 2);
  const [asked, ...more] = await askedOf(box);
  assert.equal(more.length, 0);
  assert.deepEqual(asked?.instances, [first.datasetSha256]);
  await box.send('data', dataOf(slices));
  world.clock.advance(120_000);
  await world.settle(center);
  assert.equal(world.pacs.stored.size, 3);
});

test('ranges that join to another digest are asked for', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  const [first, second] = slices;
  assert.ok(first && second);
  const { part10 } = first;
  for (const [from, to] of [
    [0, 700],
    [700, part10.length],
  ] as const) {
    const range = { datasetSha256: second.datasetSha256, sizeBytes: part10.length, from, to };
    const meta = buildDataMeta({ v: 1, study, coding: 0, instances: [range] });
    await box.send('data', { meta, payload: part10.subarray(from, to) });
  }
  await box.send('manifest', manifestOf(slices));
  await world.settle();
  const [asked] = await askedOf(box);
  assert.deepEqual(asked?.instances, [second.datasetSha256]);
});

test('a letter that was lost before custody is sealed again under its version', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await box.send('manifest', manifestOf(slices));
  await sendBroken(box);
  const center = await world.settle();
  const [asked] = await askedOf(box);
  for (const { packId } of await world.spool.agent.outgoing())
    await world.spool.clinical.removeSent(packId);
  await world.settle(center);
  const [again, ...more] = await askedOf(box);
  assert.equal(more.length, 0);
  assert.equal(again?.version, asked?.version);
  assert.notEqual(again?.packId, asked?.packId);
});

test('versions rise above those of a lost file', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await box.send('manifest', manifestOf(slices));
  await sendBroken(box);
  await world.settle();
  world.clock.advance(60_000);
  const forgetful = createCenterWorld({ ...world.ports, resendFiles: createMemoryResends() });
  forgetful.setTickets(world.tickets());
  await forgetful.start().askAgain(study, 'Dr. Test', 'The file was lost');
  await forgetful.settle();
  const [first = 0, second = 0, ...more] = (await askedOf(box)).map(({ version }) => version);
  assert.equal(more.length, 0);
  assert.ok(second > first, `${second} is above ${first}`);
});

test('a person asks for what is not delivered, and is told why not otherwise', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await box.send('manifest', manifestOf(slices));
  await world.settle();
  const said = { by: 'Dr. Test', reason: 'Never came' };
  assert.equal((await post(world, '1.2.3', said)).body.code, 'UNKNOWN-STUDY');
  assert.equal((await post(world, study, { by: 'Dr. Test' })).body.code, 'BAD-BODY');
  assert.equal((await post(world, study, '{')).body.code, 'BAD-BODY');
  assert.equal((await post(world, study, { ...said, more: 1 })).body.code, 'BAD-BODY');
  assert.equal(
    (await post(world, study, { ...said, reason: 'x'.repeat(9_000) })).body.code,
    'BAD-BODY',
  );
  assert.equal((await post(world, study, said)).status, 200);
  const [asked] = await askedOf(box);
  assert.equal(asked?.reason, 'incomplete');
  await box.send('data', dataOf(slices));
  await world.settle();
  assert.equal((await post(world, study, said)).body.code, 'NOTHING-MISSING');
});

test('a person cannot ask again while the letter waits for its box', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await box.send('manifest', manifestOf(slices));
  const center = await world.settle();
  assert.equal(await center.askAgain(study, 'Dr. Test', 'Never came'), 'asked');
  assert.equal(await center.askAgain(study, 'Dr. Test', 'Never came'), 'already');
});

test('a box that makes up studies fills no disk', async () => {
  const { ports } = createCenterWorld();
  const resends = createResends(ports);
  const cause = { id: 'pack/a', reason: 'unreadable', packs: [], instances: [] } as const;
  for (let n = 0; n < mostStudiesOfBox + 20; n++) {
    await resends.note({ studyInstanceUid: `1.2.${n}`, box: 'one' }, cause);
  }
  for (let n = 0; n < 500; n++) {
    await resends.note({ studyInstanceUid: '1.2.3', box: 'one' }, { ...cause, id: `pack/${n}` });
  }
  await resends.note({ studyInstanceUid: '1.3.1', box: 'another' }, cause);
  const all = await ports.resendFiles.all();
  assert.equal(all.filter(({ box }) => box === 'one').length, mostStudiesOfBox);
  assert.equal(all.filter(({ box }) => box === 'another').length, 1);
  assert.equal(
    all.find(({ studyInstanceUid }) => studyInstanceUid === '1.2.3')?.causes.length,
    100,
  );
  const wanted = { most: 1_000, mayReach: () => true, isSealed: () => false };
  assert.deepEqual(await resends.due(wanted), [], 'nobody listed any of it');
});

test('a box that is not confirmed is asked once it is', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await box.send('manifest', manifestOf(slices));
  const center = await world.settle();
  box.setState('claimed');
  assert.equal(await center.askAgain(study, 'Dr. Test', 'Never came'), 'asked');
  await world.settle(center);
  assert.deepEqual(await askedOf(box), []);
  box.setState('active');
  await world.settle(center);
  assert.equal((await askedOf(box)).length, 1);
});

const again = (version: number, of = slices) => manifestOf(of, version, true, false, true);

test('what a box offers again after a restore is confirmed where it is here, and asked for where it is not', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  const [first, ...lacking] = slices;
  assert.ok(first);
  await box.send('data', dataOf([first]));
  await box.send('manifest', manifestOf(slices, 2));
  const center = await world.settle();
  assert.deepEqual(await askedOf(box), [], 'the rest may be under way');
  const offer = await box.send('manifest', again(3));
  await world.settle(center);
  const [asked, ...more] = await askedOf(box);
  assert.equal(more.length, 0);
  assert.equal(asked?.reason, 'restored');
  assert.deepEqual(
    [...(asked?.instances ?? [])].sort(),
    lacking.map(({ datasetSha256 }) => datasetSha256).sort(),
  );
  await world.takeCustody();
  await world.settle(world.start());
  assert.deepEqual(await askedOf(box), [], 'once, over a new start too');
  await box.send('data', dataOf(lacking));
  await world.settle(world.start());
  const receipts = (await box.inbox()).flatMap(({ letter }) =>
    letter.kind === 'receipt' && letter.receipt.type === 'delivery' ? [letter.receipt] : [],
  );
  assert.equal(receipts.at(-1)?.manifest, offer);
  assert.equal(receipts.at(-1)?.instances.length, 3);
  assert.equal(world.pacs.log.length, 3, 'each went to the PACS once');
  const next = await box.send('manifest', again(4));
  await world.settle(world.start());
  const answers = (await box.inbox()).flatMap(({ letter }) =>
    letter.kind === 'receipt' && letter.receipt.type === 'delivery'
      ? [letter.receipt.manifest]
      : [],
  );
  assert.ok(answers.includes(next), 'all of it is here: a receipt at once');
  assert.equal(world.pacs.log.length, 3);
});

test('a study of which a restored center has nothing is asked for; a restore spends no ask for damage', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  for (const version of [1, 2, 3]) {
    await box.send('manifest', again(version));
    await world.settle(world.start());
  }
  const restored = await askedOf(box);
  assert.deepEqual(
    restored.map(({ reason }) => reason),
    ['restored', 'restored', 'restored'],
  );
  await sendBroken(box);
  await world.settle(world.start());
  assert.equal((await askedOf(box)).at(-1)?.reason, 'unreadable');
  assert.ok(!(await world.start().status()).alarms.some(({ code }) => code === 'RESEND'));
});

/** Studies of one slice each, all of which a restored center lacks. */
async function offered(world: CenterWorld, box: WorldBox, count: number): Promise<void> {
  for (let seed = 0; seed < count; seed++) {
    await box.send(
      'manifest',
      again(1, syntheticStudy({ seed: 1_000 + seed, slices: 1, rows: 8 })),
    );
  }
  await world.settle(world.start(), 1);
}

test('what waits behind the letters of a large restore does not wait for all of them', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await offered(world, box, 60);
  const first = (await world.spool.agent.readOrder()) as { value: { packs: object[] } };
  assert.ok(first.value.packs.length < 60, 'the order is written between the letters');
  await world.settle();
  assert.equal((await askedOf(box)).length, 60);
  await world.takeCustody();
  await world.settle();
  assert.deepEqual(await askedOf(box), [], 'each once');
});

test('a thousand noted studies cost a turn and a status no more questions than one', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await offered(world, box, 3);
  await world.settle();
  let questions = 0;
  const counting: Ledger = new Proxy(world.ports.ledger, {
    get: (ledger, name: keyof Ledger) => {
      questions += 1;
      return ledger[name];
    },
  });
  const ports = { ...world.ports, ledger: counting };
  const cost = async (): Promise<number> => {
    const resends = createResends(ports);
    questions = 0;
    await resends.states();
    await resends.due({ most: 50, mayReach: () => true, isSealed: () => true });
    await resends.due({ most: 50, mayReach: () => false, isSealed: () => false });
    return questions;
  };
  const few = await cost();
  const cause = { id: 'restored/x', reason: 'restored', packs: [], instances: [] } as const;
  const resends = createResends(ports);
  for (let n = 0; n < 1_000; n++) {
    await resends.note({ studyInstanceUid: `1.2.${n}`, box: 'one' }, cause);
  }
  assert.ok(few > 0 && (await cost()) <= few + 2, 'the noted ones wait for a list, no more');
});
