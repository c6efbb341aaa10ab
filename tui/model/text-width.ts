/**
 * Columns that `text` takes on a terminal: 0 for combining marks, 2 for East Asian wide characters and pictures,
 * else 1 (Unicode Standard Annex 11, in short). Control and format characters are expected to be gone (`sanitize`).
 */
export function textWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** `text` cut to `width` columns, with `~` as its last column when something was cut; never splits a character. */
export function cut(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width <= 0) return '';
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += characterWidth(character);
    if (used > width - 1) break;
    kept += character;
  }
  return `${kept}~`;
}

/** The end of `text` in at most `width` columns, with `~` as its first column when something was cut. */
export function cutStart(text: string, width: number): string {
  const characters = [...text];
  let cutCount = 0;
  while (textWidth(characters.join('')) > width - Math.min(cutCount, 1) && characters.length > 0) {
    characters.shift();
    cutCount++;
  }
  return cutCount === 0 ? text : `~${characters.join('')}`;
}

/** `text` in exactly `width` columns: cut, or filled with spaces on the right. */
export function padEnd(text: string, width: number): string {
  const fitting = cut(text, width);
  return fitting + ' '.repeat(Math.max(0, width - textWidth(fitting)));
}

/** `text` in exactly `width` columns: cut, or filled with spaces on the left. */
export function padStart(text: string, width: number): string {
  const fitting = cut(text, width);
  return ' '.repeat(Math.max(0, width - textWidth(fitting))) + fitting;
}

/** `left` and `right` at the two ends of a line of `width` columns; `left` gives way first, two spaces stay between. */
export function spread(left: string, right: string, width: number): string {
  const end = cut(right, width);
  const room = width - textWidth(end);
  return padEnd(cut(left, room - 2), room) + end;
}

/**
 * The lines of `text` at most `width` columns wide (never less than 2, the widest character), broken at spaces where
 * there are some; empty lines stay.
 */
export function wrap(text: string, width: number): readonly string[] {
  const room = Math.max(2, width);
  return text.split('\n').flatMap((paragraph) => wrapParagraph(paragraph.trimEnd(), room));
}

/** `text` for a terminal without UTF-8: accents dropped, everything else beyond ASCII as `?`, same width. */
export function asciiOnly(text: string): string {
  if (plain.test(text)) return text;
  let out = '';
  for (const character of text.normalize('NFD')) {
    out += plain.test(character) ? character : '?'.repeat(characterWidth(character));
  }
  return out;
}

const plain = /^[\x20-\x7e]*$/;
const noWidth = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]$/u;

/** First and last code point of the wide blocks (East Asian Width W and F; pictures). */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
];

function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (noWidth.test(character)) return 0;
  return wide.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

/** Looks at each character once: a report may be one line of a megabyte. */
function wrapParagraph(paragraph: string, width: number): readonly string[] {
  const lines: string[] = [];
  let rest = paragraph;
  for (;;) {
    const head = fittingHead(rest, width);
    if (head.length === rest.length) return [...lines, rest];
    const space = rest.charAt(head.length) === ' ' ? head.length : head.lastIndexOf(' ');
    const indent = head.length - head.trimStart().length;
    const end = space > indent ? space : head.length;
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
}

/** The longest start of `text` that fits; at least one character, so that a caller's loop ends. */
function fittingHead(text: string, width: number): string {
  let head = '';
  let used = 0;
  for (const character of text) {
    used += characterWidth(character);
    if (used > width && head !== '') break;
    head += character;
  }
  return head;
}
