/**
 * Attribute matching of queries (PS3.4 C.2.2.2) over decoded text. An empty key matches everything (universal
 * matching); a value that is absent or empty matches a universal key only.
 */

/** Values are at most 1,024 bytes (`readValues`); a longer key has no match, and would only cost time. */
const longestKey = 1_024;

/** Single value or wildcard matching: `*` is any text, `?` one character; the case counts (CS, LO, SH, AE…). */
export function matchesText(key: string, value: string): boolean {
  return key === '' || (key.length <= longestKey && matchesWildcards([...key], [...value]));
}

/**
 * Names match without regard to case and accents, and to empty components at the end (`DOE^JOHN^^` is `DOE^JOHN`).
 * A key without `=` may match any of the three groups: alphabetic, ideographic, phonetic.
 */
export function matchesName(key: string, value: string): boolean {
  if (key.length > longestKey) return false;
  const groups = key.includes('=') ? [value] : value.split('=');
  return groups.some((group) => matchesText(plainName(key), plainName(group)));
}

/** A list of UIDs parted by `\`: one of them is the value. */
export function matchesUid(key: string, value: string): boolean {
  return key === '' || key.split('\\').some((uid) => uid.trim() === value);
}

/** A date (DA) or a range of dates `A-B`, `A-`, `-B`; also in the old form with dots. */
export function matchesDate(key: string, value: string): boolean {
  return matchesRange(digitsOf(key), digitsOf(value));
}

/** A time (TM) or a range of times. What a key leaves out is open: `10` is the whole hour. */
export function matchesTime(key: string, value: string): boolean {
  return matchesRange(digitsOf(key), digitsOf(value));
}

/**
 * Date and time as one moment, as the worklist has it (PS3.4 K.6.1.2.2): the start of the range is the first date at
 * the first time. Without a range in both, each is matched for itself.
 */
export function matchesDateTime(
  key: { readonly date: string; readonly time: string },
  value: { readonly date: string; readonly time: string },
): boolean {
  if (!key.date.includes('-') || !key.time.includes('-')) {
    return matchesDate(key.date, value.date) && matchesTime(key.time, value.time);
  }
  const [fromDate = '', toDate = ''] = digitsOf(key.date).split('-');
  const [fromTime = '', toTime = ''] = digitsOf(key.time).split('-');
  const from = fromDate === '' ? '' : fromDate + fromTime;
  const to = toDate === '' ? '' : toDate + toTime;
  if (value.date === '') return false;
  return matchesRange(`${from}-${to}`, digitsOf(value.date) + digitsOf(value.time));
}

/** Two cursors and one place to come back to: linear in practice, and never worse than key times value. */
function matchesWildcards(key: readonly string[], value: readonly string[]): boolean {
  let at = 0;
  let star = -1;
  let taken = 0;
  for (let index = 0; index < value.length; ) {
    if (key[at] === '*') {
      star = at;
      taken = index;
      at += 1;
    } else if (at < key.length && (key[at] === '?' || key[at] === value[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      taken += 1;
      index = taken;
      at = star + 1;
    } else {
      return false;
    }
  }
  return key.slice(at).every((character) => character === '*');
}

/** Only the accents of Latin, Greek and Cyrillic letters go: the marks of other scripts make another letter. */
function plainName(name: string): string {
  return name
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/ ?([\^=]) ?/g, '$1')
    .replace(/\^+(?==|$)/g, '')
    .trim();
}

/** Digits and the hyphen of a range: `2026.01.31` and `10:30` are seen in the field. */
function digitsOf(text: string): string {
  return text.replace(/[^\d-]/g, '');
}

const longestDigits = 20;

/** Digits of one length compare as text; an end that says less includes all that begins with it. */
function matchesRange(key: string, value: string): boolean {
  if (key === '' || key === '-') return true;
  if (value === '') return false;
  const [from = '', to = from] = key.includes('-') ? key.split('-') : [key];
  const moment = value.padEnd(longestDigits, '0');
  const isAfter = moment >= from.padEnd(longestDigits, '0');
  return isAfter && (to === '' || moment <= to.padEnd(longestDigits, '9'));
}
