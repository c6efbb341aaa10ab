import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { apiFaultSchema } from '#appliance/api/contract.ts';
import {
  type Deed,
  deedDoneSchema,
  deedSchema,
  studyInstancesSchema,
} from '#appliance/api/contract-housekeeping.ts';
import { createHousekeepingApi } from '#appliance/api/housekeeping-app.ts';
import { createComparer } from '#appliance/intake/compare.ts';
import { silentLog } from '#sync/core/log.ts';
import { type BoxWorld, openBoxWorld } from '#test/support/box-world.ts';
import { fuzzJson } from '#test/support/fuzz.ts';
import { dayMs, deedsOf, keep, withdraw } from '#test/support/housekeeping.ts';
import {
  assertSameObjects,
  dataLetters,
  listOf,
  receiptFor,
  seal,
  slices,
  snapshot,
  stateOf,
  studyUidOf,
  withChangedPixel,
} from '#test/support/road.ts';

const alpha = { by: 'TEST^ALPHA', reason: 'phantom' };
const bravo = { by: 'TEST^BRAVO', reason: 'agreed' };

test('what is rejected leaves the spool, is sent no more, and is kept', async (t) => {
  const { box, study, uid, act } = await boxWith(t, 3);
  await seal(box, study);
  const done = await act(uid, { deed: 'reject', ...alpha });
  assert.deepEqual(done, { did: 'rejected', instances: 3, alreadyOut: 0 });
  await withdraw(box);
  assert.deepEqual(await box.spool.clinical.sentPacks(), []);
  await box.seal();
  assert.deepEqual(await box.lettersAtCenter(), []);
  assert.equal(await stateOf(box), 'set aside');
  box.clock.advance(4_000 * dayMs);
  await keep(box);
  assert.equal((await box.folder().housekeeping.placed(undefined, 9)).length, 3);
});

test('one rejected image is called back with its pack, and the rest is sealed anew without it', async (t) => {
  const { box, study, uid, act } = await boxWith(t, 3);
  await seal(box, study);
  const [bad, ...good] = study;
  assert.ok(bad);
  await act(uid, { deed: 'reject', sopInstanceUids: [bad.sopInstanceUid], ...alpha });
  await withdraw(box);
  box.clock.advance(700_000);
  await box.seal();
  const letters = await box.lettersAtCenter();
  assertSameObjects(letters, good);
  assert.deepEqual(listOf(letters).digests, new Set(good.map((each) => each.datasetSha256)));
});

test('what the relay has cannot be called back: the answer says how much, and a new list goes without it', async (t) => {
  const { box, study, uid, act } = await boxWith(t, 2);
  await seal(box, study);
  await box.giveCustody();
  await box.countCustody();
  const [bad] = study;
  assert.ok(bad);
  const uids = [bad.sopInstanceUid];
  const done = await act(uid, { deed: 'reject', sopInstanceUids: uids, ...alpha });
  assert.deepEqual(done, { did: 'rejected', instances: 1, alreadyOut: 1 });
  box.clock.advance(700_000);
  await box.seal();
  assert.equal(listOf(await box.lettersAtCenter()).digests.size, 1);
  await act(uid, { deed: 'restore', ...alpha });
  box.clock.advance(700_000);
  await box.seal();
  assert.equal((await dataLetters(box)).length, 0, 'it is at the relay already');
});

test('what is delivered is not rejected here', async (t) => {
  const { box, study, uid, act } = await boxWith(t, 1);
  const { packId } = await seal(box, study);
  await box.bring('receipt', receiptFor(study, packId));
  await box.takeIn();
  assert.equal((await refusal(act(uid, { deed: 'reject', ...alpha }))).code, 'NOTHING-TO-DO');
});

test('a rejection that is taken back is sent, also behind a rebuild', async (t) => {
  const { box, study, uid, act } = await boxWith(t, 2);
  await seal(box, study);
  await act(uid, { deed: 'reject', ...alpha });
  await withdraw(box);
  await act(uid, { deed: 'restore', ...alpha });
  const before = await snapshot(box);
  await rebuild(box);
  assert.deepEqual(await snapshot(box), before);
  box.clock.advance(2_000);
  await box.seal();
  assertSameObjects(await box.lettersAtCenter(), study);
});

