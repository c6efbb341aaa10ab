import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { firstRecordOffset, layoutOf } from '#appliance/store/layout.ts';
import {
  encodeHead,
  encodeTail,
  parseHead,
  parseTail,
  type RecordHead,
  type RecordTail,
} from '#appliance/store/record.ts';
import { type Found, scanSegment } from '#appliance/store/scan.ts';
import {
  encodeSegmentHeader,
  parseSegmentHeader,
  parseSegmentName,
  segmentName,
} from '#appliance/store/segment-header.ts';

const segmentId = Uint8Array.from({ length: 16 }, (_, index) => index + 1);

const uid = fc
  .array(fc.constantFrom(...'0123456789.'), { maxLength: 64 })
  .map((digits) => digits.join(''));
const payload = fc.uint8Array({ maxLength: 9_000 });
const head: fc.Arbitrary<RecordHead> = fc.record(
  {
    segmentId: fc.constant(segmentId),
    recordOffset: fc.constant(firstRecordOffset),
    payloadSizeBytes: fc.constant(undefined),
    fileHeaderSizeBytes: fc.nat(2 ** 32 - 1),
    arrivedAtMs: fc.double({ noNaN: true }),
    callingAeTitle: fc.string({ maxLength: 16 }),
    sopClassUid: uid,
    sopInstanceUid: uid,
    transferSyntaxUid: uid,
  },
  { noNullPrototype: true },
);
const tail: fc.Arbitrary<RecordTail> = fc.record(
  {
    segmentId: fc.constant(segmentId),
    recordOffset: fc.maxSafeNat(),
    payloadSizeBytes: fc.maxSafeNat(),
    datasetSha256: fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map((b) => Buffer.from(b).toString('hex')),
    studyInstanceUid: fc.option(
      uid.filter((text) => text !== ''),
      { nil: undefined },
    ),
    seriesInstanceUid: fc.option(
      uid.filter((text) => text !== ''),
      { nil: undefined },
    ),
  },
  { noNullPrototype: true },
);

test('heads, tails and segment headers come back as they went in', () => {
  fc.assert(
    fc.property(head, tail, (aHead, aTail) => {
      assert.deepEqual(parseHead(must(encodeHead(aHead))), aHead);
      assert.deepEqual(parseTail(must(encodeTail(aTail))), aTail);
    }),
  );
  const header = { segmentId, createdAtMs: 1_790_000_000_000.5 };
  assert.deepEqual(parseSegmentHeader(encodeSegmentHeader(header)), header);
});

test('a head with a text longer than its field is refused, not cut', () => {
  const [sample] = fc.sample(head, 1);
  assert.ok(sample);
  assert.equal(encodeHead({ ...sample, sopInstanceUid: '1'.repeat(65) }), undefined);
  assert.equal(encodeHead({ ...sample, callingAeTitle: 'é'.repeat(32) }), undefined);
});

test('any flipped bit of a head or tail is found', () => {
  const flips = fc.record({ byte: fc.nat(511), bit: fc.nat(7) });
  fc.assert(
    fc.property(head, tail, flips, (aHead, aTail, { byte, bit }) => {
      for (const [bytes, parse] of [
        [must(encodeHead(aHead)), parseHead],
        [must(encodeTail(aTail)), parseTail],
      ] as const) {
        const flipped = flip(bytes, byte, bit);
        assert.equal(parse(flipped), 'damaged');
      }
    }),
  );
});

test('hostile bytes never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0, maxLength: 600 }), (bytes) => {
      for (const parse of [parseHead, parseTail, parseSegmentHeader]) {
        assert.equal(typeof parse(bytes), 'string');
      }
    }),
  );
});

