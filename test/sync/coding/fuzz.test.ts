import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { createByteList, createByteReader } from '#sync/coding/byte-lists.ts';
import { decodeChecked } from '#sync/coding/checked-payload.ts';
import { codeRanges, decodeRanges, decodeWhole, maxDecodedBytes } from '#sync/coding/coding.ts';
import { blocksOf, createCoefficients } from '#sync/coding/jpeg-form.ts';
import { readJpegHeader } from '#sync/coding/jpeg-header.ts';
import { readScan } from '#sync/coding/jpeg-scan-reading.ts';
import { readScans } from '#sync/coding/jpeg-scans.ts';
import { readPlan, writePlan } from '#sync/coding/plan.ts';
import { decodeSplit } from '#sync/coding/split-payload.ts';
import { readFirstZstdFrame, readZstdFrame } from '#sync/coding/zstd-frame.ts';
import { concat, utf8 } from '#sync/core/bytes.ts';
import { fuzzBytes, fuzzJson } from '#test/support/fuzz.ts';
import { movingJpeg } from '#test/support/jpeg.ts';
import { syntheticSlice } from '#test/support/synthetic-ct.ts';

const text = utf8('the same line again and again\n'.repeat(40));
const noise = Uint8Array.from({ length: 700 }, (_, index) => (index * index * 31) % 251);
const frames = [text, noise, new Uint8Array(0), new Uint8Array(300_000)].map((bytes) =>
  codeRanges(1, [bytes]),
);

test('a frame header tells lengths that lie inside the bytes, or it is none', () =>
  fuzzBytes('readZstdFrame, readFirstZstdFrame', frames, (bytes) => {
    const first = readFirstZstdFrame(bytes);
    const whole = readZstdFrame(bytes);
    if (first) assert.ok(first.frameSizeBytes >= 9 && first.frameSizeBytes <= bytes.length);
    assert.equal(whole?.frameSizeBytes ?? bytes.length, bytes.length);
    if (whole) assert.deepEqual(whole, first);
  }));

test('a payload decodes to what was declared, or it is refused', () =>
  fuzzBytes('decodeRanges, decodeWhole', frames, (bytes) => {
    const ranges = decodeRanges(1, bytes, [text.length - 1, 1]);
    if (ranges.ok)
      assert.deepEqual(
        ranges.value.map(({ length }) => length),
        [text.length - 1, 1],
      );
    const whole = decodeWhole(bytes, 2_000);
    if (whole.ok) assert.ok(whole.value.length <= 2_000);
    assert.ok(whole.ok || whole.fault.next);
  }));

const slice = syntheticSlice({ seed: 3, slices: 1, rows: 16 }, 0).part10;
const small = [slice, slice.slice(300, 700)];
const smallSizes = small.map(({ length }) => length);
const sumBytes = slice.length + 400;

test('a payload of skeleton and frames gives what was declared, or it is refused', () =>
  fuzzBytes(
    'decodeSplit, decodeRanges',
    [codeRanges(2, small), codeRanges(2, [slice]), codeRanges(2, [])],
    (bytes) => {
      const whole = decodeSplit(2, bytes, sumBytes);
      if (whole.ok) assert.equal(whole.value.length, sumBytes);
      assert.ok(whole.ok || whole.fault.next);
      const ranges = decodeRanges(2, bytes, smallSizes);
      assert.equal(ranges.ok, whole.ok);
    },
  ));

for (const [coding, what, rounds] of [
  [3, 'mixed models', 60],
  [4, 'fitted frames', 200],
  [5, 'deep models', 60],
] as const) {
  test(`a payload of ${what} gives what was declared, or it is refused`, () =>
    fuzzBytes(
      `decodeSplit, ${what}`,
      [codeRanges(coding, small), codeRanges(coding, [slice])],
      (bytes) => {
        const whole = decodeSplit(coding, bytes, sumBytes);
        if (whole.ok) assert.equal(whole.value.length, sumBytes);
        assert.ok(whole.ok || whole.fault.next);
      },
      // The tables of the models, whatever the payload says.
      { rounds, allocates: 24 * 1024 * 1024 },
    ));
}

const cine = concat(slice.slice(0, 700), movingJpeg(0), movingJpeg(1));