test('two different people discard what is rejected, and never one alone', async (t) => {
  const { box, study, uid, act } = await boxWith(t, 2);
  await box.receive(study);
  assert.equal((await refusal(act(uid, { deed: 'discard', ...alpha }))).code, 'NOTHING-TO-DO');
  await act(uid, { deed: 'reject', ...alpha });
  assert.deepEqual((await act(uid, { deed: 'discard', ...alpha })) as unknown, {
    ...{ did: 'asked', instances: 2, alreadyOut: 0 },
  });
  for (const by of ['TEST^ALPHA', ' test^alpha', 'Test^Alpha ']) {
    const again = act(uid, { deed: 'discard', by, reason: 'alone' });
    assert.equal((await refusal(again)).code, 'SAME-PERSON');
  }
  await act(uid, { deed: 'discard', ...bravo });
  assert.deepEqual(await statesOf(box), ['discarded', 'discarded']);
  const before = await snapshot(box);
  await rebuild(box);
  assert.deepEqual(await snapshot(box), before);
  const { onlyHere } = await box.folder().catalog.totals();
  assert.equal(onlyHere, 0);
});

test('who asked before more was rejected asked for something else', async (t) => {
  const { box, study, uid, act } = await boxWith(t, 2);
  await box.receive(study);
  const [one, two] = study.map(({ sopInstanceUid }) => sopInstanceUid);
  assert.ok(one && two);
  await act(uid, { deed: 'reject', sopInstanceUids: [one], ...alpha });
  await act(uid, { deed: 'discard', ...alpha });
  await act(uid, { deed: 'reject', sopInstanceUids: [two], ...alpha });
  const done = await act(uid, { deed: 'discard', ...bravo });
  assert.equal((done as { did: string }).did, 'asked');
  assert.deepEqual(await statesOf(box), ['rejected', 'rejected']);
});

test('a pinned study is not discarded', async (t) => {
  const { box, study, uid, act } = await boxWith(t, 1);
  await box.receive(study);
  await act(uid, { deed: 'reject', ...alpha });
  await act(uid, { deed: 'pin', ...alpha });
  assert.equal((await refusal(act(uid, { deed: 'discard', ...alpha }))).code, 'PINNED');
});

test('what was discarded and comes again is an image like any other', async (t) => {
  const { box, study, uid, act } = await boxWith(t, 1);
  await box.receive(study);
  await act(uid, { deed: 'reject', ...alpha });
  await act(uid, { deed: 'discard', ...alpha });
  await act(uid, { deed: 'discard', ...bravo });
  await box.receive(study);
  assert.deepEqual(await statesOf(box), ['stored']);
  const before = await snapshot(box);
  await rebuild(box);
  assert.deepEqual(await snapshot(box), before);
});

const verdicts = [
  ['keep-first', 'aside', 1],
  ['send-second', 'stored', 2],
  ['reject-second', 'rejected', 1],
] as const;
for (const [verdict, state, sent] of verdicts) {
  test(`a second object under a UID: ${verdict}, live and after a rebuild`, async (t) => {
    const { box, study, uid, act } = await boxWith(t, 1);
    const [first] = study;
    assert.ok(first);
    const second = withChangedPixel(first);
    await box.receive([first, second]);
    const sopInstanceUid = first.sopInstanceUid;
    const decide = () => act(uid, { deed: 'decide', sopInstanceUid, verdict, ...alpha });
    assert.equal((await refusal(decide())).code, 'NOTHING-TO-DO', 'not compared yet');
    await compareAll(box);
    assert.equal(await stateOf(box), 'needs help');
    await decide();
    assert.deepEqual((await statesOf(box)).toSorted(), [state, 'stored'].toSorted());
    const before = await snapshot(box);
    await rebuild(box);
    assert.deepEqual(await snapshot(box), before);
    box.clock.advance(2_000);
    await box.seal();
    assert.equal(listOf(await box.lettersAtCenter()).digests.size, sent);
    const data = (await dataLetters(box)).flatMap(({ letter }) =>
      letter.kind === 'data' ? letter.data.instances : [],
    );
    assert.equal(data.length, sent);
    assert.notEqual(await stateOf(box), 'needs help');
    assert.equal((await refusal(decide())).code, 'NOTHING-TO-DO');
  });
}

