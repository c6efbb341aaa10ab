import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { blockSizeBytes } from '#appliance/adapters/segment-blocks.ts';
import { createDatasetDigest } from '#appliance/adapters/segment-digest.ts';
import { recordHeadSizeBytes } from '#appliance/store/layout.ts';
import { seededBytes } from '#test/support/pack-bytes.ts';

const bytes = seededBytes('segment digest', 3 * blockSizeBytes + 1_000);
const firstPayloadBytes = blockSizeBytes - recordHeadSizeBytes;

/** The blocks of a record with this payload: its head in front, old bytes behind its end. */
function blocksOf(payload: Uint8Array): readonly Uint8Array[] {
  const count = Math.ceil((recordHeadSizeBytes + payload.length) / blockSizeBytes);
  const record = new Uint8Array(count * blockSizeBytes).fill(0xee);
  record.set(payload, recordHeadSizeBytes);
  return Array.from({ length: count }, (_, n) =>
    record.subarray(n * blockSizeBytes, (n + 1) * blockSizeBytes),
  );
}

const expected = (payload: Uint8Array, fileHeaderSizeBytes: number): string =>
  createHash('sha256').update(payload.subarray(fileHeaderSizeBytes)).digest('hex');

const payloadSizes = [
  ...[1, 400, firstPayloadBytes - 1, firstPayloadBytes, firstPayloadBytes + 1],
  ...[firstPayloadBytes + blockSizeBytes, 2 * blockSizeBytes + 77, bytes.length],
];

test('the digest is of the dataset alone, wherever head, file header and end lie in the blocks', () => {
  for (const sizeBytes of payloadSizes) {
    const payload = bytes.subarray(0, sizeBytes);
    const headers = [0, 1, 300, firstPayloadBytes, firstPayloadBytes + 5, 2 * blockSizeBytes];
    for (const fileHeaderSizeBytes of [...headers, sizeBytes].filter((at) => at <= sizeBytes)) {
      const digest = createDatasetDigest(fileHeaderSizeBytes);
      digest.add(blocksOf(payload), sizeBytes);
      const what = `payload of ${sizeBytes}, dataset at ${fileHeaderSizeBytes}`;
      assert.equal(digest.end(), expected(payload, fileHeaderSizeBytes), what);
    }
  }
});

test('blocks may be added one by one, before anybody knows where the payload ends', () => {
  for (const sizeBytes of payloadSizes) {
    const payload = bytes.subarray(0, sizeBytes);
    const blocks = blocksOf(payload);
    const digest = createDatasetDigest(300);
    for (const [index, block] of blocks.entries()) {
      assert.equal(digest.blocks(), index);
      const isLast = index === blocks.length - 1;
      digest.add([block], isLast ? sizeBytes : Number.POSITIVE_INFINITY);
    }
    assert.equal(digest.blocks(), blocks.length);
    assert.equal(digest.end(), expected(payload, 300), `payload of ${sizeBytes}`);
  }
});
