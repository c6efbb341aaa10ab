import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createByteList, createByteReader } from '#sync/coding/byte-lists.ts';
import { codeRanges, decodeRanges, decodeWhole, maxDecodedBytes } from '#sync/coding/coding.ts';
import { readPlan, writePlan } from '#sync/coding/plan.ts';
import { decodeSplit } from '#sync/coding/split-payload.ts';
import { readFirstZstdFrame, readZstdFrame } from '#sync/coding/zstd-frame.ts';
import { concat, utf8 } from '#sync/core/bytes.ts';
import { fuzzBytes, fuzzJson } from '#test/support/fuzz.ts';
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
