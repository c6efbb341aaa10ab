import { utf8 } from '../core/bytes.ts';

/** How the text of one dataset goes out: the value of Specific Character Set, and the bytes of a text. */
export interface TextEncoder {
  /** `''`: the default repertoire, which needs no attribute. */
  readonly characterSet: string;
  encode(text: string): Uint8Array;
}

/**
 * The character set in which an answer with these texts goes to a peer that asked in `asked` (its raw Specific
 * Character Set): none for ASCII, its own single-byte set where that has every character, else Latin 1, else UTF-8
 * (PS3.4 C.2.2.2, PS3.3 C.12.1.1.2). Code extensions are answered in UTF-8 on purpose: nobody has them alone.
 */
export function textEncoderFor(texts: Iterable<string>, asked: string): TextEncoder {
  const text = [...texts].join('');
  if (isAscii(text)) return { characterSet: '', encode: utf8 };
  if (asked.trim() === inUtf8.characterSet) return inUtf8;
  for (const term of [asked.trim(), 'ISO_IR 100']) {
    const codes = codesOf(term);
    if (codes && [...text].every((letter) => isAscii(letter) || codes.has(letter))) {
      return { characterSet: term, encode: (value) => inSet(value, codes) };
    }
  }
  return inUtf8;
}

const inUtf8: TextEncoder = { characterSet: 'ISO_IR 192', encode: utf8 };

/** Single-byte sets by defined term, as the platform's decoders know them. */
const labels: Readonly<Record<string, string>> = {
  'ISO_IR 100': 'latin1',
  'ISO_IR 101': 'iso-8859-2',
  'ISO_IR 109': 'iso-8859-3',
  'ISO_IR 110': 'iso-8859-4',
  'ISO_IR 144': 'iso-8859-5',
  'ISO_IR 127': 'iso-8859-6',
  'ISO_IR 126': 'iso-8859-7',
  'ISO_IR 138': 'iso-8859-8',
  'ISO_IR 148': 'iso-8859-9',
  'ISO_IR 203': 'iso-8859-15',
  'ISO_IR 166': 'windows-874',
};

const known = new Map<string, ReadonlyMap<string, number>>();

/** Byte by character of the upper half of a set; undefined when the term is no single-byte set. */
export function codesOf(term: string): ReadonlyMap<string, number> | undefined {
  const label = Object.hasOwn(labels, term) ? labels[term] : undefined;
  if (label === undefined) return undefined;
  let codes = known.get(term);
  if (!codes) {
    const decoder = new TextDecoder(label);
    const upper = Array.from({ length: 0x60 }, (_, index) => 0xa0 + index);
    codes = new Map(
      upper
        .map((code) => [decoder.decode(Uint8Array.of(code)), code] as const)
        .filter(([letter]) => letter !== '\ufffd'),
    );
    known.set(term, codes);
  }
  return codes;
}

function inSet(text: string, codes: ReadonlyMap<string, number>): Uint8Array {
  return Uint8Array.from(text, (letter) => codes.get(letter) ?? letter.charCodeAt(0));
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7e) return false;
  return true;
}
