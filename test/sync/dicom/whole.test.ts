import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat } from '#sync/core/bytes.ts';
import { explicitBigEndian, explicitLittleEndian } from '#sync/dicom/element.ts';
import { transferSyntax } from '#sync/dicom/transfer-syntaxes.ts';
import { isPlainlyWhole } from '#sync/dicom/whole.ts';
import { leastElements, type Written, written } from './dataset.ts';

const isWhole = (bytes: Uint8Array, syntax: string = transferSyntax.explicitLittleEndian) =>
  isPlainlyWhole(bytes, bytes.subarray(-8), bytes.length, syntax);

test('pixels of a declared length are whole when they are all there', () => {
  const bytes = written([...leastElements, [0x7fe00010, 'OW', new Uint8Array(64)]]);
  assert.equal(isWhole(bytes), true);
  assert.equal(isWhole(bytes.subarray(0, -1)), false);
  assert.equal(isWhole(concat(bytes, new Uint8Array(10))), true, 'padding behind');
});

test('encapsulated pixels are whole when their delimiter ends the file, in either byte order', () => {
  const pixels: readonly Written[] = [
    [0x7fe00010, 'OB', undefined],
    [0xfffee000, '', new Uint8Array(0)],
    [0xfffee000, '', new Uint8Array(40)],
    [0xfffee0dd, '', ''],
  ];
  for (const [encoding, syntax] of [
    [explicitLittleEndian, '1.2.840.10008.1.2.4.70'],
    [explicitBigEndian, transferSyntax.explicitBigEndian],
  ] as const) {
    const bytes = written([...leastElements, ...pixels], encoding);
    assert.equal(isWhole(bytes, syntax), true);
    assert.equal(isWhole(bytes.subarray(0, -8), syntax), false);
    assert.equal(isWhole(bytes.subarray(0, -30), syntax), false);
  }
});

test('what has no pixels, or is deflated, never looks whole', () => {
  const bytes = written(leastElements);
  assert.equal(isWhole(bytes), false);
  const image = written([...leastElements, [0x7fe00010, 'OW', new Uint8Array(64)]]);
  assert.equal(isWhole(image, transferSyntax.deflated), false);
});
