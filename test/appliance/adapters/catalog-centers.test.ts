import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { BoxFact } from '#appliance/store/facts.ts';
import {
  center,
  digestOf,
  entryOf,
  openEmptyCatalog,
  otherCenter,
  packOf,
  sealed,
  study,
  uidOf,
  wholePieces,
} from '#test/support/catalog-entries.ts';

const to = (root: string, by = 'DR DEMO'): BoxFact => ({
  ...{ fact: 'addressed', atMs: 40, study, center: root, by, reason: 'a test' },
});

/** Two images of one study: the first is delivered, the second is in custody of the relay. */
async function openBox(t: TestContext) {
  const { catalog, add, apply } = await openEmptyCatalog(t);
  await add(entryOf(1), entryOf(2));
  await apply(
    sealed(1, { pieces: wholePieces(1) }),
    sealed(2, { pieces: wholePieces(2) }),
    sealed(3, { manifest: { version: 1, list: [1, 2].map((n) => [uidOf(n), digestOf(n)]) } }),
    ...[1, 2, 3].map((n): BoxFact => {
      return { fact: 'custody', atMs: 20, packId: packOf(n), relay: 'relay-1' };
    }),
    {
      ...{ fact: 'delivered', atMs: 30, packId: packOf(90), study, manifest: packOf(3) },
      instances: [[digestOf(1), digestOf(1), 'PACS', []]],
    },
  );
  return {
    ...{ catalog, add, apply },
    states: async () => (await catalog.instances()).map(({ state }) => state),
    pending: async () =>
      (await catalog.pendingInstances(study, 10)).map((each) => each.sopInstanceUid),
    dropped: () => catalog.droppedAmong([1, 2, 3].map(packOf)),
  };
}

test('a study belongs to the center that has packs of it, until a person names one', async (t) => {
  const box = await openBox(t);
  assert.equal(await box.catalog.addresseeOf(study), center);
  await box.apply(to(otherCenter));
  assert.equal(await box.catalog.addresseeOf(study), otherCenter);
  await box.apply(sealed(4, { pieces: wholePieces(1) }));
  assert.equal(await box.catalog.addresseeOf(study), otherCenter, 'packs count behind the word');
});

test('of a study that nobody has or was named for, and of none, there is no center', async (t) => {
  const { catalog, add, apply } = await openEmptyCatalog(t);
  assert.equal(await catalog.addresseeOf(study), undefined);
  await add(entryOf(1));
  assert.equal(await catalog.addresseeOf(study), undefined);
  await apply(sealed(1, { pieces: wholePieces(1) }));
  await apply({ fact: 'dropped', atMs: 5, packId: packOf(1), reason: 'gone from the spool' });
  assert.equal(await catalog.addresseeOf(study), undefined, 'packs that are given up do not count');
});

test('sent to another center, all of it is to be sealed again, delivered or not', async (t) => {
  const box = await openBox(t);
  assert.deepEqual(await box.states(), ['delivered', 'packed']);
  assert.deepEqual(await box.dropped(), []);
  await box.apply(to(otherCenter));
  assert.deepEqual(await box.states(), ['stored', 'stored']);
  assert.deepEqual(await box.pending(), [uidOf(1), uidOf(2)]);
  assert.deepEqual((await box.dropped()).toSorted(), [1, 2, 3].map(packOf));
});

test('the word for the center that has it already changes nothing', async (t) => {
  const box = await openBox(t);
  await box.apply(to(center));
  assert.deepEqual(await box.states(), ['delivered', 'packed']);
  assert.deepEqual(await box.dropped(), []);
});

test('a receipt of the past counts no more when facts are applied again', async (t) => {
  const box = await openBox(t);
  await box.apply(to(otherCenter), sealed(4, { center: otherCenter, pieces: wholePieces(1, 2) }));
  const once = await box.states();
  assert.deepEqual(once, ['packed', 'packed']);
  await box.apply(to(otherCenter), sealed(4, { center: otherCenter, pieces: wholePieces(1, 2) }));
  assert.deepEqual(await box.states(), once);
});
