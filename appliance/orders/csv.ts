import { fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import type { OrderFault } from './ports.ts';

/**
 * Rows of a CSV file as records by the names of its first row (RFC 4180): comma, semicolon or tab, whichever the
 * first row has most of, since spreadsheets write what their language has. Strict: a row of another width or a quote
 * in the middle of a value is refused, since it would put a value under another name. Empty lines are passed over.
 */
export function parseCsv(
  text: string,
): Result<readonly Readonly<Record<string, string>>[], OrderFault> {
  const body = text.replace(/^\ufeff/, '');
  const rows = rowsOf(body, separatorOf(body));
  if (typeof rows === 'number') return unusable(rows, 'has a quote in the middle of a value');
  const [head, ...rest] = rows;
  if (!head) return unusable(1, 'is missing: the names of the columns go there');
  const names = head.values.map((name) => name.trim());
  if (names.includes('') || new Set(names).size !== names.length) {
    return unusable(head.line, 'names a column twice or not at all');
  }
  const records: Readonly<Record<string, string>>[] = [];
  for (const { values, line } of rest) {
    if (values.length !== names.length) {
      return unusable(line, `has ${values.length} values for ${names.length} columns`);
    }
    records.push(Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])));
  }
  return ok(records);
}

interface CsvRow {
  readonly line: number;
  readonly values: readonly string[];
}

function separatorOf(text: string): string {
  const [head = ''] = text.split(/\r?\n/, 1);
  const counts = [',', ';', '\t'].map((each) => [head.split(each).length, each] as const);
  return counts.reduce((best, each) => (each[0] > best[0] ? each : best))[1];
}

/** The rows, or the number of the line that is wrong. */
function rowsOf(text: string, separator: string): readonly CsvRow[] | number {
  const rows: CsvRow[] = [];
  let values: string[] = [];
  let line = 1;
  let began = 1;
  for (let at = 0; at <= text.length; ) {
    const value = text[at] === '"' ? quoted(text, at) : plain(text, at, separator);
    if (!value) return line;
    values.push(value.text);
    line += value.lines;
    const behind = text[value.next];
    if (behind === separator) {
      at = value.next + 1;
      continue;
    }
    const isEnd = behind === undefined;
    const isLineEnd = behind === '\n' || (behind === '\r' && text[value.next + 1] === '\n');
    if (!isEnd && !isLineEnd) return line;
    if (values.length > 1 || values[0]?.trim()) rows.push({ line: began, values });
    values = [];
    line += 1;
    began = line;
    at = isEnd ? text.length + 1 : value.next + (behind === '\r' ? 2 : 1);
  }
  return rows;
}

interface CsvValue {
  readonly text: string;
  /** Where the value ends. */
  readonly next: number;
  /** Line ends inside it. */
  readonly lines: number;
}

function plain(text: string, at: number, separator: string): CsvValue | undefined {
  let next = at;
  while (next < text.length && text[next] !== separator && text[next] !== '\n') {
    if (text[next] === '"') return undefined;
    if (text[next] === '\r' && text[next + 1] === '\n') break;
    next += 1;
  }
  return { text: text.slice(at, next), next, lines: 0 };
}

function quoted(text: string, at: number): CsvValue | undefined {
  let value = '';
  for (let from = at + 1; ; ) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return undefined;
    value += text.slice(from, quote);
    if (text[quote + 1] !== '"') {
      return { text: value, next: quote + 1, lines: value.split('\n').length - 1 };
    }
    value += '"';
    from = quote + 2;
  }
}

function unusable(line: number, reason: string): Result<never, OrderFault> {
  return fail(
    fault(
      'orders/unusable',
      `Cannot read orders as CSV: line ${line} ${reason}`,
      'Correct the file and put it there again',
    ),
  );
}