test('a scan finds every record of a segment, in order, with its payload', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(payload, { maxLength: 6 }), async (payloads) => {
      const segment = segmentOf(payloads);
      const found = await scan(segment);
      assert.deepEqual(
        found.map((each) => each.kind === 'record' && payloadOf(segment, each)),
        payloads.map((each) => Buffer.from(each)),
      );
      assert.deepEqual(
        found.map((each) => each.kind === 'record' && each.isFollowed),
        payloads.map((_, index) => index < payloads.length - 1),
      );
    }),
    { numRuns: 40 },
  );
});

test('a segment cut at any byte shows the records before the cut and one torn tail', async () => {
  const payloads = [bytesOf(100), bytesOf(5_000), bytesOf(700)];
  const segment = segmentOf(payloads);
  const ends = (await scan(segment)).map((each) =>
    each.kind === 'record' ? each.layout.nextOffset : 0,
  );
  for (let size = 1; size < segment.length; size++) {
    const found = await scan(segment.subarray(0, size));
    const whole = ends.filter((end) => end <= size).length;
    const isOnBoundary = size === firstRecordOffset || ends.includes(size);
    assert.deepEqual(
      found.map((each) => each.kind),
      [...Array.from({ length: whole }, () => 'record'), ...(isOnBoundary ? [] : ['torn'])],
      `cut at ${size}`,
    );
  }
});

test('pages that a power cut lost make the last record torn', async () => {
  const segment = segmentOf([bytesOf(100), bytesOf(9_000)]);
  const [first, second] = await scan(segment);
  assert.ok(first?.kind === 'record' && second?.kind === 'record');
  for (const [from, to] of [
    [second.layout.recordOffset, second.layout.recordOffset + 4_096],
    [second.layout.tailOffset, segment.length],
    [second.layout.recordOffset, segment.length],
  ]) {
    const lost = Buffer.from(segment).fill(0, from, to);
    assert.deepEqual(
      (await scan(lost)).map((each) => each.kind),
      ['record', 'torn'],
    );
  }
});

test('a flipped bit in a head or tail costs that record and no other', async () => {
  const segment = segmentOf([bytesOf(100), bytesOf(9_000), bytesOf(5)]);
  const records = await scan(segment);
  for (const [index, record] of records.entries()) {
    assert.ok(record.kind === 'record');
    for (const block of [record.layout.recordOffset, record.layout.tailOffset]) {
      const kinds = (await scan(flip(segment, block + 130, 3))).map((each) => each.kind);
      assert.deepEqual(
        kinds,
        records.map((_, each) => (each === index ? 'damaged' : 'record')),
      );
    }
  }
});

test('a damaged segment header is told and costs no record', async () => {
  const segment = segmentOf([bytesOf(100), bytesOf(100)]);
  assert.deepEqual(
    (await scan(flip(segment, 20, 0))).map((each) => each.kind),
    ['damaged', 'record', 'record'],
  );
});

test('a payload that holds a whole segment is not taken for records, even behind a damaged head', async () => {
  const otherId = Uint8Array.from({ length: 16 }, () => 9);
  const inner = segmentOf([bytesOf(10), bytesOf(20)], otherId);
  const shifted = Buffer.concat([Buffer.alloc(4_096 - 512), inner, segmentOf([bytesOf(1)])]);
  const segment = segmentOf([shifted, bytesOf(30)]);
  assert.equal((await scan(segment)).length, 2);
  assert.deepEqual(
    (await scan(flip(segment, firstRecordOffset, 0))).map((each) => each.kind),
    ['damaged', 'record'],
  );
});

test('a record that another one was begun behind is known to be durable', async () => {
  const segment = segmentOf([bytesOf(10)]);
  const open = must(
    encodeHead({ ...headAt(segment.length, segmentId), payloadSizeBytes: undefined }),
  );
  const found = await scan(Buffer.concat([segment, open]));
  assert.deepEqual(
    found.map((each) => (each.kind === 'record' ? each.isFollowed : each.kind)),
    [true, 'torn'],
  );
});

