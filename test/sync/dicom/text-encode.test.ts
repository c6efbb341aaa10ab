import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeText } from '#sync/dicom/text.ts';
import { textEncoderFor } from '#sync/dicom/text-encode.ts';

const sets = [
  '',
  'ISO_IR 100',
  'ISO_IR 101',
  'ISO_IR 144',
  'ISO_IR 126',
  'ISO_IR 138',
  'ISO_IR 166',
];

test('what is encoded reads back as it was, whatever set was asked for', () => {
  const letters = fc.constantFrom(...'AZ^= é Łß Ж λ ש ส 山 か'.split(''));
  const text = fc.string({ unit: letters, maxLength: 12 });
  fc.assert(
    fc.property(text, fc.constantFrom(...sets, 'nonsense', '\\ISO 2022 IR 87'), (value, asked) => {
      const { characterSet, encode } = textEncoderFor([value], asked);
      assert.equal(decodeText(encode(value), characterSet), value.replace(/^ +| +$/g, ''));
    }),
  );
});

test('the set of the asker is kept where it has every letter; ASCII needs none', () => {
  const chosen = (text: string, asked: string) => textEncoderFor([text], asked).characterSet;
  assert.equal(chosen('TEST', 'ISO_IR 144'), '');
  assert.equal(chosen('Люк', 'ISO_IR 144'), 'ISO_IR 144');
  assert.equal(chosen('Éa', 'ISO_IR 144'), 'ISO_IR 100');
  assert.equal(chosen('山', 'ISO_IR 144'), 'ISO_IR 192');
  assert.equal(chosen('Éa', ''), 'ISO_IR 100');
  assert.equal(chosen('Éa', 'ISO_IR 192'), 'ISO_IR 192');
});
