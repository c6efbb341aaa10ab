import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFile, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type VerifyFinding, verifySegments } from '#appliance/adapters/segment-verify.ts';
import type { StoredRecord } from '#appliance/store/stored-record.ts';
import { expectOk } from '#sync/core/result.ts';
import { gatedDisk, systemError } from '#test/support/disk-faulty.ts';
import {
  datasetOf,
  openStore,
  recordsOf,
  segmentFolder,
  storeInstance,
} from '#test/support/segments.ts';

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
