import { fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import type { OrderFault } from './ports.ts';

/** One HL7 v2 message, read strictly (HL7 v2.5.1 chapter 2). */
export interface Hl7Message {
  readonly segments: readonly Hl7Segment[];
  readonly delimiters: Hl7Delimiters;
}

export interface Hl7Segment {
  /** Three characters, e.g. `PID`. */
  readonly name: string;
  /** Raw text by the number of the field less one; MSH-1 is the separator itself. */
  readonly fields: readonly string[];
}

export interface Hl7Delimiters {
  readonly field: string;
  readonly component: string;
  readonly repetition: string;
  readonly escape: string;
  readonly subcomponent: string;
}

/** The longest message, bytes or characters: an order with pages of history is far below. */
export const maxHl7Bytes = 256 * 1024;
const maxSegments = 1_000;

/**
 * Reads a message: MSH first with delimiters that differ, segments of legal names parted by a carriage return (line
 * feeds are let through, as files have them), no control characters. What a message means is not looked at.
 */
export function parseHl7(text: string): Result<Hl7Message, OrderFault> {
  if (text.length > maxHl7Bytes) return unusable('it is too long');
  const lines = text.split(/\r\n|\r|\n/).filter((line) => line !== '');
  const delimiters = delimitersOf(lines[0] ?? '');
  if (!delimiters) return unusable('it does not begin with an MSH segment');
  if (lines.length > maxSegments) return unusable('it has too many segments');
  const segments: Hl7Segment[] = [];
  for (const [index, line] of lines.entries()) {
    if (/[^\P{Cc}\t]/u.test(line)) return unusable(`segment ${index + 1} has control characters`);
    const [name = '', ...rest] = line.split(delimiters.field);
    if (!/^[A-Z][A-Z0-9]{2}$/.test(name)) return unusable(`segment ${index + 1} has no legal name`);
    const isHeader = name === 'MSH';
    if (isHeader && index > 0) return unusable('it is more than one message');
    segments.push({ name, fields: isHeader ? [delimiters.field, ...rest] : rest });
  }
  return ok({ segments, delimiters });
}

/** The segments of that name, in order. */
export function segmentsOf(message: Hl7Message, name: string): readonly Hl7Segment[] {
  return message.segments.filter((segment) => segment.name === name);
}

/**
 * The text of one component, escapes resolved, blanks at its ends removed; `''` when it is absent, or null (`""`).
 * Field, component and subcomponent count from 1 as the standard does. Of a field that repeats, the first.
 */
export function hl7Text(
  { delimiters }: Hl7Message,
  segment: Hl7Segment | undefined,
  field: number,
  component = 1,
  subcomponent = 1,
): string {
  const [first = ''] = (segment?.fields[field - 1] ?? '').split(delimiters.repetition);
  const part = first.split(delimiters.component)[component - 1] ?? '';
  const raw = part.split(delimiters.subcomponent)[subcomponent - 1] ?? '';
  return raw === '""' ? '' : unescaped(raw, delimiters).trim();
}

/** Text as one component of an answer. */
export function hl7Escape(text: string): string {
  const escapes: Readonly<Record<string, string>> = {
    '|': '\\F\\',
    '^': '\\S\\',
    '&': '\\T\\',
    '~': '\\R\\',
    '\\': '\\E\\',
  };
  return text.replace(/\p{Cc}/gu, ' ').replace(/[|^&~\\]/g, (each) => escapes[each] ?? each);
}

function delimitersOf(header: string): Hl7Delimiters | undefined {
  const [, field = '', encoding = ''] =
    /^MSH([^\p{L}\p{N}\p{Cc}\s])([^\p{L}\p{N}\p{Cc}\s]*)/u.exec(header) ?? [];
  const [component, repetition, escaping, subcomponent] = encoding.split(field)[0] ?? '';
  if (!component || !repetition || !escaping || !subcomponent) return undefined;
  const all = [field, component, repetition, escaping, subcomponent];
  if (new Set(all).size !== all.length) return undefined;
  return { field, component, repetition, escape: escaping, subcomponent };
}

/** Chapter 2.7. Highlighting goes; hexadecimal that is no printable ASCII becomes `?`; an open escape stays as it is. */
function unescaped(raw: string, delimiters: Hl7Delimiters): string {
  const { escape: mark } = delimiters;
  if (!raw.includes(mark)) return raw;
  const parts = raw.split(mark);
  let text = '';
  for (let at = 0; at < parts.length; at += 2) {
    text += parts[at] ?? '';
    const code = parts[at + 1];
    if (code === undefined) break;
    // The last part has no closing escape: it is text.
    text += at + 2 < parts.length ? meaningOf(code, delimiters) : mark + code;
  }
  return text;
}

function meaningOf(code: string, delimiters: Hl7Delimiters): string {
  if (/^X(?:[0-9A-Fa-f]{2})+$/.test(code)) {
    const bytes = code.slice(1).match(/../g) ?? [];
    return bytes.map((each) => printable(Number.parseInt(each, 16))).join('');
  }
  if (code === '.br' || code.startsWith('.sp')) return '\n';
  const named: Readonly<Record<string, string>> = {
    F: delimiters.field,
    S: delimiters.component,
    T: delimiters.subcomponent,
    R: delimiters.repetition,
    E: delimiters.escape,
  };
  return Object.hasOwn(named, code) ? (named[code] ?? '') : '';
}

function printable(code: number): string {
  if (code === 0x0a || code === 0x0d) return '\n';
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '?';
}

function unusable(reason: string): Result<never, OrderFault> {
  return fail(
    fault(
      'orders/unusable',
      `Cannot read an HL7 message: ${reason}`,
      'Correct it at its source and send it again',
    ),
  );
}
