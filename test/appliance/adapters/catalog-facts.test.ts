import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { BoxFact } from '#appliance/store/facts.ts';
import { expectOk } from '#sync/core/result.ts';
import {
  digestOf,
  entryOf,
  openEmptyCatalog,
  packOf,
  payloadSizeBytes,
  sealed,
  segment,
  study,
  uidOf,
} from '#test/support/catalog-entries.ts';

/** Everything that may happen to four instances, in an order that the box could write. */
const facts: readonly BoxFact[] = [
  sealed(1, { pieces: [[uidOf(1), digestOf(1), 0, payloadSizeBytes]] }),
  sealed(2, { pieces: [[uidOf(2), digestOf(2), 0, 900]] }),
  sealed(3, { pieces: [[uidOf(2), digestOf(2), 900, payloadSizeBytes]] }),
  sealed(4, { pieces: [[uidOf(3), digestOf(3), 0, payloadSizeBytes]] }),
  sealed(5, { manifest: { version: 2, list: [1, 2, 3].map((n) => [uidOf(n), digestOf(n)]) } }),
  { fact: 'custody', atMs: 20, packId: packOf(1), relay: 'relay-1' },
  { fact: 'custody', atMs: 20, packId: packOf(3), relay: 'relay-1' },
  { fact: 'dropped', atMs: 21, packId: packOf(3), reason: 'gone from the spool' },
  sealed(6, { pieces: [[uidOf(2), digestOf(2), 900, payloadSizeBytes]] }),
  damaged(4),
  damaged(1),
  {
    ...{ fact: 'delivered', atMs: 30, packId: packOf(90), study, manifest: packOf(5) },
    instances: [[digestOf(1), digestOf(1), 'PACS', []]],
  },
  { fact: 'dropped', atMs: 31, packId: packOf(5), reason: 'gone from the spool' },
];

test('facts that are applied again from any place on change nothing', async (t) => {
  const { apply, state } = await catalogOfFour(t);
  await apply(...facts);
  const expected = await state();
  assert.deepEqual(
    expected.instances.map(({ state }) => state),
    ['delivered', 'packed', 'packed', 'damaged'],
  );
  for (let from = 0; from < facts.length; from++) {
    await apply(...facts.slice(from));
    assert.deepEqual(await state(), expected, `from ${from}`);
  }
});

test('a pack that was dropped counts for nothing when its facts are applied again alone', async (t) => {
  const { apply, state } = await catalogOfFour(t);
  await apply(...facts.slice(0, 8));
  const lost = await state();
  assert.equal(lost.instances[1]?.state, 'stored');
  await apply(...factsOf(3).slice(0, 2));
  assert.deepEqual(await state(), lost);
  await apply(...facts.slice(8));
  const withoutList = await state();
  assert.deepEqual(
    withoutList.places.map((place) => place['listedIn']),
    [null, null, null, null],
  );
  await apply(...factsOf(5).slice(0, 1));
  assert.deepEqual(await state(), withoutList);
});

test('a split instance is packed when its last range is, and pending again when one is lost', async (t) => {
  const { apply, state } = await catalogOfFour(t);
  const seen: (string | undefined)[] = [];
  for (const fact of facts) {
    await apply(fact);
    seen.push((await state()).instances[1]?.state);
  }
  assert.deepEqual(seen.slice(0, 9), [
    ...['stored', 'stored', 'packed', 'packed', 'packed', 'packed', 'packed'],
    ...['stored', 'packed'],
  ]);
});

test('a damaged instance is read from the copy that came before the damage', async (t) => {
  const { apply, add, state } = await catalogOfFour(t);
  await add(entryOf(4, {}, { place: 9 }));
  await apply(damaged(4));
  const { instances, places } = await state();
  assert.equal(instances[3]?.state, 'stored');
  assert.equal(places[3]?.['recordOffset'], 9 * 4_096);
});

test('a second copy of the same bytes takes the place of a damaged one', async (t) => {
  const { apply, add, state } = await catalogOfFour(t);
  await apply(damaged(4));
  await add(entryOf(4, {}, { place: 9 }));
  const { instances, places } = await state();
  assert.equal(instances[3]?.state, 'stored');
  assert.equal(places[3]?.['recordOffset'], 9 * 4_096);
});

async function catalogOfFour(t: TestContext) {
  const { catalog, database, add, apply } = await openEmptyCatalog(t);
  await add(...[1, 2, 3, 4].map((n) => entryOf(n)));
  return {
    ...{ add, apply },
    state: async () => ({
      instances: await catalog.instances(),
      studies: await catalog.studies(),
      open: await catalog.openPacks(),
      sealing: await catalog.sealingStudies(),
      pending: await catalog.pendingInstances(study, 10),
      places: expectOk(await database.read('SELECT * FROM instance ORDER BY sopInstanceUid')),
    }),
  };
}

function factsOf(number: number): readonly BoxFact[] {
  return facts.filter((fact) => 'packId' in fact && fact.packId === packOf(number));
}

function damaged(number: number): BoxFact {
  const datasetSha256 = digestOf(number);
  const recordOffset = number * 4_096;
  return {
    fact: 'damaged',
    atMs: 25,
    sopInstanceUid: uidOf(number),
    datasetSha256,
    segment,
    recordOffset,
  };
}
