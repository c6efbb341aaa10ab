import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { tag } from '#sync/dicom/tags.ts';
import { datasetPdus, echoCommand, RawPeer, storeCommand } from '../support/dimse-peer.ts';
import { syntheticSlice } from '../support/synthetic-ct.ts';
import { syntheticObject, syntheticUid } from '../support/synthetic-dataset.ts';
import { until } from '../support/until.ts';
import { makeBox } from './box.ts';
import { inject, skipInjection } from './strace.ts';

const senders = 4;
const pixelBytes = 48 * 1024 * 1024;
/**
 * What the box may grow while it is owed four times `pixelBytes`: the blocks of four lanes, and what the answers to 200
 * echoes leave to the collector.
 */
const mayGrowBytes = 112 * 1024 * 1024;

test('F50: a slow disk slows the senders, an echo is answered, memory stays flat, and all of it is stored', {
  skip: skipInjection,
}, async (t) => {
  const box = await makeBox(t);
  const running = await box.start();
  const port = Number((await running.program.ready)['port']);
  const { attributes } = syntheticSlice({ seed: 50, slices: 1, rows: 16 }, 0);
  const objects = Array.from({ length: senders }, (_, index) =>
    syntheticObject({ ...attributes, sopInstanceUid: syntheticUid(`slow/${index}`) }, [
      [tag.PixelData, 'OW', new Uint8Array(pixelBytes).fill(index)],
    ]),
  );
  const peers = await Promise.all(objects.map(() => RawPeer.connect(port)));
  for (const peer of peers) await peer.associate();
  const heal = await inject(t, running.pid, {
    calls: 'pwrite64,pwritev,pwritev2,fdatasync',
    rule: 'delay_enter=1000000',
  });
  const beforeBytes = rssBytes(running.pid);
  for (const [index, { part10, fileHeaderSizeBytes, sopInstanceUid }] of objects.entries()) {
    peers[index]?.send(storeCommand(sopInstanceUid));
    peers[index]?.send(datasetPdus(part10.subarray(fileHeaderSizeBytes), 131_000));
  }
  // Each echo is a turn of the box in which it could read more of what the senders hold.
  const other = await RawPeer.connect(port);
  await other.associate();
  for (let id = 1; id <= 200; id++) {
    other.send(echoCommand(id));
    assert.equal((await other.response()).status, 0);
  }
  other.close();
  assert.ok(rssBytes(running.pid) - beforeBytes < mayGrowBytes, 'the box holds little of it');
  for (const { socket } of peers) {
    assert.ok(socket.writableLength > pixelBytes / 4, 'the sender still holds the rest');
  }
  await heal();
  for (const peer of peers) assert.equal((await peer.response()).status, 0);
  for (const peer of peers) peer.close();
  const stored = await until('all are catalogued', 60_000, async () => {
    const digests = (await box.instances()).map(({ datasetSha256 }) => datasetSha256);
    return digests.length === senders ? digests : undefined;
  });
  assert.deepEqual(stored.toSorted(), objects.map((each) => each.datasetSha256).toSorted());
});

function rssBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1024;
}
