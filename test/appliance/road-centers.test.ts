import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { CenterRules } from '#appliance/intake/addressing.ts';
import { addressingOf } from '#appliance/intake/addressing.ts';
import { sweepTurn } from '#appliance/intake/custody.ts';
import { studyRow } from '#appliance/intake/progress.ts';
import type { BoxFact } from '#appliance/store/facts.ts';
import { hex } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { codeOfRoot } from '#sync/seal/party.ts';
import { type BoxWorld, openBoxWorld } from '#test/support/box-world.ts';
import { dayMs, deedsOf, keep } from '#test/support/housekeeping.ts';
import {
  listOf,
  receiptFor,
  reportFor,
  seal,
  slices,
  snapshot,
  studyUidOf,
} from '#test/support/road.ts';

const openTwo = (t: TestContext, centerRules: CenterRules = {}) =>
  openBoxWorld(t, { hasTwoCenters: true, centerRules });

const rootOf = ({ root }: BoxWorld['center']): string => hex(root.publicKey);

async function address(world: BoxWorld, study: string, to: BoxWorld['center']): Promise<void> {
  const fact: BoxFact = {
    ...{ fact: 'addressed', atMs: 1, study, center: rootOf(to), by: 'DR DEMO', reason: 'a test' },
  };
  expectOk(await world.parts().ports.recorder.record([fact]));
}

/** Letters at a center that are of the study, and what it was told of whose the study is. */
async function at(world: BoxWorld, center: BoxWorld['center']) {
  const letters = await world.lettersAtCenter(center);
  const told = letters.flatMap(({ packId, letter }) =>
    letter.kind === 'control' && letter.control.register === 'addressee'
      ? [{ packId, ...letter.control }]
      : [],
  );
  return { told, letters: letters.filter(({ letter }) => letter.kind !== 'control') };
}

const states = async (world: BoxWorld) =>
  (await world.folder().catalog.instances()).map(({ state }) => state);

async function rowOf(world: BoxWorld) {
  const [record] = await world.folder().catalog.studies();
  assert.ok(record);
  return studyRow(record, { isReceiving: () => false, agent: undefined });
}

test('a study goes to the center that was paired first, unless a rule or the default says otherwise', async (t) => {
  const plain = await openTwo(t);
  await seal(plain, slices(2));
  assert.deepEqual(await plain.lettersAtCenter(plain.second), []);
  const code = codeOfRoot(rootOf(plain.second));
  for (const rules of [
    { centerRules: [{ name: 'CT', center: code, modalities: ['CT'] }] },
    { defaultCenter: code },
    {
      defaultCenter: codeOfRoot(rootOf(plain.center)),
      centerRules: [{ name: 'CT1', center: code, from: ['CT1'] }],
    },
  ]) {
    const world = await openTwo(t, rules);
    await world.receive(slices(2));
    world.clock.advance(2_000);
    await world.seal();
    assert.deepEqual(await world.lettersAtCenter(), []);
    assert.equal((await world.lettersAtCenter(world.second)).length, 3, 'manifest, images, list');
  }
});

test('a study whose center takes nothing now waits; it never goes to another one by itself', async (t) => {
  const world = await openTwo(t, { defaultCenter: 'ffffffffffffffff' });
  await world.receive(slices(2));
  world.clock.advance(2_000);
  await world.seal();
  assert.deepEqual(await world.folder().catalog.openPacks(), []);
  await address(world, studyUidOf(slices(2)), world.second);
  await world.seal();
  assert.ok((await world.lettersAtCenter(world.second)).length > 0);
  const without = { ...world.pairing, centers: world.pairing.centers.slice(0, 1) };
  const { centerOf } = addressingOf(without);
  const [sealing] = await world.folder().catalog.sealingStudies();
  assert.equal(sealing, undefined);
  const ground = { callingAeTitle: 'CT1', modalities: ['CT'], orderPriority: undefined };
  assert.equal(centerOf({ addressee: rootOf(world.second), ground }), undefined);
});

