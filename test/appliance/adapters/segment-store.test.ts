import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { type Disk, systemDisk, writeAlignment } from '#appliance/adapters/disk.ts';
import { openSegmentStore } from '#appliance/adapters/segment-store.ts';
import { layoutOf } from '#appliance/store/layout.ts';
import { concat } from '#sync/core/bytes.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import { gatedDisk, systemError } from '#test/support/disk-faulty.ts';
import {
  arrivalOf,
  datasetOf,
  openStore,
  recordsOf,
  segmentFolder,
  sha256Hex,
  someIds,
  storeInstance,
} from '#test/support/segments.ts';

test('an instance of any length comes back byte for byte, also in ranges', async (t) => {
  const folder = await segmentFolder(t);
  const store = await openStore(t, folder, { lanes: 1 });
  for (const [serial, length] of [0, 1, 211, 212, 3_072, 525_000, 6_000_000].entries()) {
    const dataset = datasetOf(serial, length);
    const record = expectOk(await storeInstance(store, serial, dataset));
    const payload = concat(arrivalOf(serial).fileHeader, dataset);
    assert.equal(record.payloadSizeBytes, payload.length);
    assert.equal(record.fileHeaderSizeBytes, 300);
    assert.equal(record.datasetSha256, sha256Hex(dataset));
    const read = expectOk(await store.read(record, 0, payload.length));
    assert.ok(Buffer.from(payload).equals(read), `length ${length}`);
    const middle = Math.floor(payload.length / 2);
    assert.deepEqual(
      expectOk(await store.read(record, middle, 20)),
      payload.subarray(middle, middle + 20),
    );
  }
});

test('a restart finds every record with what is known of it', async (t) => {
  const folder = await segmentFolder(t);
  const first = await openStore(t, folder);
  const stored = await Promise.all(
    Array.from({ length: 20 }, (_, serial) =>
      storeInstance(first, serial, datasetOf(serial, 10_000 + serial)),
    ),
  );
  await first.close();
  const again = await openStore(t, folder);
  const found = await recordsOf(again);
  assert.deepEqual(byUid(found), byUid(stored.map(expectOk)));
  const { fileHeader: _, ...known } = arrivalOf(3);
  assert.deepEqual(found.find((each) => each.arrival.sopInstanceUid === '1.2.3.3')?.arrival, known);
  assert.equal(again.tornTails(), 0);
});

test('a replay starts behind the offsets it is given', async (t) => {
  const store = await openStore(t, await segmentFolder(t), { lanes: 1 });
  const records = [];
  for (let serial = 0; serial < 4; serial++) {
    records.push(expectOk(await storeInstance(store, serial, datasetOf(serial, 100))));
  }
  const [, second] = records;
  assert.ok(second);
  assert.deepEqual(
    await recordsOf(store, new Map([[second.segment, second.nextOffset]])),
    records.slice(2),
  );
});

test('a lane goes on in a new segment when the old one is long enough, and an instance stays whole', async (t) => {
  const folder = await segmentFolder(t);
  const store = await openStore(t, folder, { lanes: 1, segmentSizeBytes: 100_000 });
  for (let serial = 0; serial < 6; serial++) {
    expectOk(
      await storeInstance(store, serial, datasetOf(serial, serial === 3 ? 300_000 : 40_000)),
    );
  }
  const records = await recordsOf(store);
  assert.equal(records.length, 6);
  assert.deepEqual(await readdir(folder).then((names) => names.sort()), [
    'lane-0-0000001.seg',
    'lane-0-0000002.seg',
    'lane-0-0000003.seg',
  ]);
});

test('eight instances are written at once, the ninth waits for a lane', async (t) => {
  const store = await openStore(t, await segmentFolder(t));
  const writers = [];
  for (let serial = 0; serial < 8; serial++) {
    writers.push(expectOk(await store.begin(arrivalOf(serial))));
  }
  let hasBegun = false;
  const ninth = store.begin(arrivalOf(8)).then((begun) => {
    hasBegun = true;
    return expectOk(begun);
  });
  for (const writer of writers) writer.write(datasetOf(0, 2_000));
  await new Promise(setImmediate);
  assert.ok(!hasBegun);
  const [first] = writers;
  assert.ok(first);
  expectOk(await first.finish(someIds));
  (await ninth).write(datasetOf(9, 50));
  expectOk(await (await ninth).finish(someIds));
  for (const writer of writers.slice(2)) expectOk(await writer.finish(someIds));
  assert.equal((await recordsOf(store)).length, 8);
});

