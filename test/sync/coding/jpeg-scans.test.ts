import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { codeScans, fillScans } from '#sync/coding/jpeg-scans.ts';
import { concat } from '#sync/core/bytes.ts';
import { headerOf, movingJpeg, segment, type TestJpeg, testJpeg } from '#test/support/jpeg.ts';

/** What is coded of `whole`, after it was proven to come back. */
function coded(whole: Uint8Array) {
  const { scans, code } = codeScans(whole, []);
  const back = whole.slice();
  for (const { from, to } of scans) back.fill(0, from, to);
  assert.equal(fillScans(back, scans, code), undefined);
  assert.equal(Buffer.compare(back, whole), 0);
  const scanBytes = scans.reduce((sum, { from, to }) => sum + to - from, 0);
  return { count: scans.length, scanBytes, codeBytes: code.length };
}

const anyJpeg = fc
  .record({
    columns: fc.integer({ min: 1, max: 40 }),
    rows: fc.integer({ min: 1, max: 40 }),
    samplings: fc.array(fc.constantFrom(0x11, 0x12, 0x21, 0x22, 0x41), {
      minLength: 1,
      maxLength: 4,
    }),
    restartUnits: fc.nat(3),
    padding: fc.constantFrom(0 as const, 1 as const),
    values: fc.array(fc.oneof(fc.constant(0), fc.integer({ min: -1_023, max: 1_023 })), {
      minLength: 1,
      maxLength: 300,
    }),
  })
  .map(
    ({ values, ...form }): TestJpeg => ({
      ...form,
      coefficient: (component, block, place) =>
        values[(component * 31 + block * 67 + place) % values.length] ?? 0,
    }),
  );

test('the scan of any baseline frame comes back: samplings, restarts, both paddings, any coefficients', () => {
  fc.assert(
    fc.property(fc.array(anyJpeg, { minLength: 1, maxLength: 3 }), (wanted) => {
      const images = wanted.map(testJpeg);
      assert.equal(coded(concat(...images)).count, images.length);
    }),
    { numRuns: 150 },
  );
});

test('a frame costs much less behind the one before it', () => {
  const first = coded(movingJpeg(0));
  const both = coded(concat(movingJpeg(0), Uint8Array.of(0, 0xfe, 0xff), movingJpeg(1)));
  assert.equal(both.count, 2);
  assert.ok(first.codeBytes < first.scanBytes * 0.82, `${first.codeBytes} of ${first.scanBytes}`);
  const second = both.codeBytes - first.codeBytes;
  assert.ok(second < first.codeBytes * 0.6, `${second} behind ${first.codeBytes}`);
});

const flat: TestJpeg = {
  ...{ columns: 20, rows: 20, samplings: [0x11] },
  coefficient: (_, block, place) => (place === 0 ? block * 5 : place === 1 ? 2 : 0),
};

test('what follows a scan stays as it is, whatever it is', () => {
  const image = testJpeg(flat);
  for (const tail of [[], [0xff], [0xff, 0xd9, 0], [0xff, 0xff, 0xd9], [1, 2, 3], [0xff, 0xd3]]) {
    const whole = concat(Uint8Array.of(9, 9), image.subarray(0, -2), Uint8Array.from(tail));
    assert.equal(coded(whole).count, 1, `${tail}`);
  }
});

test('what no encoder without peculiarities writes stays as it is, and comes back', () => {
  const image = testJpeg(flat);
  const head = headerOf(flat);
  const scan = image.subarray(head.length, -2);
  const other = (change: (bytes: Uint8Array) => void): Uint8Array => {
    const bytes = image.slice();
    change(bytes);
    return bytes;
  };
  const odd = {
    'cut in its scan': image.subarray(0, -6),
    'a progressive frame': other((bytes) => bytes.fill(0xc2, 72, 73)),
    'padding of both kinds': other((bytes) => bytes.fill(0xa2, -3, -2)),
    'no such Huffman table': other((bytes) => bytes.fill(0x33, head.length - 4, head.length - 3)),
    'a run of zeros before the end of a block': concat(
      // Mean 0000, run 00000001, end 00000000, padding.
      ...[headerOf({ ...flat, columns: 8, rows: 8 }), Uint8Array.of(0x00, 0x10, 0x0f, 0xff, 0xd9)],
    ),
    'a restart marker that nobody asked for': concat(
      ...[head, scan.subarray(0, 4), Uint8Array.of(0xff, 0xd0), scan.subarray(4)],
    ),
    'a step of 0': other((bytes) => bytes.fill(0, 8, 9)),
    'two frame headers': concat(
      image.subarray(0, 2),
      segment(0xc0, [8, 0, 20, 0, 20, 1, 1, 0x11, 0]),
      image.subarray(2),
    ),
    'twelve bits': other((bytes) => bytes.fill(12, 75, 76)),
  };
  assert.equal(image[72], 0xc0, 'where the frame header lies');
  for (const [what, bytes] of Object.entries(odd)) {
    assert.equal(coded(bytes).count, 0, what);
  }
});

test('hundreds of images that cannot be coded do not hold up the rest for ever', () => {
  const cut = testJpeg(flat).subarray(0, -6);
  const whole = concat(...Array.from({ length: 300 }, () => cut), testJpeg(flat));
  assert.equal(coded(whole).count, 0);
  assert.equal(coded(concat(cut, cut, testJpeg(flat))).count, 1);
});
