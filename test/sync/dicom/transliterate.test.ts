import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeText } from '#sync/dicom/text.ts';
import { encodeTextAs, isWritableCharacterSet, toAscii } from '#sync/dicom/transliterate.ts';

const sets = [100, 101, 109, 110, 144, 127, 126, 138, 148, 203, 166].map((n) => `ISO_IR ${n}`);

test('what a set can say comes back from it as it was', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['ISO_IR 100', 'MÜLLER^JOSÉ'],
    ['ISO_IR 101', 'WAŁĘSA^ŁUCJA'],
    ['ISO_IR 144', 'ТЕСТ^АЛЬФА'],
    ['ISO_IR 126', 'ΤΕΣΤ^ΑΛΦΑ'],
    ['ISO_IR 127', 'اختبار'],
    ['ISO_IR 192', '試験^アルファ'],
  ];
  for (const [term, text] of cases)
    assert.equal(decodeText(encodeTextAs(text, term), term), text, term);
});

test('what a set cannot say becomes the nearest ASCII letters', () => {
  assert.equal(toAscii('Müller^José'), 'Muller^Jose');
  assert.equal(toAscii('STRAßE Łódź Ørsted Þór'), 'STRAssE Lodz Orsted Thor');
  assert.equal(toAscii('Щербаков^Юлия'), 'Shcherbakov^Iuliia');
  assert.equal(toAscii('Αθήνα'), 'Athina');
  assert.equal(toAscii('試'), '?');
  assert.equal(decodeText(encodeTextAs('ТЕСТ', 'ISO_IR 100'), 'ISO_IR 100'), 'TEST');
});

test('every text fits every set: bytes of that set alone, and ASCII stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.constantFrom('', ...sets), (text, term) => {
      const bytes = encodeTextAs(text, term);
      assert.ok(bytes.every((byte) => byte < 0x7f || (term !== '' && byte >= 0xa0)));
      assert.ok(!bytes.includes(0x1b), 'no escape sequence is smuggled in');
    }),
  );
  fc.assert(
    fc.property(
      fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)) }),
      (text) => {
        for (const term of ['', 'ISO_IR 192', ...sets])
          assert.equal(String.fromCharCode(...encodeTextAs(text, term)), text);
      },
    ),
    { numRuns: 30 },
  );
});

test('sets of more than one byte a character are not promised, but for UTF-8', () => {
  for (const term of ['', 'ISO_IR 100', 'ISO_IR 192']) assert.ok(isWritableCharacterSet(term));
  for (const term of ['ISO 2022 IR 87', 'ISO_IR 13', 'GB18030', 'nonsense'])
    assert.ok(!isWritableCharacterSet(term), term);
});
