import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, utf8 } from '#sync/core/bytes.ts';
import { asciiText, decodeText, isReadableCharacterSet } from '#sync/dicom/text.ts';

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

/** Specific Character Set, value in hex, text. The names with escapes are the examples of PS3.5 annexes H, I, K. */
const examples: readonly (readonly [string, string, string])[] = [
  ['', '54455354 5e 414c504841 20', 'TEST^ALPHA'],
  ['ISO_IR 6', '54455354 5e 414c504841 00', 'TEST^ALPHA'],
  ['ISO_IR 100', '42 fc 63 68', 'Büch'],
  ['ISO_IR 101', '57 b3 61 64 bc', 'Władź'],
  ['ISO_IR 109', 'd8 fe', 'Ĝŝ'],
  ['ISO_IR 110', 'a1 b3', 'Ąŗ'],
  ['ISO_IR 144', 'bbeedae1d5dcd1e3e0d3', 'Люксембург'],
  ['ISO_IR 127', 'e2c8c7e6ea', 'قباني'],
  ['ISO_IR 126', 'c4e9efedf5f3e9eff2', 'Διονυσιος'],
  ['ISO_IR 138', 'f9f8e5ef', 'שרון'],
  ['ISO_IR 148', 'c7617675fe6ff06c75', 'Çavuşoğlu'],
  ['ISO_IR 166', 'cac1aad2c2', 'สมชาย'],
  ['ISO_IR 192', 'e5bca0', '张'],
  ['GB18030', 'd5c5', '张'],
  ['GBK', 'd5c5', '张'],
  ['ISO_IR 13', 'd4cfc0de 5e c0dbb3', 'ﾔﾏﾀﾞ^ﾀﾛｳ'],
  [
    '\\ISO 2022 IR 87',
    '59616d6164615e5461726f75 3d 1b2442 3b334544 1b2842 5e 1b2442 42404f3a 1b2842',
    'Yamada^Tarou=山田^太郎',
  ],
  [
    'ISO 2022 IR 13\\ISO 2022 IR 87',
    'd4cfc0de5ec0dbb3 3d 1b2442 3b334544 1b284a 5e 1b2442 42404f3a 1b284a',
    'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎',
  ],
  [
    '\\ISO 2022 IR 149',
    '486f6e675e47696c646f6e67 3d 1b242943 fbf3 5e 1b242943 d1ced4d7 3d 1b242943 c8ab 5e 1b242943 b1e6b5bf',
    'Hong^Gildong=洪^吉洞=홍^길동',
  ],
  ['\\ISO 2022 IR 58', '5a68616e67 3d 1b242941 d5c5 5e 1b242941 d0a1b6ab', 'Zhang=张^小东'],
  ['\\ISO 2022 IR 159', '1b242844 3021 1b2842', '丂'],
  ['ISO 2022 IR 6\\ISO 2022 IR 100', '1b2d41 fc', 'ü'],
];

for (const [characterSet, value, text] of examples) {
  test(`${JSON.stringify(characterSet)} gives ${text}`, () => {
    assert.equal(decodeText(bytes(value), characterSet), text);
  });
}

test('characters of the default repertoire are the same in every character set', () => {
  const plain = Uint8Array.from({ length: 0x5f }, (_, index) => 0x20 + index);
  for (const [characterSet] of examples) {
    const beside = decodeText(Uint8Array.of(0x41, ...plain, 0x41), characterSet);
    assert.equal(beside, `A${String.fromCharCode(...plain)}A`, characterSet);
    // The same through the decoder of the set, which a byte above 7F calls for.
    const decoded = decodeText(Uint8Array.of(0x41, ...plain, 0x41, 0xe9), characterSet);
    assert.ok(decoded.startsWith(beside), characterSet);
  }
});

test('misspelled terms mean what they meant to say', () => {
  for (const term of ['ISO-IR 144', 'iso_ir 144', 'ISO IR 144 ', 'ISO_IR_144', 'ISO 2022 IR 144']) {
    assert.equal(decodeText(bytes('bbee'), term), 'Лю', term);
  }
});

test('without a known term UTF-8 is tried, then Latin-1', () => {
  for (const term of ['', 'ISO_IR 6', 'ISO_IR 999', 'NONSENSE', '__proto__', 'constructor']) {
    assert.equal(decodeText(utf8('Zoë'), term), 'Zoë', term);
    assert.equal(decodeText(bytes('5a6feb'), term), 'Zoë', term);
  }
});

test('a delimiter brings the first character set back', () => {
  assert.equal(decodeText(bytes('1b2d4c bb 5e 42fc'), 'ISO_IR 100'), 'Л^Bü');
});

test('absent and padded values are trimmed', () => {
  assert.equal(decodeText(undefined, ''), '');
  assert.equal(decodeText(utf8(' \0'), ''), '');
  assert.equal(asciiText(utf8('  CT\0\0')), 'CT');
  assert.equal(asciiText(undefined), '');
});

test('any bytes under any term give well-formed text of at most two characters a byte', () => {
  const terms = fc.constantFrom(...examples.map(([term]) => term), 'ISO_IR 1');
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 8 }),
    fc.constantFrom(...['1b', '1b2442', '1b242844', '1b242943', '1b2949', '5e', '5c'].map(bytes)),
  );
  fc.assert(
    fc.property(terms, fc.array(piece, { maxLength: 20 }), (term, pieces) => {
      const value = new Uint8Array(pieces.flatMap((part) => [...part]));
      const text = decodeText(value, term);
      assert.ok(text.isWellFormed());
      assert.ok(text.length <= 2 * value.length);
    }),
    { numRuns: 1_000 },
  );
});

test('a character set is readable when each of its terms is known', () => {
  for (const [characterSet] of examples)
    assert.ok(isReadableCharacterSet(characterSet), characterSet);
  assert.ok(isReadableCharacterSet(String.raw`ISO 2022 IR 13\ISO 2022 IR 87`));
  for (const wrong of [
    'LATIN1',
    'ISO_IR 999',
    String.raw`ISO_IR 100\WHAT`,
    String.raw`ISO_IR 100\ `,
  ])
    assert.ok(!isReadableCharacterSet(wrong), wrong);
});

test('a value longer than any legal one costs no more than its length, whatever it holds', () => {
  const sizeBytes = 2 * 1024 ** 2;
  const letter = utf8('A');
  const hostile: readonly [string, Uint8Array][] = [
    ['letters', new Uint8Array(sizeBytes).fill(0x41)],
    ['blanks between letters', concat(letter, new Uint8Array(sizeBytes).fill(0x20), letter)],
    ['two-byte characters', concat(bytes('1b242844'), new Uint8Array(sizeBytes).fill(0x41))],
    ['delimiters', concat(bytes('1b2442'), bytes('1b2842'), new Uint8Array(sizeBytes).fill(0x5e))],
  ];
  for (const [name, value] of hostile) {
    const text = decodeText(value, 'ISO 2022 IR 6\\ISO 2022 IR 159');
    assert.ok(text.isWellFormed() && text.length <= 40_960, name);
  }
});

test('the longest legal text is read whole', () => {
  const text = 'я'.repeat(10_240);
  assert.equal(decodeText(utf8(text), 'ISO_IR 192'), text);
});
