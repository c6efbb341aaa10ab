import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  asciiOnly,
  cut,
  cutStart,
  padEnd,
  padStart,
  spread,
  textWidth,
  wrap,
} from '#tui/model/text-width.ts';

/** Letters of one, two and no columns. */
const text = fc
  .array(fc.constantFrom('a', 'Z', ' ', '^', '\u00e9', '\u5c71', '\uac00', '\u0301', '\u{1f600}'))
  .map((characters) => characters.join(''));

test('wide characters take two columns, combining marks none', () => {
  assert.equal(textWidth('TEST^ALPHA'), 10);
  assert.equal(textWidth('\u5c71\u7530^\u592a\u90ce'), 9);
  assert.equal(textWidth('JOSE\u0301'), 4);
  assert.equal(textWidth('\u00dc\u0416\u03a9'), 3);
  assert.equal(textWidth('\uff71\uff72'), 2);
  assert.equal(textWidth('\u{1f600}'), 2);
});

test('what is cut says so and keeps whole characters', () => {
  assert.equal(cut('TEST^ALPHA', 10), 'TEST^ALPHA');
  assert.equal(cut('TEST^ALPHA', 7), 'TEST^A~');
  assert.equal(cut('\u5c71\u7530\u592a', 4), '\u5c71~');
  assert.equal(cut('JOSE\u0301 X', 5), 'JOSE\u0301~');
  assert.equal(cutStart('/a/very/long/path', 8), '~ng/path');
  assert.equal(cutStart('/short', 8), '/short');
});

test('padded text has exactly its columns, whatever is in it', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 40 }), (value, width) => {
      assert.equal(textWidth(padEnd(value, width)), width);
      assert.equal(textWidth(padStart(value, width)), width);
      assert.ok(textWidth(cut(value, width)) <= width);
      assert.ok(textWidth(cutStart(value, width)) <= width);
    }),
  );
});

test('two texts at the ends of a line never meet', () => {
  assert.equal(spread('left', 'right', 12), 'left   right');
  assert.equal(spread('much too long', 'right', 12), 'much~  right');
});

test('wrapped lines fit, and no word is lost', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: -5, max: 30 }), (value, width) => {
      const lines = wrap(value, width);
      for (const line of lines) assert.ok(textWidth(line) <= Math.max(2, width));
      assert.equal(lines.join('').replaceAll(' ', ''), value.replaceAll(' ', ''));
    }),
  );
});

test('text is wrapped at spaces, long words where they must, empty lines stay', () => {
  assert.deepEqual(wrap('one two three', 8), ['one two', 'three']);
  assert.deepEqual(wrap('onetwothree four', 8), ['onetwoth', 'ree four']);
  assert.deepEqual(wrap('a\n\nb', 8), ['a', '', 'b']);
  assert.deepEqual(wrap('  indented text here', 10), ['  indented', 'text here']);
});

test('a terminal without UTF-8 gets ASCII of the same width', () => {
  assert.equal(asciiOnly('M\u00fcller Jose\u0301 \u5c71'), 'Muller Jose ??');
  fc.assert(
    fc.property(text, (value) => {
      assert.match(asciiOnly(value), /^[\x20-\x7e]*$/);
      assert.equal(textWidth(asciiOnly(value)), textWidth(value));
    }),
  );
});
