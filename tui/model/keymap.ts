import { words } from '../words/en.ts';
import { addressable, centerAtCursor } from './address.ts';
import { deviceAtCursor } from './devices.ts';
import { type Area, limitOf, scrollArea } from './layout.ts';
import { type Line, line } from './line.ts';
import { waitingPairing } from './pairing.ts';
import { travellingStudy } from './priority.ts';
import { needsHelp, problemsOf } from './problems.ts';
import { exportable, reportsOf } from './reports.ts';
import { type Place, type State, screenRows } from './state.ts';
import { padEnd } from './text-width.ts';

/** What the user can ask for; the words table has a short and a long text for each. */
export type Command = keyof typeof words.commands;

/** One line of the key table: footer and help are made of it. */
export interface Binding {
  readonly command: Command;
  /** A character, or a name of `words.keyNames`. The first one is shown in the footer. */
  readonly keys: readonly string[];
  readonly places: readonly Place['name'][];
  /** Whether it would do something now; only keys that work are shown and taken. */
  readonly when?: (state: State) => boolean;
}

/** A key and what it does, for the footer. */
export interface Hint {
  readonly key: string;
  readonly text: string;
}

const texts = ['study', 'report', 'problems', 'help'] as const;
const inside = [...texts, 'devices', 'address'] as const;
const anywhere = ['list', ...inside] as const;
const helped = anywhere.filter((place) => place !== 'help');
const hasProblems = (state: State): boolean =>
  problemsOf(state).some(({ code }) => code !== needsHelp);
const scrolls = (state: State): boolean => limitOf(areaOf(state)) > 0;
const isFound = (state: State): boolean => state.find !== undefined;
const hasDevice = (state: State): boolean => deviceAtCursor(state) !== undefined;
const standingIsNot =
  (standing: string) =>
  (state: State): boolean => {
    const device = deviceAtCursor(state);
    return device !== undefined && ![standing, 'uncertified'].includes(device.standing);
  };
const isLinkDown = ({ status }: State): boolean =>
  status !== undefined && status.link.state !== 'up';
const hasRows = (state: State): boolean => state.studies.length > 0;

/** Every key of the screen, in the order of footer and help. */
export const bindings: readonly Binding[] = [
  { command: 'up', keys: ['up', 'k'], places: ['list'], when: hasRows },
  { command: 'down', keys: ['down', 'j'], places: ['list'], when: hasRows },
  { command: 'up', keys: ['up', 'k'], places: ['address'] },
  { command: 'down', keys: ['down', 'j'], places: ['address'] },
  { command: 'up', keys: ['up', 'k'], places: ['devices'], when: hasDevice },
  { command: 'down', keys: ['down', 'j'], places: ['devices'], when: hasDevice },
  { command: 'scroll up', keys: ['up', 'k'], places: texts, when: scrolls },
  { command: 'scroll down', keys: ['down', 'j'], places: texts, when: scrolls },
  { command: 'page up', keys: ['pageup'], places: anywhere },
  { command: 'page down', keys: ['pagedown', ' '], places: anywhere },
  { command: 'first', keys: ['home', 'g'], places: anywhere },
  { command: 'last', keys: ['end', 'G'], places: anywhere },
  { command: 'open', keys: ['enter', 'right'], places: ['list'], when: hasRows },
  {
    command: 'choose center',
    keys: ['enter', 'right'],
    places: ['address'],
    when: (s) => centerAtCursor(s) !== undefined,
  },
  { command: 'find', keys: ['/'], places: ['list'], when: (s) => hasRows(s) && !isFound(s) },
  { command: 'change find', keys: ['/'], places: ['list'], when: isFound },
  { command: 'clear find', keys: ['esc'], places: ['list'], when: isFound },
  {
    command: 'make STAT',
    keys: ['s'],
    places: ['list', 'study'],
    when: (s) => travellingStudy(s)?.isStat === false,
  },
  {
    command: 'end STAT',
    keys: ['s'],
    places: ['list', 'study'],
    when: (s) => travellingStudy(s)?.isStat === true,
  },
  {
    command: 'other center',
    keys: ['t'],
    places: ['study'],
    when: (s) => addressable(s) !== undefined,
  },
  { command: 'try now', keys: ['r'], places: ['list'], when: isLinkDown },
  { command: 'read report', keys: ['r'], places: ['study'], when: (s) => reportsOf(s).length > 0 },
  {
    command: 'other report',
    keys: ['r'],
    places: ['report'],
    when: (s) => reportsOf(s).length > 1,
  },
  {
    command: 'export',
    keys: ['e'],
    places: ['study', 'report'],
    when: (s) => exportable(s) !== undefined,
  },
  {
    command: 'problems',
    keys: ['a'],
    places: ['list'],
    when: hasProblems,
  },
  {
    command: 'compare words',
    keys: ['c'],
    places: ['list', 'problems'],
    when: (s) => waitingPairing(s) !== undefined,
  },
  { command: 'devices', keys: ['d'], places: ['list', 'problems'] },
  { command: 'let in', keys: ['y'], places: ['devices'], when: standingIsNot('known') },
  { command: 'keep out', keys: ['x'], places: ['devices'], when: standingIsNot('refused') },
  { command: 'view all', keys: ['1'], places: ['list'] },
  { command: 'view needs help', keys: ['2'], places: ['list'] },
  { command: 'view on the way', keys: ['3'], places: ['list'] },
  { command: 'view delivered', keys: ['4'], places: ['list'] },
  {
    command: 'hide names',
    keys: ['n'],
    places: ['list', 'study', 'report'],
    when: (s) => !s.areNamesHidden,
  },
  {
    command: 'show names',
    keys: ['n'],
    places: ['list', 'study', 'report'],
    when: (s) => s.areNamesHidden,
  },
  { command: 'help', keys: ['?'], places: helped },
  { command: 'back', keys: ['esc', 'left', 'backspace'], places: inside },
  { command: 'quit', keys: ['q'], places: ['list'] },
];

