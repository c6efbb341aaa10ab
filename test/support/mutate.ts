import { concat } from '#sync/core/bytes.ts';
import type { Dice } from './dice.ts';

type Mutator = (dice: Dice, bytes: Uint8Array, other: Uint8Array) => Uint8Array;

/** `bytes` changed by one to four mutations; `others` lend the pieces that are spliced in. Never empty-handed. */
export function mutateBytes(
  dice: Dice,
  bytes: Uint8Array,
  others: readonly Uint8Array[],
): Uint8Array {
  let mutant = Uint8Array.from(bytes);
  for (let count = 1 + dice.below(4); count > 0; count--) {
    const mutator = dice.pick(mutators);
    mutant = Uint8Array.from(mutator(dice, mutant, dice.pick(others) ?? bytes));
  }
  return mutant;
}

/** Text that broke somebody's parser once; also what is put into strings of JSON. */
export const hostileTexts = [
  '',
  '\0',
  '\u001b[2J\u001b]0;title\u0007',
  '\u009b31m',
  '\u202etxt.exe',
  '\u2028',
  '\ud800',
  'a\r\nSet-Cookie: x',
  '../../../etc/passwd',
  '%00%2e%2e%2f',
  '__proto__',
  'constructor',
  "' OR 1=1 --",
  '=HYPERLINK("x")',
  '9'.repeat(400),
  '\u0301'.repeat(300),
  '99991231',
  '9999-12-31T23:59:59.999-23:59',
] as const;

const mutators: readonly [Mutator, ...Mutator[]] = [
  function flipBit(dice, bytes) {
    return withByte(bytes, dice.below(bytes.length), (byte) => byte ^ (1 << dice.below(8)));
  },
  function setByte(dice, bytes) {
    return withByte(bytes, dice.below(bytes.length), () => dice.pick(edgeBytes));
  },
  function setFirstBytes(dice, bytes) {
    return withByte(bytes, dice.below(Math.min(64, bytes.length)), () => dice.below(256));
  },
  function truncate(dice, bytes) {
    return bytes.subarray(0, dice.below(bytes.length));
  },
  function cutOut(dice, bytes) {
    const [from, to] = span(dice, bytes);
    return concat(bytes.subarray(0, from), bytes.subarray(to));
  },
  function duplicate(dice, bytes) {
    const [from, to] = span(dice, bytes);
    return concat(bytes.subarray(0, to), bytes.subarray(from));
  },
  function splice(dice, bytes, other) {
    const [from, to] = span(dice, other);
    const at = dice.below(bytes.length + 1);
    return concat(bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(at));
  },
  function cross(dice, bytes, other) {
    return concat(
      bytes.subarray(0, dice.below(bytes.length + 1)),
      other.subarray(dice.below(other.length + 1)),
    );
  },
  function insert(dice, bytes) {
    const at = dice.below(bytes.length + 1);
    const noise = Uint8Array.from({ length: 1 + dice.below(16) }, () => dice.below(256));
    return concat(bytes.subarray(0, at), noise, bytes.subarray(at));
  },
  function insertText(dice, bytes) {
    const at = dice.below(bytes.length + 1);
    const text = new TextEncoder().encode(dice.pick(hostileTexts));
    return concat(bytes.subarray(0, at), text, bytes.subarray(at));
  },
  lieAboutLength,
  lieAboutLength,
];

/** Any 2, 4 or 8 bytes may be a length: one more, one less, none, the most, or as long as the rest and one more. */
function lieAboutLength(dice: Dice, bytes: Uint8Array): Uint8Array {
  const width = dice.pick([2, 4, 8] as const);
  if (bytes.length < width) return bytes;
  const mutant = Uint8Array.from(bytes);
  const view = new DataView(mutant.buffer);
  const at = dice.below(bytes.length - width + 1);
  const isLittle = dice.below(2) === 0;
  const most = 2n ** BigInt(8 * width) - 1n;
  const old = readWord(view, at, width, isLittle);
  const rest = BigInt(bytes.length - at - width);
  const lies = [old + 1n, old - 1n, 0n, most, most - 1n, most / 2n + 1n, rest, rest + 1n, old * 2n];
  writeWord(view, at, width, isLittle, (dice.pick(lies) ?? 0n) & most);
  return mutant;
}

function readWord(view: DataView, at: number, width: 2 | 4 | 8, isLittle: boolean): bigint {
  if (width === 2) return BigInt(view.getUint16(at, isLittle));
  return width === 4 ? BigInt(view.getUint32(at, isLittle)) : view.getBigUint64(at, isLittle);
}

function writeWord(
  view: DataView,
  at: number,
  width: 2 | 4 | 8,
  isLittle: boolean,
  word: bigint,
): void {
  if (width === 2) view.setUint16(at, Number(word), isLittle);
  else if (width === 4) view.setUint32(at, Number(word), isLittle);
  else view.setBigUint64(at, word, isLittle);
}

function withByte(bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  const mutant = Uint8Array.from(bytes);
  if (at < mutant.length) mutant[at] = change(mutant[at] ?? 0);
  return mutant;
}

function span(dice: Dice, bytes: Uint8Array): readonly [from: number, to: number] {
  const from = dice.below(bytes.length + 1);
  return [from, from + dice.below(Math.min(256, bytes.length - from) + 1)];
}

const edgeBytes = [0x00, 0x01, 0x1b, 0x20, 0x22, 0x5c, 0x7f, 0x80, 0xfe, 0xff] as const;