test('addressed by hand to another center, a study is sealed anew for it, and what was sealed before is not sent', async (t) => {
  const world = await openTwo(t);
  const study = slices(3);
  await seal(world, study);
  await world.giveCustody();
  await world.countCustody();
  // One more image came, and its pack is not at the relay yet.
  const [late] = slices(4).slice(3);
  assert.ok(late);
  await world.receive([late]);
  world.clock.advance(2_000);
  await world.seal();
  const before = (await world.folder().catalog.openPacks()).length;
  assert.ok(before > 0);
  await address(world, studyUidOf(study), world.second);
  assert.deepEqual(await world.folder().catalog.openPacks(), [], 'no order names them');
  assert.equal(await sweepTurn(world.parts().ports), before);
  assert.deepEqual(await world.spool.clinical.sentPacks(), []);
  await world.seal();
  const former = await at(world, world.center);
  assert.deepEqual(former.letters, []);
  assert.deepEqual(
    former.told.map(({ study: of, isYours, version }) => ({ of, isYours, version })),
    [{ of: studyUidOf(study), isYours: false, version: 1 }],
  );
  const { letters, told } = await at(world, world.second);
  assert.deepEqual(told, [], 'the new center learns it from the images');
  const list = listOf(letters);
  assert.equal(list.digests.size, 4, 'all of it, not only what was left');
  const [first] = letters;
  assert.ok(first?.letter.kind === 'manifest' && first.letter.manifest.meta.version === 1);
  const groups = new Set(
    (await world.folder().catalog.openPacks()).flatMap(({ study: of, group }) =>
      of ? [group] : [],
    ),
  );
  assert.equal(groups.size, 1, 'the relays cannot tell that it is the same study');

  const kept = await snapshot(world);
  await world.stop();
  await world.start();
  assert.deepEqual(await snapshot(world), kept, 'and so it stays over a restart');
});

test('each center hears once a change whose the study is, over a lost pack and a restart', async (t) => {
  const world = await openTwo(t);
  const study = slices(2);
  const uid = studyUidOf(study);
  await seal(world, study);
  assert.deepEqual((await at(world, world.center)).told, [], 'nobody addressed it');
  await address(world, uid, world.center);
  await world.seal();
  assert.deepEqual((await at(world, world.center)).told, [], 'it has it and was told nothing else');
  await address(world, uid, world.second);
  await address(world, uid, world.second);
  await world.seal();
  await world.seal();
  const [first, ...more] = (await at(world, world.center)).told;
  assert.equal(more.length, 0);
  assert.equal(first?.isYours, false);
  assert.ok(first);
  await world.spool.clinical.removeSent(first.packId);
  await world.stop();
  await world.start();
  await world.seal();
  const [again, ...others] = (await at(world, world.center)).told;
  assert.equal(others.length, 0);
  assert.notEqual(again?.packId, first.packId);
  assert.equal(again?.version, first.version);
  await address(world, uid, world.center);
  await world.seal();
  const back = (await at(world, world.center)).told.at(-1);
  assert.equal(back?.isYours, true);
  assert.ok((back?.version ?? 0) > first.version);
  const second = (await at(world, world.second)).told;
  assert.deepEqual(
    second.map(({ isYours, version }) => ({ isYours, version })),
    [{ isYours: false, version: back?.version }],
  );
});

test('a study that was never sealed to another center tells nobody', async (t) => {
  const world = await openTwo(t);
  await world.receive(slices(2));
  await address(world, studyUidOf(slices(2)), world.second);
  world.clock.advance(2_000);
  await world.seal();
  assert.deepEqual(await world.lettersAtCenter(), []);
  assert.deepEqual((await at(world, world.second)).told, []);
});

test('only the center that a study is addressed to can confirm it', async (t) => {
  const world = await openTwo(t);
  const study = slices(2);
  const { packId: first } = await seal(world, study);
  await world.bring('receipt', receiptFor(study, first), { from: world.second });
  await world.takeIn();
  assert.deepEqual(await states(world), ['packed', 'packed'], 'it was never asked');
  assert.equal((await world.folder().catalog.quarantined()).length, 1);

  await address(world, studyUidOf(study), world.second);
  await world.bring('receipt', receiptFor(study, first));
  await world.takeIn();
  assert.deepEqual(await states(world), ['stored', 'stored'], 'a receipt of the center of before');
  assert.match(
    (await world.folder().catalog.quarantined()).at(-1)?.reason ?? '',
    /addressed to another center/,
  );
  await world.seal();
  const { packId: second } = listOf(await world.lettersAtCenter(world.second));
  await world.bring('receipt', receiptFor(study, second), { from: world.second });
  await world.takeIn();
  assert.deepEqual(await states(world), ['delivered', 'delivered']);
});

test('what was delivered goes to the other center too when a person says so', async (t) => {
  const world = await openTwo(t);
  const study = slices(2);
  const { packId } = await seal(world, study);
  await world.bring('receipt', receiptFor(study, packId));
  await world.takeIn();
  assert.deepEqual(await states(world), ['delivered', 'delivered']);
  await address(world, studyUidOf(study), world.second);
  assert.deepEqual(await states(world), ['stored', 'stored'], 'it may not be purged now');
  await address(world, studyUidOf(study), world.second);
  await world.seal();
  assert.equal(listOf(await world.lettersAtCenter(world.second)).digests.size, 2);
  // And back: the center of before gets new packs, too.
  await address(world, studyUidOf(study), world.center);
  await world.seal();
  const again = listOf(await world.lettersAtCenter());
  assert.notEqual(again.packId, packId);
  await world.bring('receipt', receiptFor(study, again.packId));
  await world.takeIn();
  assert.deepEqual(await states(world), ['delivered', 'delivered']);
});