test('a payload with JPEG images gives what was declared, or it is refused', () =>
  fuzzBytes(
    'decodeChecked, readScans, readJpegHeader',
    [codeRanges(6, [cine]), codeRanges(6, small)],
    (bytes) => {
      for (const wholeBytes of [cine.length, sumBytes]) {
        const whole = decodeChecked(bytes, wholeBytes);
        if (whole.ok) assert.ok(isOneOf(whole.value, cine, concat(...small)));
        assert.ok(whole.ok || whole.fault.next);
      }
      for (const { headerFrom, from, to } of readScans(createByteReader(bytes), 900) ?? []) {
        assert.ok(headerFrom >= 0 && from >= headerFrom && to > from && to <= 900);
      }
    },
    { rounds: 60, allocates: 48 * 1024 * 1024 },
  ));

function isOneOf(bytes: Uint8Array, ...known: readonly Uint8Array[]): boolean {
  return known.some((each) => Buffer.compare(each, bytes) === 0);
}

test('a header of a JPEG image is inside its bytes, of no more blocks than are allowed, or it is none', () =>
  fuzzBytes('readJpegHeader', [movingJpeg(0), movingJpeg(0).subarray(0, 300)], (bytes) => {
    const header = readJpegHeader(bytes);
    if (header === undefined) return;
    assert.ok(header.sizeBytes <= bytes.length);
    const blocks = header.form.components.reduce((sum, each) => sum + blocksOf(each), 0);
    assert.ok(blocks > 0 && blocks <= 2 ** 18);
  }));

test('a scan is read to its end inside its bytes, or it is none', () => {
  const image = movingJpeg(0);
  const header = readJpegHeader(image);
  if (header === undefined) throw new TypeError('The header of the test is not sound');
  const { form, sizeBytes: start } = header;
  return fuzzBytes('readScan', [image, image.subarray(0, -40)], (bytes) => {
    const read = readScan(bytes, start, form, createCoefficients(form));
    if (read) assert.ok(read.sizeBytes > 0 && start + read.sizeBytes <= bytes.length);
  });
});

test('a plan names areas that lie inside the payload and apart, or it is none', () => {
  const shape = { columns: 5, components: 3, bytesPerSample: 2, isBigEndian: true } as const;
  const areas = [10, 400].map((from) => ({
    ...{ from, to: from + 300, rows: 3 },
    shape: { ...shape, isSigned: from > 10 },
  }));
  const list = createByteList();
  writePlan(areas, list);
  const plan = list.taken();
  assert.deepEqual(readPlan(createByteReader(plan), 700), areas);
  assert.equal(readPlan(createByteReader(plan), 699), undefined);
  return fuzzBytes('readPlan', [plan], (bytes) => {
    let at = 0;
    for (const { from, to, rows, shape } of readPlan(createByteReader(bytes), 10_000) ?? []) {
      assert.ok(from >= at && to > from && to <= 10_000 && rows > 0);
      assert.equal((to - from) % (shape.columns * shape.components * shape.bytesPerSample), 0);
      at = to;
    }
  });
});

test('sizes that are none, too many or too much in all are refused before anything is made', () =>
  fuzzJson('decodeRanges sizes', [[1, 2, 3], [maxDecodedBytes], []], (value) => {
    const sizes = Array.isArray(value) ? (value as number[]) : [];
    const ranges = decodeRanges(0, noise, sizes);
    if (ranges.ok) assert.equal(concat(...ranges.value).length, noise.length);
  }));

test('a frame that grows a thousandfold, or says it does, is refused at its declared length', () => {
  const bomb = codeRanges(1, [new Uint8Array(8 * 1024 * 1024)]);
  assert.ok(bomb.length < 2_000);
  const asked = decodeWhole(bomb, 1_000_000);
  assert.equal(asked.ok ? '' : asked.fault.kind, 'coding/too-large');
  const lying = Uint8Array.from([
    0x28,
    0xb5,
    0x2f,
    0xfd,
    0xe0,
    ...new Array(8).fill(0xff),
    1,
    0,
    0,
  ]);
  const read = decodeWhole(lying, maxDecodedBytes);
  assert.equal(read.ok ? '' : read.fault.kind, 'coding/too-large');
});