test('instances that interleave over the lanes do not mix', async (t) => {
  const store = await openStore(t, await segmentFolder(t), { segmentSizeBytes: 3_000_000 });
  const datasets = Array.from({ length: 40 }, (_, serial) =>
    datasetOf(serial, 5_000 + serial * 9_999),
  );
  const stored = await Promise.all(
    datasets.map((dataset, serial) => storeInstance(store, serial, dataset, 4_000)),
  );
  for (const [serial, result] of stored.entries()) {
    const record = expectOk(result);
    const bytes = expectOk(await store.read(record, 300, record.payloadSizeBytes - 300));
    assert.equal(sha256Hex(bytes), sha256Hex(datasets[serial] ?? new Uint8Array()));
  }
  assert.deepEqual(byUid(await recordsOf(store)), byUid(stored.map(expectOk)));
});

test('the head of the dataset can be read before the end, and is kept from its start', async (t) => {
  const store = await openStore(t, await segmentFolder(t));
  const writer = expectOk(await store.begin(arrivalOf(1)));
  const dataset = datasetOf(1, 2_000_000);
  for (let at = 0; at < dataset.length; at += 50_000) writer.write(dataset.slice(at, at + 50_000));
  const head = writer.head();
  assert.ok(head.length >= 65_536);
  assert.deepEqual(head, dataset.subarray(0, head.length));
  expectOk(await writer.finish(someIds));
});

test('a sender is stopped above the high-water mark and let go when the bytes are written', async (t) => {
  const store = await openStore(t, await segmentFolder(t));
  const writer = expectOk(await store.begin(arrivalOf(1)));
  const part = datasetOf(1, 500_000);
  let sent = 0;
  while (writer.write(part)) sent += part.length;
  assert.ok(sent >= 3_500_000 && sent <= 4 * 1024 * 1024, `stopped after ${sent}`);
  await writer.drained();
  assert.ok(writer.write(part));
  const record = expectOk(await writer.finish(someIds));
  assert.equal(record.payloadSizeBytes, 300 + sent + 2 * part.length);
});

test('an instance given up after bytes went out gives its bytes back, and its lane goes on', async (t) => {
  const folder = await segmentFolder(t);
  const store = await openStore(t, folder, { lanes: 1 });
  const kept = expectOk(await storeInstance(store, 1, datasetOf(1, 1_000)));
  const writer = expectOk(await store.begin(arrivalOf(2)));
  if (!writer.write(datasetOf(2, 6_000_000))) await writer.drained();
  const path = join(folder, kept.segment);
  assert.ok((await stat(path)).size > 2_000_000, 'bytes of it went out');
  writer.abort();
  expectOk(await storeInstance(store, 3, datasetOf(3, 1_000)));
  assert.equal(store.tornTails(), 0);
  assert.equal(
    (await stat(path)).size,
    layoutOf(kept.recordOffset, kept.payloadSizeBytes).nextOffset,
  );
  await store.close();
  const again = await openStore(t, folder);
  assert.deepEqual(
    (await recordsOf(again)).map((record) => [record.segment, record.arrival.sopInstanceUid]),
    [
      ['lane-0-0000001.seg', '1.2.3.1'],
      ['lane-0-0000002.seg', '1.2.3.3'],
    ],
  );
  assert.equal(again.tornTails(), 0);
});

test('an instance given up before a byte went out leaves nothing behind', async (t) => {
  const folder = await segmentFolder(t);
  const store = await openStore(t, folder, { lanes: 1 });
  expectOk(await store.begin(arrivalOf(1))).abort();
  expectOk(await storeInstance(store, 2, datasetOf(2, 1_000)));
  assert.equal(store.tornTails(), 0);
  assert.deepEqual(await readdir(folder), ['lane-0-0000001.seg']);
});