test('a report of a center that was not asked is kept, refused, and seen', async (t) => {
  const world = await openTwo(t);
  const study = slices(2);
  const { packId } = await seal(world, study);
  await world.bring('report', reportFor(study, packId), { from: world.second });
  await world.takeIn();
  const row = await rowOf(world);
  assert.equal(row.state, 'needs help');
  assert.equal(row.help?.code, 'REPORT-OTHER-CENTER');
  await world.bring('report', reportFor(study, packId, { report: 'report-2' }));
  await world.takeIn();
  const [record] = await world.folder().catalog.studies();
  assert.deepEqual(
    record?.reports.map(({ report, refusal }) => [report, refusal?.kind ?? 'shown']),
    [
      ['report-1', 'report/other-center'],
      ['report-2', 'shown'],
    ],
  );
  // Addressed elsewhere, the center of before is asked no more.
  await address(world, studyUidOf(study), world.second);
  await world.bring('report', reportFor(study, packId, { report: 'report-3' }));
  await world.takeIn();
  const [after] = await world.folder().catalog.studies();
  assert.equal(
    after?.reports.find(({ report }) => report === 'report-3')?.refusal?.kind,
    'report/other-center',
  );
});

test('a relay of another center cannot sign for a pack', async (t) => {
  const world = await openTwo(t);
  await seal(world, slices(2));
  await address(world, studyUidOf(slices(2)), world.second);
  await world.seal();
  await world.giveCustody();
  assert.equal(await world.countCustody(), 1, 'the word to the first center, whose relay it is');
  const open = await world.folder().catalog.openPacks();
  assert.ok(open.every(({ center }) => center === rootOf(world.second)) && open.length > 0);
});

test('a pack that was being sealed for the center of before is dropped as it comes', async (t) => {
  const world = await openTwo(t);
  const study = slices(2);
  await world.receive(study);
  world.clock.advance(2_000);
  const { ports } = world.parts();
  const { seal: sealNow } = ports.sealer;
  let isAddressed = false;
  Object.assign(ports.sealer, {
    seal: async (job: Parameters<typeof sealNow>[0]) => {
      if (job.kind === 'data' && !isAddressed) {
        isAddressed = true;
        await address(world, studyUidOf(study), world.second);
      }
      return sealNow(job);
    },
  });
  await world.seal();
  await world.seal();
  assert.deepEqual((await at(world, world.center)).letters, []);
  assert.equal(listOf(await world.lettersAtCenter(world.second)).digests.size, 2);
  assert.deepEqual(await states(world), ['packed', 'packed']);
});

test('a person addresses a study by the code or the name of a center', async (t) => {
  const world = await openTwo(t);
  const study = slices(2);
  await seal(world, study);
  const deeds = deedsOf(world);
  const decision = { by: 'DR DEMO', reason: 'read by night' };
  const uid = studyUidOf(study);
  const kindOf = async (center: string, of = uid) => {
    const done = await deeds.address(of, center, decision);
    return done.ok ? done.value.did : done.fault.kind;
  };
  assert.equal(await kindOf('Third Center'), 'deed/which-center');
  assert.equal(await kindOf('Second Center', '1.2.3'), 'deed/unknown-study');
  assert.equal(await kindOf('second  CENTER'), 'addressed');
  await world.seal();
  assert.equal(listOf(await world.lettersAtCenter(world.second)).digests.size, 2);
  assert.equal(await kindOf(codeOfRoot(rootOf(world.center))), 'addressed');
  await world.seal();
  assert.equal(listOf(await world.lettersAtCenter()).digests.size, 2);
});

test('a study that has left the box in part cannot go to another center', async (t) => {
  const world = await openTwo(t);
  const study = slices(2);
  const { packId } = await seal(world, study);
  await world.bring('receipt', receiptFor(study, packId));
  await world.takeIn();
  world.clock.advance(60 * dayMs);
  await keep(world);
  assert.ok((await states(world)).includes('purged'));
  const done = await deedsOf(world).address(studyUidOf(study), 'Second Center', {
    by: 'DR DEMO',
    reason: 'too late',
  });
  assert.equal(!done.ok && done.fault.kind, 'deed/left-box');
});
