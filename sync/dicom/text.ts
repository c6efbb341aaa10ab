import { Buffer } from 'node:buffer';

/** A raw Specific Character Set for what a source sends without one, by its AE title ('' for a file). */
export type AssumedCharacterSetOf = (callingAeTitle: string) => string;

/** The printable text of a value of the default repertoire (UIDs, codes, dates), padding removed; `''` when absent. */
export function asciiText(value: Uint8Array | undefined): string {
  return value === undefined ? '' : trim(latin1(value.subarray(0, 1_024)));
}

/** The longest legal value: LT, 10,240 characters of up to four bytes (PS3.5 6.2). What is behind it is passed over. */
const mostTextBytes = 4 * 10_240;

/**
 * Decodes a text value by the terms of its Specific Character Set (0008,0005), as its raw value (PS3.3 C.12.1.1.2,
 * PS3.5 6.1). Never fails: unknown terms, terms that contradict the bytes and bytes without a meaning give the best
 * text there is.
 */
export function decodeText(whole: Uint8Array | undefined, characterSet: string): string {
  if (whole === undefined || whole.length === 0) return '';
  const value = whole.subarray(0, mostTextBytes);
  // All that most modalities send, and the same in every set: no decoder is made for it.
  if (value.every(isPlain)) return trim(latin1(value));
  const terms = characterSet.split('\\').map(normalTerm);
  const initial = setOfTerm(terms[0] ?? '');
  const text = value.includes(escapeByte)
    ? decodeExtended(value, initial)
    : decodeRun(value, initial ?? guess(value));
  return trim(text);
}

/** `ISO-IR 100`, `iso_ir100` and the like are seen in the field; all become `IR 100`. */
function normalTerm(term: string): string {
  const upper = term.trim().toUpperCase();
  const number = /^ISO[ _-]?(?:2022)?[ _-]?IR[ _-]?(\d+)$/.exec(upper)?.[1];
  return number === undefined ? upper : `IR ${number}`;
}

/** A set of characters: a decoder's label (WHATWG Encoding), and what to do to the bytes before. */
interface CharacterSet {
  readonly label: string;
  /** Both bytes of a character have the high bit clear (G0) and the decoder wants it set. */
  readonly raise?: true;
  /** Goes before every two bytes: the third plane of EUC. */
  readonly prefix?: number;
}

const ascii: CharacterSet = { label: 'latin1' };
const utf8Set: CharacterSet = { label: 'utf-8' };

const sets: Readonly<Record<string, CharacterSet>> = {
  'IR 100': ascii,
  'IR 101': { label: 'iso-8859-2' },
  'IR 109': { label: 'iso-8859-3' },
  'IR 110': { label: 'iso-8859-4' },
  'IR 144': { label: 'iso-8859-5' },
  'IR 127': { label: 'iso-8859-6' },
  'IR 126': { label: 'iso-8859-7' },
  'IR 138': { label: 'iso-8859-8' },
  'IR 148': { label: 'iso-8859-9' },
  'IR 203': { label: 'iso-8859-15' },
  'IR 166': { label: 'windows-874' },
  'IR 13': { label: 'shift_jis' },
  'IR 149': { label: 'euc-kr' },
  'IR 58': { label: 'gbk' },
  'IR 192': utf8Set,
  GB18030: { label: 'gb18030' },
  GBK: { label: 'gbk' },
};

/** Whether `characterSet`, a raw Specific Character Set, names what `decodeText` knows, term by term. */
export function isReadableCharacterSet(characterSet: string): boolean {
  const [first = '', ...others] = characterSet.split('\\').map(normalTerm);
  const isKnown = (term: string): boolean => Object.hasOwn(sets, term) || byEscape.has(term);
  return (first === '' || isKnown(first)) && others.every(isKnown);
}

/** Sets of two bytes a character that are only reached by an escape sequence. */
const byEscape: ReadonlySet<string> = new Set(['IR 6', 'IR 87', 'IR 159']);

/** Undefined for the default repertoire, an empty or an unknown term: then the bytes decide. */
function setOfTerm(term: string): CharacterSet | undefined {
  return Object.hasOwn(sets, term) ? sets[term] : undefined;
}

