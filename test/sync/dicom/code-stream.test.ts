import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { claimedSizeOf } from '#sync/dicom/code-stream.ts';
import { fuzzBytes } from '#test/support/fuzz.ts';

const bytes = (hex: string): Uint8Array =>
  new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const baseline = bytes('ffd8 ffe0 0004 0102 ff ffc0 000b 08 0200 0180 01 01 11 00');
const jpegLs = bytes('ffd8 fff7 000b 08 0010 0020 01 01 11 00');
const jpeg2000 = bytes('ff4f ff51 0029 0000 00000110 00000210 00000010 00000010 00000100 00000100');

test('a frame says its size in the header of its own kind', () => {
  assert.deepEqual(claimedSizeOf(baseline), { height: 512, width: 384 });
  assert.deepEqual(claimedSizeOf(jpegLs), { height: 16, width: 32 });
  assert.deepEqual(claimedSizeOf(jpeg2000), { height: 512, width: 256 });
  for (const other of ['', 'ff', 'ffd8 ffc4 0004', 'ff4f ff51 0029', '0000 0001 0000 0040']) {
    assert.equal(claimedSizeOf(bytes(other)), undefined, other);
  }
});

test('any bytes are read to an end', () =>
  fuzzBytes('claimedSizeOf', [baseline, jpegLs, jpeg2000], (frame) => {
    const size = claimedSizeOf(frame);
    if (size) assert.ok(Number.isInteger(size.height) && Number.isInteger(size.width));
  }));
