import type { ShownCaller } from '#appliance/api/contract-callers.ts';
import { words } from '../words/en.ts';
import { cursorOf, deviceAtCursor } from './devices.ts';
import { alertLine } from './header.ts';
import { filled, type Line, line, type Tone, windowOf } from './line.ts';
import { shown } from './shown.ts';
import { type State, screenRows } from './state.ts';
import { cut, padEnd, wrap } from './text-width.ts';
import { nearTime } from './time.ts';

/** Rows of the table: what the header, its head, two lines of words and the footer leave. */
export function deviceRows(state: State): number {
  return Math.max(1, screenRows(state.size) - 9);
}

export function deviceHead(): Line {
  const { status, title, address, last, by } = words.devices.columns;
  const cells = [padEnd(title, 17), padEnd(address, 16), padEnd(last, 12), by];
  return line(`${' '.repeat(6)}${padEnd(status, 12)}${cells.join('')}`);
}

/** Exactly as many lines as the table has rows, around the cursor. */
export function deviceLines(state: State): readonly Line[] {
  const { place, devices } = state;
  const height = deviceRows(state);
  if (place.name !== 'devices') return [];
  if (!devices) return filled([line(`      ${words.devices.asking}`)], height);
  if (devices.length === 0) return filled([line(`      ${words.devices.none}`)], height);
  const cursor = cursorOf(place, devices);
  const all = devices.map((device, index) => deviceLine(state, device, index === cursor));
  return filled(windowOf(all, cursor - height + 1, height), height);
}

/** What the device under the cursor is, and what can be done; or the question for a name. */
export function deviceWords(state: State): readonly [Line, Line] {
  const { place } = state;
  const { columns } = state.size;
  const naming = place.name === 'devices' ? place.naming : undefined;
  if (naming) {
    const { aeTitle, address, verdict, by } = naming;
    const question = words.devices.question(shown(aeTitle), shown(address), verdict);
    return [
      line(cut(` ${question}`, columns), 'title'),
      line(cut(` ${words.devices.name} ${by}_`, columns)),
    ];
  }
  if (state.note || state.silence) return [alertLine(state), line('')];
  const device = deviceAtCursor(state);
  if (!device) return [line(''), line('')];
  const [first = '', second = ''] = wrap(words.devices.sentences[device.standing], columns - 2);
  return [line(` ${first}`, toneOf(device)), line(` ${second}`, toneOf(device))];
}

function deviceLine(state: State, device: ShownCaller, isCursor: boolean): Line {
  const now = state.calendar(state.status?.nowAt ?? device.lastAt);
  const last = state.calendar(device.lastAt);
  const cells = [
    padEnd(shown(device.aeTitle), 16),
    padEnd(shown(device.address), 15),
    padEnd(last && now ? nearTime(last, now) : '-', 11),
    device.decidedBy === null ? '' : shown(device.decidedBy),
  ];
  const glyph = waits(device) ? '!!' : device.standing === 'known' ? 'ok' : '--';
  const lead = ` ${isCursor ? '>' : ' '} ${glyph} ${padEnd(words.devices.standings[device.standing], 12)}`;
  const text = cut(lead + cells.join(' '), state.size.columns);
  return { text, tone: toneOf(device), isCursor };
}

function waits({ standing }: ShownCaller): boolean {
  return standing === 'unknown' || standing === 'moved';
}

function toneOf(device: ShownCaller): Tone {
  return waits(device) ? 'trouble' : 'plain';
}
