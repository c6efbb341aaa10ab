import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCatalog } from '#appliance/adapters/catalog-libsql.ts';
import { fault } from '#sync/core/fault.ts';
import { expectOk, fail } from '#sync/core/result.ts';
import { digestOf, entryOf, openEmptyCatalog, uidOf } from '#test/support/catalog-entries.ts';

/** Instance `number` with the bytes of `digest`. */
function entryWith(number: number, digest: number) {
  const entry = entryOf(number, {}, { place: digest });
  return { ...entry, record: { ...entry.record, datasetSha256: digestOf(digest) } };
}

test('a second digest under a UID is held behind the first, and told once, when it comes', async (t) => {
  const { catalog } = await openEmptyCatalog(t);
  expectOk(await catalog.addInstances([entryWith(1, 1), entryWith(2, 2)]));
  const pair = { sopInstanceUid: uidOf(1), kept: digestOf(1), held: digestOf(3) };
  assert.deepEqual(expectOk(await catalog.addInstances([entryWith(1, 3)])), [pair]);
  const uncompared = await catalog.uncompared();
  assert.equal(uncompared?.kept.datasetSha256, pair.kept);
  assert.equal(uncompared?.held.datasetSha256, pair.held);
  assert.deepEqual(expectOk(await catalog.addInstances([entryWith(1, 1)])), [], 'no news');
});

test('a database that takes the instances and does not say which are held is a fault, to be tried again', async (t) => {
  const { database } = await openEmptyCatalog(t);
  const busy = fault('database/busy' as const, 'Cannot read', 'Try again', 'later');
  let isBusy = true;
  const catalog = createCatalog({
    ...database,
    read: async (...query) => (isBusy ? fail(busy) : database.read(...query)),
  });
  const entries = [entryWith(1, 1), entryWith(1, 2)];
  const refused = await catalog.addInstances(entries);
  assert.equal(refused.ok ? 'ok' : refused.fault.kind, 'database/busy');
  isBusy = false;
  const [pair] = expectOk(await catalog.addInstances(entries));
  assert.equal(pair?.held, digestOf(2), 'the same group again says it');
  assert.equal((await catalog.studies())[0]?.counts.stored, 1);
});
