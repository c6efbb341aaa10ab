import assert from 'node:assert/strict';
import { stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { layoutOf } from '#appliance/store/layout.ts';
import type { StoredRecord } from '#appliance/store/stored-record.ts';
import { expectOk } from '#sync/core/result.ts';
import { type DiskCall, gatedDisk, systemError } from '#test/support/disk-faulty.ts';
import {
  arrivalOf,
  datasetOf,
  openStore,
  recordsOf,
  segmentFolder,
  someIds,
  storeInstance,
} from '#test/support/segments.ts';
import { smallDisk } from '#test/support/small-disk.ts';

test('an fdatasync that fails is told to its instance and is never tried again', async (t) => {
  const folder = await segmentFolder(t);
  const calls: DiskCall[] = [];
  let isFailing = false;
  const disk = gatedDisk((call) => {
    calls.push(call);
    if (isFailing && call === 'sync') throw systemError('EIO');
  });
  const store = await openStore(t, folder, { lanes: 2, disk });
  expectOk(await storeInstance(store, 1, datasetOf(1, 1_000)));
  isFailing = true;
  const [failed, waiting] = await Promise.all([
    storeInstance(store, 2, datasetOf(2, 1_000)),
    store.begin(arrivalOf(3)),
  ]);
  assert.equal(failed.ok ? 'ok' : failed.fault.kind, 'store/io');
  assert.doesNotMatch(failed.ok ? '' : failed.fault.message, /path/);
  expectOk(waiting).abort();
  isFailing = false;
  const later = await storeInstance(store, 4, datasetOf(4, 1_000));
  assert.equal(later.ok ? 'ok' : later.fault.kind, 'store/io');
  await store.close();
  assert.equal(calls.filter((call) => call === 'sync').length, 2);
});

test('a record whose fdatasync failed is not found by the next run, though the page cache holds it', async (t) => {
  const folder = await segmentFolder(t);
  let syncs = 0;
  const disk = gatedDisk((call) => {
    if (call === 'sync' && ++syncs === 2) throw systemError('EIO');
  });
  const store = await openStore(t, folder, { lanes: 1, disk });
  const kept = expectOk(await storeInstance(store, 1, datasetOf(1, 1_000)));
  assert.ok(!(await storeInstance(store, 2, datasetOf(2, 1_000))).ok);
  await store.close();
  const again = await openStore(t, folder, { lanes: 1 });
  assert.deepEqual(await recordsOf(again), [kept]);
  assert.equal(again.tornTails(), 1);
});

test('the last record that an earlier run left is made durable before it is told, or not told', async (t) => {
  const folder = await segmentFolder(t);
  const store = await openStore(t, folder, { lanes: 1 });
  const first = expectOk(await storeInstance(store, 1, datasetOf(1, 1_000)));
  const last = expectOk(await storeInstance(store, 2, datasetOf(2, 1_000)));
  await store.close();
  let syncs = 0;
  let isFailing = false;
  const disk = gatedDisk((call) => {
    if (call !== 'sync') return;
    syncs++;
    if (isFailing) throw systemError('EIO');
  });
  const again = await openStore(t, folder, { lanes: 1, disk });
  assert.deepEqual(await recordsOf(again), [first, last]);
  assert.equal(syncs, 1);
  isFailing = true;
  assert.deepEqual(await recordsOf(again), [first]);
});

test('a folder that cannot be made durable fails the first instance of a segment', async (t) => {
  const folder = await segmentFolder(t);
  let isFailing = false;
  const disk = gatedDisk((call) => {
    if (isFailing && call === 'syncFolder') throw systemError('EIO');
  });
  const store = await openStore(t, folder, { lanes: 1, disk });
  isFailing = true;
  const stored = await storeInstance(store, 1, datasetOf(1, 1_000));
  assert.equal(stored.ok ? 'ok' : stored.fault.kind, 'store/io');
});

test('a full disk in the middle of an instance is told at its end, and intake goes on when there is room', async (t) => {
  const folder = await segmentFolder(t);
  let isFull = false;
  const disk = gatedDisk((call) => {
    if (isFull && call === 'write') throw systemError('ENOSPC');
  });
  const store = await openStore(t, folder, { lanes: 1, disk });
  const before = expectOk(await storeInstance(store, 1, datasetOf(1, 1_000)));
  const open = expectOk(await store.begin(arrivalOf(2)));
  isFull = true;
  for (let part = 0; part < 20; part++) {
    if (!open.write(datasetOf(part, 500_000))) await open.drained();
  }
  const failed = await open.finish(someIds);
  assert.equal(failed.ok ? 'ok' : failed.fault.kind, 'store/full');
  assert.equal(failed.ok ? '' : failed.fault.retry, 'later');
  const path = join(folder, before.segment);
  const end = layoutOf(before.recordOffset, before.payloadSizeBytes).nextOffset;
  const refused = await store.begin(arrivalOf(3));
  assert.equal(refused.ok ? 'ok' : refused.fault.kind, 'store/full');
  assert.equal((await stat(path)).size, end, 'what no success was said for gave its room back');
  isFull = false;
  const after = expectOk(await storeInstance(store, 4, datasetOf(4, 1_000)));
  assert.deepEqual(await recordsOf(store), [before, after]);
  assert.equal(store.tornTails(), 0);
});

test('a disk that fails is asked for no cut: the torn record stays and is counted', async (t) => {
  const folder = await segmentFolder(t);
  const calls: DiskCall[] = [];
  let isFailing = false;
  const disk = gatedDisk((call) => {
    if (isFailing) calls.push(call);
    if (isFailing && call === 'write') throw systemError('EIO');
  });
  const store = await openStore(t, folder, { lanes: 1, disk });
  expectOk(await storeInstance(store, 1, datasetOf(1, 1_000)));
  isFailing = true;
  const failed = await storeInstance(store, 2, datasetOf(2, 3_000_000));
  assert.equal(failed.ok ? 'ok' : failed.fault.kind, 'store/io');
  await store.close();
  assert.ok(calls.includes('write') && !calls.includes('truncate'), calls.join());
  assert.equal(store.tornTails(), 1);
});

test('a cut that the disk refuses leaves a torn record, and intake goes on', async (t) => {
  const folder = await segmentFolder(t);
  const disk = gatedDisk((call) => {
    if (call === 'truncate') throw systemError('EIO');
  });
  const store = await openStore(t, folder, { lanes: 1, disk });
  const before = expectOk(await storeInstance(store, 1, datasetOf(1, 1_000)));
  const writer = expectOk(await store.begin(arrivalOf(2)));
  if (!writer.write(datasetOf(2, 6_000_000))) await writer.drained();
  writer.abort();
  const after = expectOk(await storeInstance(store, 3, datasetOf(3, 1_000)));
  assert.deepEqual(await recordsOf(store), [before, after]);
  assert.equal(store.tornTails(), 1);
});

test('a reserve that is reached refuses new instances and says how much room there is', async (t) => {
  const folder = await segmentFolder(t);
  let freeBytes = 10_000_000_000;
  const disk = { ...gatedDisk(() => {}), space: async () => ({ freeBytes, totalBytes: 2e10 }) };
  const store = await openStore(t, folder, { disk });
  expectOk(await storeInstance(store, 1, datasetOf(1, 1_000)));
  freeBytes = 0;
  assert.deepEqual(await store.space(), { freeBytes: 0, totalBytes: 2e10, isFull: true });
  const refused = await store.begin(arrivalOf(2));
  assert.equal(refused.ok ? 'ok' : refused.fault.kind, 'store/full');
});

test('all lanes that wait share one round, and no round runs beside another', async (t) => {
  const folder = await segmentFolder(t);
  const gate = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  const syncs: string[] = [];
  const disk = gatedDisk(async (call, path) => {
    if (call !== 'sync') return;
    most = Math.max(most, ++running);
    syncs.push(path.slice(-18, -4));
    await (syncs.length === 1 ? gate.promise : new Promise(setImmediate));
    running--;
  });
  const store = await openStore(t, folder, { disk });
  const first = storeInstance(store, 0, datasetOf(0, 100));
  while (syncs.length === 0) await new Promise(setImmediate);
  const written = Promise.withResolvers<void>();
  let writes = 0;
  const others = Array.from({ length: 5 }, async (_, index) => {
    const open = expectOk(await store.begin(arrivalOf(index + 1)));
    open.write(datasetOf(index + 1, 100));
    const finished = open.finish(someIds);
    if (++writes === 5) written.resolve();
    return finished;
  });
  await written.promise;
  assert.equal(syncs.length, 1);
  gate.resolve();
  for (const result of await Promise.all([first, ...others])) expectOk(result);
  assert.equal(syncs.length, 6);
  assert.ok(most > 1, 'the second round syncs its lanes at once');
});

test('a disk that fills up for real refuses, keeps what it has, and takes again', async (t) => {
  const folder = await smallDisk(t, '12m');
  if (folder === undefined) return t.skip('needs the right to mount a tmpfs');
  const store = await openStore(t, join(folder, 'segments'));
  const ballast = join(folder, 'ballast');
  await writeFile(ballast, new Uint8Array(4_000_000));
  const stored: StoredRecord[] = [];
  const faults = new Set<string>();
  for (let serial = 0; serial < 30; serial++) {
    const result = await storeInstance(store, serial, datasetOf(serial, 1_700_000));
    if (result.ok) stored.push(result.value);
    else faults.add(result.fault.kind);
  }
  assert.deepEqual([...faults], ['store/full']);
  assert.ok(stored.length >= 3);
  await truncate(ballast, 0);
  stored.push(expectOk(await storeInstance(store, 99, datasetOf(99, 1_000_000))));
  await store.close();
  const again = await openStore(t, join(folder, 'segments'));
  const digests = new Set((await recordsOf(again)).map((record) => record.datasetSha256));
  for (const record of stored) assert.ok(digests.has(record.datasetSha256));
  assert.equal(digests.size, stored.length);
  await again.close();
});