test("an earlier run's segments are never written again", async (t) => {
  const folder = await segmentFolder(t);
  const first = await openStore(t, folder);
  expectOk(await storeInstance(first, 1, datasetOf(1, 100)));
  await first.close();
  const before = await readFile(join(folder, 'lane-0-0000001.seg'));
  const second = await openStore(t, folder);
  expectOk(await storeInstance(second, 2, datasetOf(2, 100)));
  assert.deepEqual(await readFile(join(folder, 'lane-0-0000001.seg')), before);
  assert.equal((await recordsOf(second)).length, 2);
});

test('a hole in the payload of the last record makes it torn, before another one it is not looked at', async (t) => {
  const folder = await segmentFolder(t);
  const store = await openStore(t, folder, { lanes: 1 });
  const kept = expectOk(await storeInstance(store, 1, datasetOf(1, 9_000)));
  const last = expectOk(await storeInstance(store, 2, datasetOf(2, 9_000)));
  await store.close();
  const path = join(folder, last.segment);
  const bytes = await readFile(path);
  bytes.fill(0, last.payloadOffset + 4_096, last.payloadOffset + 8_192);
  await writeFile(path, bytes);
  const again = await openStore(t, folder);
  assert.deepEqual(await recordsOf(again), [kept]);
  assert.equal(again.tornTails(), 1);
});

test('texts too long for their fields are refused and cost no lane', async (t) => {
  const store = await openStore(t, await segmentFolder(t), { lanes: 1 });
  const announced = await store.begin(arrivalOf(1, { sopInstanceUid: '1'.repeat(65) }));
  assert.equal(announced.ok ? 'ok' : announced.fault.kind, 'store/too-large');
  const writer = expectOk(await store.begin(arrivalOf(2)));
  const told = await writer.finish({ ...someIds, studyInstanceUid: '1'.repeat(65) });
  assert.equal(told.ok ? 'ok' : told.fault.kind, 'store/too-large');
  expectOk(await storeInstance(store, 3, datasetOf(3, 10)));
});

test('close lets a finish end, gives up what is open, and refuses what comes later', async (t) => {
  const store = await openStore(t, await segmentFolder(t), { lanes: 2 });
  const ending = expectOk(await store.begin(arrivalOf(1)));
  ending.write(datasetOf(1, 10_000));
  const open = expectOk(await store.begin(arrivalOf(2)));
  const turnedAway = store.begin(arrivalOf(3));
  const finished = ending.finish(someIds);
  await store.close();
  expectOk(await finished);
  for (const result of [
    await open.finish(someIds),
    await turnedAway,
    await store.begin(arrivalOf(4)),
  ]) {
    assert.equal(result.ok ? 'ok' : result.fault.kind, 'store/closed');
  }
});

test('a segment deleted or shortened by hand is damage to its records and to nothing else', async (t) => {
  const folder = await segmentFolder(t);
  const store = await openStore(t, folder, { lanes: 1, segmentSizeBytes: 5_000 });
  const gone = expectOk(await storeInstance(store, 1, datasetOf(1, 9_000)));
  const kept = expectOk(await storeInstance(store, 2, datasetOf(2, 9_000)));
  await rm(join(folder, gone.segment));
  const read = await store.read(gone, 0, 10);
  assert.equal(read.ok ? 'ok' : read.fault.kind, 'store/damaged');
  expectOk(await store.read(kept, 0, 10));
  expectOk(await storeInstance(store, 3, datasetOf(3, 10)));
  await writeFile(join(folder, kept.segment), 'short');
  assert.ok(!(await store.read(kept, 0, 10)).ok);
});

test('a machine that is short of open files says nothing of a record: its reader is told to come again', async (t) => {
  const folder = await segmentFolder(t);
  let code: string | undefined;
  const disk = gatedDisk((call) => {
    if (code !== undefined && call === 'open') throw systemError(code);
  });
  const store = await openStore(t, folder, { lanes: 1, disk });
  const record = expectOk(await storeInstance(store, 1, datasetOf(1, 10)));
  for (code of ['EMFILE', 'ENFILE', 'ENOMEM']) {
    await assert.rejects(store.read(record, 0, 10), { code });
  }
  code = 'EIO';
  const read = await store.read(record, 0, 10);
  assert.equal(read.ok ? 'ok' : read.fault.kind, 'store/damaged');
});