/** The command of `key` where the user is, when it would do something now. */
export function commandOf(state: State, key: string): Command | undefined {
  return workingBindings(state).find((binding) => binding.keys.includes(key))?.command;
}

/**
 * The keys that work now and have a short text; neighbours with the same text share one hint. What any user finds
 * without being told gives way first where not all have room.
 */
export function hintsOf(state: State): readonly Hint[] {
  const hints: Hint[] = [];
  for (const { command, keys } of workingBindings(state)) {
    const text = words.commands[command].short;
    const key = keyLabel(keys[0] ?? '');
    const last = hints.at(-1);
    if (text === '') continue;
    if (last?.text === text) hints[hints.length - 1] = { key: `${last.key}/${key}`, text };
    else hints.push({ key, text });
  }
  for (const command of ['up', 'hide names', 'find', 'open', 'show names'] as const) {
    if (widthOf(hints) <= state.size.columns) break;
    const index = hints.findIndex(({ text }) => text === words.commands[command].short);
    if (index >= 0) hints.splice(index, 1);
  }
  return hints;
}

/** What scrolls where the user is; the help is the key table in words, and what the signs mean. */
export function areaOf(state: State): Area {
  if (state.place.name !== 'help') return scrollArea(state);
  const last = ['', ` ${words.helpGlyphs}`, ` ${words.helpSafe}`].map((text) => line(text));
  return { lines: [...helpLines(), ...last], rows: Math.max(1, screenRows(state.size) - 6) };
}

/** One line for all keys that do the same. */
export function helpLines(): readonly Line[] {
  const byHelp = Map.groupBy(bindings, ({ command }) => words.commands[command].help);
  return [...byHelp].map(([help, same]) => {
    const first = same.map(({ keys }) => keys[0] ?? '');
    const labels = [...first, ...same.flatMap(({ keys }) => keys.slice(1))].map(keyLabel);
    return line(` ${padEnd([...new Set(labels)].join(' '), 22)}  ${help}`);
  });
}

function widthOf(hints: readonly Hint[]): number {
  return hints.reduce((width, { key, text }) => width + key.length + text.length + 3, 0);
}

function workingBindings(state: State): readonly Binding[] {
  return bindings.filter(
    ({ places, when }) => places.includes(state.place.name) && (when?.(state) ?? true),
  );
}

function keyLabel(key: string): string {
  return words.keyNames[key] ?? key;
}
