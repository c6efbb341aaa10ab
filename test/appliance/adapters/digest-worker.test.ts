import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createDigester } from '#appliance/adapters/digest-worker.ts';
import { digesterOf } from '#appliance/intake/compare.ts';
import type { StoredObject } from '#appliance/store/twins.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { workerLanes } from '#sync/adapters/worker-lane-threads.ts';
import { concat } from '#sync/core/bytes.ts';
import { ok } from '#sync/core/result.ts';
import { transferSyntax } from '#sync/dicom/transfer-syntaxes.ts';
import { segmentFolder } from '#test/support/segments.ts';

const mebibyte = 1024 * 1024;

test('the thread makes the digest that this thread makes, and leaves this one free', async (t) => {
  const sizeBytes = 48 * mebibyte;
  const { object, dataDir } = await largeObject(t, sizeBytes);
  const stop = new AbortController();
  const digester = createDigester(workerLanes(systemClock), dataDir, stop.signal);
  let turns = 0;
  const turn = setInterval(() => {
    turns += 1;
  }, 1);
  const digest = await digester.canonicalSha256(object, stop.signal);
  clearInterval(turn);
  assert.ok(turns > 10, `${turns} turns of this thread meanwhile`);
  const here = digesterOf({ read: async (_, at, length) => ok(bytesOf(sizeBytes, at, length)) });
  assert.ok(digest);
  assert.equal(digest, await here.canonicalSha256(object, stop.signal));
  stop.abort();
  assert.equal(await digester.canonicalSha256(object, stop.signal), undefined, 'it ended');
});

test('an object that cannot be read has no digest', async (t) => {
  const { object, dataDir } = await largeObject(t, mebibyte);
  const stop = new AbortController();
  t.after(() => stop.abort());
  const digester = createDigester(workerLanes(systemClock), dataDir, stop.signal);
  const gone = { ...object, segment: 'lane-0-0000009.seg' };
  assert.equal(await digester.canonicalSha256(gone, stop.signal), undefined);
});

/** Pixel Data of zeros behind a header; as a file it is a hole. */
async function largeObject(t: TestContext, pixelBytes: number) {
  const folder = await segmentFolder(t);
  await mkdir(folder, { recursive: true });
  const segment = 'lane-0-0000001.seg';
  const file = await open(join(folder, segment), 'w');
  const header = headerOf(pixelBytes);
  await file.write(header, 0, header.length, 0);
  await file.truncate(header.length + pixelBytes);
  await file.close();
  const object: StoredObject = {
    sopInstanceUid: '1.2.3',
    sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
    transferSyntaxUid: transferSyntax.explicitLittleEndian,
    datasetSha256: 'a'.repeat(64),
    segment,
    payloadOffset: 0,
    payloadSizeBytes: header.length + pixelBytes,
    fileHeaderSizeBytes: 0,
  };
  return { object, dataDir: dirname(folder) };
}

/** (7FE0,0010) OW with a defined length, PS3.5 7.1.2. */
function headerOf(pixelBytes: number): Uint8Array {
  const header = Buffer.from('e07f10004f57000000000000', 'hex');
  header.writeUInt32LE(pixelBytes, 8);
  return header;
}

function bytesOf(pixelBytes: number, at: number, length: number): Uint8Array {
  const header = headerOf(pixelBytes);
  return concat(header.subarray(at, at + length), new Uint8Array(length)).subarray(0, length);
}
