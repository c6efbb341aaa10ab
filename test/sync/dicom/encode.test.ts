import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hex } from '#sync/core/bytes.ts';
import { datasetSha256 } from '#sync/dicom/digest.ts';
import { encodeElement, encodeText } from '#sync/dicom/encode.ts';

test('short and long elements have their length fields', () => {
  assert.equal(hex(encodeText(0x00080060, 'CS', 'CT')), '0800600043530200' + '4354');
  const bytes = encodeElement(0x7fe00010, 'OB', Uint8Array.of(1, 2));
  assert.equal(hex(bytes), 'e07f10004f42000002000000' + '0102');
});

test('UIDs and bytes are padded with zero, text with a space', () => {
  assert.equal(encodeText(0x00080018, 'UI', '1.2').at(-1), 0);
  assert.equal(encodeElement(0x00420011, 'OB', Uint8Array.of(9)).at(-1), 0);
  assert.equal(encodeText(0x00100020, 'LO', 'abc').at(-1), 0x20);
});

test('a value that its length field cannot hold is a bug', () => {
  assert.throws(() => encodeText(0x00100020, 'LO', 'x'.repeat(65_536)), RangeError);
});

test('a digest is of all parts in order', () => {
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  const bytes = new TextEncoder().encode('abc');
  assert.equal(datasetSha256(bytes), abc);
  assert.equal(datasetSha256(bytes.subarray(0, 1), bytes.subarray(1)), abc);
});