test('the list of a study comes in pages, and an unknown one is 404', async (t) => {
  const { box, study, uid } = await boxWith(t, 3);
  await box.receive(study);
  const app = apiOf(box);
  const read = async (path: string) =>
    studyInstancesSchema.parse(await (await app.request(path)).json());
  const first = await read(`/v1/studies/${uid}/instances?limit=2`);
  assert.ok(first.next);
  const rest = await read(`/v1/studies/${uid}/instances?after=${first.next}`);
  assert.equal(rest.next, null);
  assert.deepEqual(
    [...first.instances, ...rest.instances].map((each) => each.datasetSha256).toSorted(),
    study.map(({ datasetSha256 }) => datasetSha256).toSorted(),
  );
  assert.equal((await app.request('/v1/studies/2.25.404/instances')).status, 404);
});

test('a hostile body at the door of deeds is refused and changes nothing', async (t) => {
  const { box, study, uid } = await boxWith(t, 1);
  await box.receive(study);
  const app = apiOf(box);
  const bodies = [
    { deed: 'reject', ...alpha },
    { deed: 'decide', verdict: 'keep-first', ...alpha },
  ];
  await fuzzJson('createHousekeepingApi', bodies, async (body) => {
    const response = await app.request(`/v1/studies/${uid}x/deeds`, {
      method: 'POST',
      body: JSON.stringify(body) ?? 'undefined',
    });
    assert.ok([400, 404].includes(response.status), `${response.status}`);
  });
  assert.deepEqual(await statesOf(box), ['stored']);
});

test('an answer of something else than this box is no answer', async () => {
  const samples = [
    { did: 'rejected', instances: 1, alreadyOut: 0 },
    { isPinned: false, discardAskedBy: null, instances: [], next: null },
    { deed: 'pin', ...alpha },
  ];
  await fuzzJson('housekeeping answers', samples, (value) => {
    for (const schema of [deedDoneSchema, studyInstancesSchema, deedSchema]) {
      const parsed = schema.safeParse(value);
      assert.ok(!parsed.success || typeof parsed.data === 'object');
    }
  });
});

async function boxWith(t: TestContext, count: number) {
  const box = await openBoxWorld(t);
  const study = slices(count);
  const act = async (uid: string, deed: Deed): Promise<unknown> => {
    const response = await apiOf(box).request(`/v1/studies/${uid}/deeds`, {
      method: 'POST',
      body: JSON.stringify(deed),
    });
    const body: unknown = await response.json();
    return response.ok ? deedDoneSchema.parse(body) : apiFaultSchema.parse(body);
  };
  return { box, study, uid: studyUidOf(study), act };
}

function apiOf(box: BoxWorld) {
  return createHousekeepingApi({ catalog: box.folder().housekeeping, deeds: deedsOf(box) });
}

async function refusal(answer: Promise<unknown>) {
  return apiFaultSchema.parse(await answer);
}

async function statesOf(box: BoxWorld): Promise<readonly string[]> {
  return (await box.folder().catalog.instances()).map(({ state }) => state);
}

async function rebuild(box: BoxWorld): Promise<void> {
  await box.stop();
  await rm(join(box.dataDir, 'catalog.db'));
  await box.start();
}

async function compareAll(box: BoxWorld): Promise<void> {
  const { catalog, store } = box.folder();
  const { recorder } = box.parts().ports;
  const { signal } = new AbortController();
  const ports = { catalog, store, recorder, clock: box.clock, log: silentLog };
  const comparer = createComparer({ ...ports, onCompared: () => undefined }, signal);
  comparer.wake();
  await comparer.idle();
}
