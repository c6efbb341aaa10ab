import { fail, ok, type Result } from '#sync/core/result.ts';
import {
  matchesDate,
  matchesName,
  matchesText,
  matchesTime,
  matchesUid,
} from '#sync/dicom/match.ts';

/** Whether a stored value, as text, fits one key of a query. */
export type Test = (value: string) => boolean;

/** Longest key beside a list of UIDs; nothing the box stores is longer. */
const mostKeyLength = 1_024;

/**
 * The test that a key of value representation `vr` stands for (PS3.4 C.2.2.2). Undefined: universal, everything fits.
 * A failure says what is wrong with the key, without its value.
 *
 * Several values are alternatives, for other attributes than UIDs too: viewers ask so for modalities. Of a stored
 * list one value has to fit.
 */
export function testOf(vr: string, key: string): Result<Test | undefined, string> {
  if (key === '' || /^\*+$/.test(key)) return ok(undefined);
  if (vr === 'UI') return ok(anyOf((value) => matchesUid(key, value)));
  if (key.length > mostKeyLength) return fail('is too long');
  if (vr === 'DA') return rangeTest(key, date, matchesDate);
  if (vr === 'TM') return rangeTest(key, time, matchesTime);
  if (isOfOneValue.has(vr)) return ok((value) => value !== '' && matchesText(key, value));
  const matches = vr === 'PN' ? matchesName : isNumber.has(vr) ? matchesNumber : matchesText;
  const keys = key.split('\\').map((part) => part.trim());
  return ok(anyOf((value) => keys.some((part) => part !== '' && matches(part, value))));
}

/** Text that may hold a backslash as a letter. */
const isOfOneValue: ReadonlySet<string> = new Set(['LT', 'ST', 'UT']);
const isNumber: ReadonlySet<string> = new Set(['IS', 'US']);

const date = String.raw`\d{4}(?:\d{4}|\.\d{2}\.\d{2})`;
const time = String.raw`\d{2}(?::?\d{2}(?::?\d{2}(?:\.\d{1,6})?)?)?`;

function rangeTest(
  key: string,
  value: string,
  matches: (key: string, value: string) => boolean,
): Result<Test, string> {
  const isLegal = new RegExp(`^(?:${value}|${value} *- *(?:${value})?|- *${value})$`).test(key);
  return isLegal ? ok(anyOf((part) => matches(key, part))) : fail('is no value and no range');
}

function anyOf(test: Test): Test {
  return (value) => value !== '' && value.split('\\').some((part) => part !== '' && test(part));
}

/** `01` is 1 (IS). */
function matchesNumber(key: string, value: string): boolean {
  const isPlain = /^[+-]?\d+$/;
  const areNumbers = isPlain.test(key) && isPlain.test(value);
  return areNumbers ? Number(key) === Number(value) : key === value;
}