/** Escape sequences (PS3.3 table C.12-3 and C.12-4) behind the ESC, and the half of the code table they fill. */
const escapes: readonly (readonly [string, 'g0' | 'g1', CharacterSet])[] = [
  ['(B', 'g0', ascii],
  ['(J', 'g0', ascii],
  [')I', 'g1', { label: 'shift_jis' }],
  ['-A', 'g1', ascii],
  ['-B', 'g1', { label: 'iso-8859-2' }],
  ['-C', 'g1', { label: 'iso-8859-3' }],
  ['-D', 'g1', { label: 'iso-8859-4' }],
  ['-L', 'g1', { label: 'iso-8859-5' }],
  ['-G', 'g1', { label: 'iso-8859-6' }],
  ['-F', 'g1', { label: 'iso-8859-7' }],
  ['-H', 'g1', { label: 'iso-8859-8' }],
  ['-M', 'g1', { label: 'iso-8859-9' }],
  ['-b', 'g1', { label: 'iso-8859-15' }],
  ['-T', 'g1', { label: 'windows-874' }],
  ['$)C', 'g1', { label: 'euc-kr' }],
  ['$)A', 'g1', { label: 'gbk' }],
  ['$B', 'g0', { label: 'euc-jp', raise: true }],
  ['$(D', 'g0', { label: 'euc-jp', raise: true, prefix: 0x8f }],
];

/**
 * Splits `value` at its escape sequences. A delimiter of a value, a name or a line brings the initial sets back
 * (PS3.5 6.1.2.5.3), unless two-byte characters fill the lower half, where its code means something else.
 */
function decodeExtended(value: Uint8Array, initial: CharacterSet | undefined): string {
  let g0 = ascii;
  let g1 = initial;
  let text = '';
  let start = 0;
  const flush = (end: number): void => {
    const run = value.subarray(start, end);
    text += decodeRun(run, g0 === ascii ? (g1 ?? guess(run)) : g0);
  };
  for (let at = 0; at < value.length; at++) {
    const byte = value[at] ?? 0;
    if (byte === escapeByte) {
      flush(at);
      const found = escapeAt(value, at + 1);
      if (found?.half === 'g0') g0 = found.set;
      if (found?.half === 'g1') g1 = found.set;
      at += found?.length ?? 0;
      start = at + 1;
    } else if (g0 === ascii && delimiters.has(byte)) {
      flush(at + 1);
      g1 = initial;
      start = at + 1;
    }
  }
  flush(value.length);
  return text;
}

function escapeAt(
  value: Uint8Array,
  at: number,
): { readonly half: 'g0' | 'g1'; readonly set: CharacterSet; readonly length: number } | undefined {
  const next = latin1(value.subarray(at, at + 3));
  const found = escapes.find(([sequence]) => next.startsWith(sequence));
  return found && { half: found[1], set: found[2], length: found[0].length };
}

function decodeRun(run: Uint8Array, set: CharacterSet): string {
  if (run.length === 0) return '';
  const bytes = set.raise ? raised(run, set.prefix) : run;
  return new TextDecoder(set.label).decode(bytes);
}

function raised(run: Uint8Array, prefix: number | undefined): Uint8Array {
  const high = run.map((byte) => byte | 0x80);
  if (prefix === undefined) return high;
  const out = new Uint8Array(high.length + Math.ceil(high.length / 2));
  for (let at = 0, to = 0; at < high.length; at += 2, to += 3) {
    out[to] = prefix;
    out.set(high.subarray(at, at + 2), to + 1);
  }
  return out;
}

/** For senders that declare nothing or nonsense: UTF-8 if it is that, else Latin-1. */
function guess(value: Uint8Array): CharacterSet {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(value);
    return utf8Set;
  } catch {
    return ascii;
  }
}

/**
 * NUL and space are padding (PS3.5 6.2); leading ones are no part of a name or an id either. No regular expression: one
 * that looks for padding at the end tries every blank of a long run anew.
 */
function trim(text: string): string {
  let from = 0;
  let end = text.length;
  while (from < end && isPadding(text.charCodeAt(from))) from++;
  while (end > from && isPadding(text.charCodeAt(end - 1))) end--;
  return text.slice(from, end);
}

function isPadding(code: number): boolean {
  return code === 0x20 || code === 0;
}

/** One character a byte. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

const escapeByte = 0x1b;
const isPlain = (byte: number): boolean => byte < 0x80 && byte !== escapeByte;
/** `\`, `^`, `=`, tab, line feed, form feed, carriage return. */
const delimiters = new Set([0x5c, 0x5e, 0x3d, 0x09, 0x0a, 0x0c, 0x0d]);