test('the lengths of all segments are asked without opening one', async (t) => {
  const folder = await segmentFolder(t);
  const opened: string[] = [];
  const disk = gatedDisk((call, path) => {
    if (call === 'open') opened.push(path);
  });
  const config = { lanes: 1, segmentSizeBytes: 1, reserveBytes: 0 };
  const store = await openSegmentStore(folder, config, silentLog, disk);
  t.after(() => store.close());
  for (let serial = 0; serial < 4; serial++) {
    expectOk(await storeInstance(store, serial, datasetOf(serial, 1_000)));
  }
  const closed = await store.segments.closed();
  assert.equal(closed.length, 3);
  for (const { segment, sizeBytes } of closed) {
    assert.equal(sizeBytes, (await stat(join(folder, segment))).size);
  }
  assert.deepEqual(opened, [], 'a box of years has more segments than a program may have open');
});

test('a range outside the payload is a bug of the caller', async (t) => {
  const store = await openStore(t, await segmentFolder(t));
  const record = expectOk(await storeInstance(store, 1, datasetOf(1, 10)));
  await assert.rejects(store.read(record, 300, 11), RangeError);
  await assert.rejects(store.read(record, -1, 1), RangeError);
});

function byUid<T extends { readonly arrival: { readonly sopInstanceUid: string } }>(
  records: readonly T[],
): readonly T[] {
  return records.toSorted((a, b) =>
    a.arrival.sopInstanceUid.localeCompare(b.arrival.sopInstanceUid),
  );
}

test('every write is of whole pages at whole pages, the tail in the last one, so that the page cache can be passed by', async (t) => {
  const folder = await segmentFolder(t);
  const writes: { readonly offset: number; readonly lengths: readonly number[] }[] = [];
  const disk: Disk = {
    ...systemDisk,
    async create(path) {
      const file = await systemDisk.create(path);
      return {
        ...file,
        async write(parts, offset) {
          writes.push({ offset, lengths: parts.map(({ length }) => length) });
          await file.write(parts, offset);
        },
      };
    },
  };
  const store = await openStore(t, folder, { lanes: 1, disk, segmentSizeBytes: 64 * 1024 * 1024 });
  for (const [serial, length] of [1, 511, 3_000, 1_048_000, 2_500_001, 5_000_000].entries()) {
    expectOk(await storeInstance(store, serial, datasetOf(serial, length)));
  }
  const [head, tail] = writes.slice(-2);
  assert.ok(head && tail && head.offset < tail.offset, 'the block with the head is written late');
  assert.deepEqual(tail.lengths, [writeAlignment], 'and only the page of the tail after it');
  for (const { offset, lengths } of writes) {
    assert.equal(offset % writeAlignment, 0);
    assert.ok(lengths.every((length) => length > 0 && length % writeAlignment === 0));
  }
  assert.equal((await recordsOf(store)).length, 6);
});

test('a segment that is catalogued to its end is not opened again at a start', async (t) => {
  const folder = await segmentFolder(t);
  const store = await openStore(t, folder, { lanes: 1, segmentSizeBytes: 1 });
  const first = expectOk(await storeInstance(store, 1, datasetOf(1, 1_000)));
  const second = expectOk(await storeInstance(store, 2, datasetOf(2, 1_000)));
  await store.close();
  const opened: string[] = [];
  const disk: Disk = {
    ...systemDisk,
    open: (path) => {
      opened.push(basename(path));
      return systemDisk.open(path);
    },
  };
  const again = await openStore(t, folder, { disk });
  const catalogued = new Map([[first.segment, first.nextOffset]]);
  const found = await recordsOf(again, catalogued);
  assert.deepEqual(
    found.map(({ segment }) => segment),
    [second.segment],
  );
  assert.deepEqual(opened, [second.segment]);
});
