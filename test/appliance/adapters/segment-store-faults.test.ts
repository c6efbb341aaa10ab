import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFile, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type VerifyFinding, verifySegments } from '#appliance/adapters/segment-verify.ts';
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

const writer = fileURLToPath(new URL('../../support/segment-writer.ts', import.meta.url));

test('a segment cut in any region of its last record keeps all records before, and the cut is kept', async (t) => {
  const folder = await segmentFolder(t);
  const store = await openStore(t, folder, { lanes: 1 });
  const first = expectOk(await storeInstance(store, 1, datasetOf(1, 5_000)));
  const last = expectOk(await storeInstance(store, 2, datasetOf(2, 9_000)));
  await store.close();
  const whole = await readFile(join(folder, last.segment));
  const payloadEnd = last.payloadOffset + last.payloadSizeBytes;
  const cuts = {
    'nothing of the record': last.recordOffset,
    'one byte of the head': last.recordOffset + 1,
    'all but one byte of the head': last.payloadOffset - 1,
    'only the head': last.payloadOffset,
    'a byte of the payload': last.payloadOffset + 1,
    'half of the payload': last.payloadOffset + last.payloadSizeBytes / 2,
    'all of the payload': payloadEnd,
    'a byte of the tail': Math.ceil(payloadEnd / 512) * 512 + 1,
    'all but the last byte': whole.length - 1,
  };
  for (const [name, size] of Object.entries(cuts)) {
    await writeFile(join(folder, last.segment), whole);
    await truncate(join(folder, last.segment), size);
    const again = await openStore(t, folder, { lanes: 1 });
    assert.deepEqual(await recordsOf(again), [first], name);
    assert.equal(again.tornTails(), size === last.recordOffset ? 0 : 1, name);
    assert.equal((await readFile(join(folder, last.segment))).length, size, name);
    await again.close();
  }
});

test('a record in the middle that a bit flipped in costs no other record', async (t) => {
  const folder = await segmentFolder(t);
  const store = await openStore(t, folder, { lanes: 1 });
  const records: StoredRecord[] = [];
  for (let serial = 0; serial < 3; serial++) {
    records.push(expectOk(await storeInstance(store, serial, datasetOf(serial, 9_000))));
  }
  await store.close();
  await flipByte(folder, records[1], (record) => record.recordOffset + 200);
  const again = await openStore(t, folder, { lanes: 1 });
  assert.deepEqual(await recordsOf(again), [records[0], records[2]]);
});

test('every record that a killed process acknowledged is found, kill after kill', async (t) => {
  const folder = await segmentFolder(t);
  const acknowledged: string[] = [];
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, [writer, folder, String(round * 1_000)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    for await (const text of child.stdout.setEncoding('utf8')) {
      output += text;
      if (output.split('\n').length > 25 + round * 7) child.kill('SIGKILL');
    }
    acknowledged.push(...output.split('\n').slice(0, -1));
  }
  const store = await openStore(t, folder);
  const found = new Map((await recordsOf(store)).map((record) => [record.datasetSha256, record]));
  for (const digest of acknowledged) assert.ok(found.has(digest), `${digest} is lost`);
  const kinds = await kindsOf(folder);
  assert.ok(!kinds.includes('changed') && !kinds.includes('damaged'));
  assert.ok(acknowledged.length >= 75);
});

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

test('a record that was written but for its tail is torn to the next run', async (t) => {
  const folder = await segmentFolder(t);
  let writes = 0;
  const disk = gatedDisk((call) => {
    // The segment's header, then body and tail of each record.
    if (call === 'write' && ++writes === 5) throw systemError('EIO');
  });
  const store = await openStore(t, folder, { lanes: 1, disk });
  const kept = expectOk(await storeInstance(store, 1, datasetOf(1, 50_000)));
  const failed = await storeInstance(store, 2, datasetOf(2, 50_000));
  assert.equal(failed.ok ? 'ok' : failed.fault.kind, 'store/io');
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

test('a bad sector costs the record it lies in, at replay and at read', async (t) => {
  const folder = await segmentFolder(t);
  const store = await openStore(t, folder, { lanes: 1 });
  for (let serial = 0; serial < 2; serial++) {
    expectOk(await storeInstance(store, serial, datasetOf(serial, 100)));
  }
  await store.close();
  const disk = gatedDisk((call) => {
    if (call === 'read') throw systemError('EIO');
  });
  const again = await openStore(t, folder, { lanes: 1, disk });
  assert.deepEqual(await recordsOf(again), []);
  const some = { segment: 'lane-0-0000001.seg', payloadOffset: 4_608, payloadSizeBytes: 400 };
  const read = await again.read(some, 0, 10);
  assert.equal(read.ok ? 'ok' : read.fault.kind, 'store/damaged');
  expectOk(await storeInstance(again, 3, datasetOf(3, 100)));
});

test('a verification hashes every dataset and names what changed', async (t) => {
  const folder = await segmentFolder(t);
  const store = await openStore(t, folder, { lanes: 1, segmentSizeBytes: 10_000_000 });
  const records: StoredRecord[] = [];
  for (let serial = 0; serial < 3; serial++) {
    records.push(expectOk(await storeInstance(store, serial, datasetOf(serial, 1_500_000))));
  }
  await store.close();
  assert.deepEqual(await kindsOf(folder), ['intact', 'intact', 'intact']);
  await flipByte(folder, records[1], (record) => record.payloadOffset + 1_000_000);
  const [segment = ''] = await readdir(folder);
  await appendFile(join(folder, segment), 'left by a crash');
  assert.deepEqual(await kindsOf(folder), ['intact', 'changed', 'intact', 'torn']);
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

async function kindsOf(folder: string): Promise<readonly VerifyFinding['kind'][]> {
  const kinds: VerifyFinding['kind'][] = [];
  for await (const finding of verifySegments(folder)) kinds.push(finding.kind);
  return kinds;
}

async function flipByte(
  folder: string,
  record: StoredRecord | undefined,
  offsetOf: (record: StoredRecord) => number,
): Promise<void> {
  assert.ok(record);
  const path = join(folder, record.segment);
  const bytes = await readFile(path);
  const offset = offsetOf(record);
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  await writeFile(path, bytes);
}
