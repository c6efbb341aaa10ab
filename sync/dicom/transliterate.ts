import { utf8 } from '../core/bytes.ts';
import { codesOf } from './text-encode.ts';

/**
 * Text for a device that reads one character set: `term` is a value of Specific Character Set that names a set of
 * one byte a character or UTF-8 (`ISO_IR 192`); `''` is ASCII. What the set has not is written in ASCII letters that
 * come nearest, and `?` where there are none: a device shows a readable name instead of noise.
 */
export function encodeTextAs(text: string, term: string): Uint8Array {
  if (term === inUtf8) return utf8(text.toWellFormed());
  const codes = codesOf(term) ?? noCodes;
  const bytes: number[] = [];
  for (const character of text.normalize('NFC')) {
    const code = codes.get(character);
    if (code !== undefined) bytes.push(code);
    else for (const letter of toAscii(character)) bytes.push(letter.charCodeAt(0));
  }
  return Uint8Array.from(bytes);
}

/** Whether `encodeTextAs` knows the set: it names one of one byte a character, UTF-8, or is `''`. */
export function isWritableCharacterSet(term: string): boolean {
  return term === '' || term === inUtf8 || codesOf(term) !== undefined;
}

/** The ASCII letters that come nearest to `text`; `?` for a character without any. */
export function toAscii(text: string): string {
  return [...text.normalize('NFC')].map(asciiOf).join('');
}

function asciiOf(character: string): string {
  if (isPlain(character)) return character;
  const base = [...character.normalize('NFKD')].filter((each) => !/\p{Mark}/u.test(each));
  const letters = base.map((each) => (isPlain(each) ? each : (nearest.get(each) ?? '?')));
  return letters.join('');
}

/** ASCII, and the control characters that text values may hold: tab, line feed, form feed, carriage return. */
function isPlain(character: string): boolean {
  return /^[\t\n\f\r\x20-\x7e]$/.test(character);
}

const noCodes: ReadonlyMap<string, number> = new Map();
const inUtf8 = 'ISO_IR 192';

/** Letters that no decomposition leads to ASCII: Latin, Greek and Cyrillic, as passports spell them. */
const spelled: readonly (readonly [string, string])[] = [
  ['ß', 'ss'],
  ['æ', 'ae'],
  ['œ', 'oe'],
  ['ø', 'o'],
  ['ł', 'l'],
  ['đ', 'd'],
  ['ð', 'd'],
  ['þ', 'th'],
  ['ı', 'i'],
  ['ħ', 'h'],
  ['ŋ', 'ng'],
  ...pairs('αβγδεζηθικλμνξοπρσςτυφχψω', 'a v g d e z i th i k l m n x o p r s s t y f ch ps o'),
  ...pairs(
    'абвгдежзиклмнопрстуфхцчшщъыьэюяєіґђѕјљњћџ',
    'a b v g d e zh z i k l m n o p r s t u f kh ts ch sh shch - y - e iu ia ie i g dj dz j lj nj c dz',
  ),
];

function pairs(letters: string, spellings: string): readonly (readonly [string, string])[] {
  const all = spellings.split(' ').map((each) => (each === '-' ? '' : each));
  return [...letters].map((letter, index) => [letter, all[index] ?? '?'] as const);
}

const nearest: ReadonlyMap<string, string> = new Map([
  ...spelled.flatMap(([letter, text]) => [
    [letter, text] as const,
    [letter.toUpperCase(), text.slice(0, 1).toUpperCase() + text.slice(1)] as const,
  ]),
  ['ß', 'ss'],
  ['‘', "'"],
  ['’', "'"],
  ['“', '"'],
  ['”', '"'],
  ['–', '-'],
  ['—', '-'],
  ['\u00a0', ' '],
]);