test('a scan goes on from a record boundary', async () => {
  const segment = segmentOf([bytesOf(10), bytesOf(20), bytesOf(30)]);
  const [first, ...rest] = await scan(segment);
  assert.ok(first?.kind === 'record');
  assert.deepEqual(await scan(segment, first.layout.nextOffset), rest);
  assert.deepEqual(await scan(segment, segment.length), []);
});

test('changed bytes anywhere never throw and never add a record', async () => {
  const segment = segmentOf([bytesOf(600), bytesOf(4_000), bytesOf(1)]);
  const change = fc.record({
    at: fc.nat(segment.length - 1),
    bytes: fc.uint8Array({ maxLength: 700 }),
  });
  await fc.assert(
    fc.asyncProperty(change, fc.nat(segment.length), async ({ at, bytes }, size) => {
      const changed = Buffer.from(segment);
      changed.set(bytes.subarray(0, changed.length - at), at);
      const found = await scan(changed.subarray(0, size));
      assert.ok(found.filter((each) => each.kind === 'record').length <= 3);
    }),
  );
});

test('segment names are read back, and nothing else is', () => {
  assert.deepEqual(parseSegmentName(segmentName(3, 17)), { lane: 3, number: 17 });
  assert.equal(segmentName(3, 17), 'lane-3-0000017.seg');
  for (const name of ['lane-3-17.seg', 'lane-3-0000017.seg.part', '../lane-3-0000017.seg', '']) {
    assert.equal(parseSegmentName(name), undefined);
  }
});

async function scan(segment: Uint8Array, from = 0): Promise<readonly Found[]> {
  const found: Found[] = [];
  const readAt = async (offset: number, length: number) =>
    segment.subarray(offset, offset + length);
  for await (const each of scanSegment(readAt, segment.length, from)) found.push(each);
  return found;
}

function segmentOf(payloads: readonly Uint8Array[], id = segmentId): Buffer {
  const parts: Uint8Array[] = [Buffer.alloc(firstRecordOffset)];
  parts[0]?.set(encodeSegmentHeader({ segmentId: id, createdAtMs: 0 }));
  let offset = firstRecordOffset;
  for (const each of payloads) {
    const layout = layoutOf(offset, each.length);
    const record = Buffer.alloc(layout.nextOffset - offset);
    const aHead = { ...headAt(offset, id), payloadSizeBytes: each.length };
    record.set(must(encodeHead(aHead)));
    record.set(each, layout.payloadOffset - offset);
    const aTail = {
      segmentId: id,
      recordOffset: offset,
      payloadSizeBytes: each.length,
      datasetSha256: createHash('sha256').update(each).digest('hex'),
      studyInstanceUid: undefined,
      seriesInstanceUid: '1.2',
    };
    record.set(must(encodeTail(aTail)), layout.tailOffset - offset);
    parts.push(record);
    offset = layout.nextOffset;
  }
  return Buffer.concat(parts);
}

function headAt(recordOffset: number, id: Uint8Array): Omit<RecordHead, 'payloadSizeBytes'> {
  return {
    segmentId: id,
    recordOffset,
    fileHeaderSizeBytes: 0,
    arrivedAtMs: 1,
    callingAeTitle: 'CT1',
    sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
    sopInstanceUid: `1.2.3.${recordOffset}`,
    transferSyntaxUid: '1.2.840.10008.1.2.1',
  };
}

function payloadOf(segment: Uint8Array, found: Extract<Found, { kind: 'record' }>): Buffer {
  const { payloadOffset, payloadSizeBytes } = found.layout;
  return Buffer.from(segment.subarray(payloadOffset, payloadOffset + payloadSizeBytes));
}

function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + length) % 251);
}

function flip(bytes: Uint8Array, byte: number, bit: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped[byte] = (flipped[byte] ?? 0) ^ (1 << bit);
  return flipped;
}

function must(bytes: Uint8Array | undefined): Uint8Array {
  assert.ok(bytes);
  return bytes;
}
