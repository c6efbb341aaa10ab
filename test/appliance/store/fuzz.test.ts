import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBlock, readSize, readText } from '#appliance/store/block.ts';
import { decodeFact, encodeFact } from '#appliance/store/facts.ts';
import { firstRecordOffset, layoutOf, recordAlignment } from '#appliance/store/layout.ts';
import { encodeHead, encodeTail, parseHead, parseTail } from '#appliance/store/record.ts';
import { scanSegment } from '#appliance/store/scan.ts';
import {
  encodeSegmentHeader,
  parseSegmentHeader,
  parseSegmentName,
  segmentName,
} from '#appliance/store/segment-header.ts';
import { fuzzBytes, fuzzText } from '#test/support/fuzz.ts';

const segmentId = Uint8Array.from({ length: 16 }, (_, index) => index + 1);
const blockSizeBytes = 512;
const payloadSizeBytes = 3_000;

/** A segment of `count` records. */
function segmentOf(count: number): Uint8Array {
  const { nextOffset } = layoutOf(0, payloadSizeBytes);
  const segment = new Uint8Array(firstRecordOffset + count * nextOffset);
  segment.set(encodeSegmentHeader({ segmentId, createdAtMs: 0 }));
  for (let n = 0; n < count; n++) {
    const layout = layoutOf(firstRecordOffset + n * nextOffset, payloadSizeBytes);
    const { recordOffset } = layout;
    const common = { segmentId, recordOffset, payloadSizeBytes };
    const head = encodeHead({
      ...{ ...common, fileHeaderSizeBytes: 100, arrivedAtMs: 0, callingAeTitle: 'CT1' },
      ...{ sopClassUid: '1.2.3', sopInstanceUid: `2.25.${n}`, transferSyntaxUid: '1.2.4' },
    });
    const tail = encodeTail({
      ...{ ...common, datasetSha256: 'ab'.repeat(32) },
      ...{ studyInstanceUid: '2.25.9', seriesInstanceUid: undefined },
    });
    segment.set(head ?? assert.fail(), recordOffset);
    segment.set(tail ?? assert.fail(), layout.tailOffset);
  }
  return segment;
}

const segment = segmentOf(3);
const firstTail = layoutOf(firstRecordOffset, payloadSizeBytes).tailOffset;
const blocks = [0, firstRecordOffset, firstTail].map((at) =>
  segment.slice(at, at + blockSizeBytes),
);

test('a block is what was written, or it is refused', () =>
  fuzzBytes('openBlock, parseSegmentHeader, parseHead, parseTail', blocks, (bytes) => {
    const isWritten = blocks.some((block) => block.every((byte, at) => byte === bytes[at]));
    for (const parsed of [parseSegmentHeader(bytes), parseHead(bytes), parseTail(bytes)]) {
      if (typeof parsed !== 'string') assert.ok(isWritten);
    }
    for (const magic of ['OUTPSEGM', 'OUTPHEAD', 'OUTPTAIL']) {
      const block = openBlock(bytes, magic);
      if (typeof block === 'string') continue;
      for (let at = 0; at < 500; at += 7) {
        assert.ok((readText(block, at, 64) ?? '').length < 64);
        assert.ok(Number.isSafeInteger(readSize(block, at) ?? 0));
      }
    }
  }));

test('a scan reads a segment of any bytes a few times at most, and finds no record that was not written', () =>
  fuzzBytes(
    'scanSegment',
    [segment, segmentOf(1)],
    async (bytes) => {
      let reads = 0;
      let last = -1;
      const readAt = async (offset: number, length: number): Promise<Uint8Array> => {
        reads++;
        return bytes.subarray(offset, offset + length);
      };
      for await (const found of scanSegment(readAt, bytes.length)) {
        const offset = found.kind === 'record' ? found.head.recordOffset : found.offset;
        assert.ok(offset > last && offset < Math.max(1, bytes.length));
        last = offset;
      }
      assert.ok(reads <= 8 + 3 * (bytes.length / recordAlignment), `${reads} reads`);
    },
    { rounds: 400 },
  ));

test('a line of the fact log is what was written, or it is none', () => {
  const line = encodeFact({ fact: 'custody', atMs: 1, packId: 'ab'.repeat(32), relay: 'relay-1' });
  const written = line.subarray(0, -1);
  return fuzzBytes('decodeFact', [written], (bytes) => {
    const isWritten = bytes.length === written.length && written.every((b, at) => b === bytes[at]);
    assert.equal(decodeFact(bytes) !== undefined, isWritten);
  });
});

test('a file name is that of a segment or none', () =>
  fuzzText(
    'parseSegmentName',
    [segmentName(0, 7), segmentName(12, 1e9), '../lane-0-0000001.seg'],
    (name) => {
      const parsed = parseSegmentName(name);
      if (!parsed) return;
      assert.match(name, /^[a-z0-9.-]+$/);
      assert.ok(Number.isSafeInteger(parsed.number) && parsed.lane <= 99);
    },
  ));
