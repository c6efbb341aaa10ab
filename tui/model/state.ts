import type { Status, StudyDetail, StudyRow } from '#appliance/api/contract.ts';
import type { CallerVerdict, ShownCaller } from '#appliance/api/contract-callers.ts';
import type { Calendar } from './time.ts';

/** What the terminal can show; found out once by `terminal.ts`. */
export interface Looks {
  readonly hasColor: boolean;
  /** False: everything beyond ASCII is replaced before it is drawn. */
  readonly isUtf8: boolean;
  /** Box-drawing rules instead of `-`. */
  readonly hasLines: boolean;
}

/** Size of the terminal in characters. The screen uses `rows - 1` of them (Ink redraws all otherwise). */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The four views of the list, chosen by the keys 1 to 4. */
export const views = ['all', 'needs help', 'on the way', 'delivered'] as const;
export type View = (typeof views)[number];

/** Where the user is. Enter goes one in, Esc one out; the list keeps its place below. */
export type Place =
  | { readonly name: 'list' }
  | { readonly name: 'study'; readonly studyInstanceUid: string; readonly scroll: number }
  | {
      readonly name: 'report';
      readonly studyInstanceUid: string;
      /** `reportKey` of the report. */
      readonly reportKey: string;
      readonly scroll: number;
    }
  | { readonly name: 'problems'; readonly scroll: number }
  | {
      readonly name: 'devices';
      readonly cursor: number;
      /** The decision whose name is being typed. */
      readonly naming: CallerVerdict | undefined;
    }
  | {
      readonly name: 'address';
      readonly studyInstanceUid: string;
      readonly from: Place;
      readonly cursor: number;
      /** The name that is being typed; undefined: a center is being chosen. */
      readonly by: string | undefined;
    }
  /** The words of a pairing are typed. */
  | { readonly name: 'words'; readonly typed: string }
  | { readonly name: 'help'; readonly from: Place; readonly scroll: number };

/** Why the box's program gives no answer that can be shown. */
export type Silence = 'no-answer' | 'no-permission' | 'other-version';

/** The outcome of the last action, shown on the alert line until the next key. */
export interface Note {
  readonly text: string;
  readonly isTrouble: boolean;
}

export interface Find {
  readonly text: string;
  /** True while the keys go into the text. */
  readonly isTyping: boolean;
}

/** All that the screen shows, and nothing it does not. */
export interface State {
  readonly size: Size;
  readonly looks: Looks;
  readonly calendar: Calendar;
  /** The last answer of the box; kept while it is silent. */
  readonly status: Status | undefined;
  readonly silence: Silence | undefined;
  /** The box answers, but not for its studies: they are as they were. */
  readonly isListOld: boolean;
  /** All studies in the order of the list. */
  readonly studies: readonly StudyRow[];
  /** Studies of the box that are not among them. */
  readonly older: number;
  readonly revision: number | undefined;
  readonly view: View;
  readonly find: Find | undefined;
  /** The study under the cursor. Undefined: untouched, the cursor rests on the first row. */
  readonly cursor: string | undefined;
  /** The row under the cursor as it was when the cursor came to it: it keeps its place in the order so long. */
  readonly held: StudyRow | undefined;
  /** Index of the first list row on the screen. */
  readonly top: number;
  readonly place: Place;
  /** The study of the place, when it has come. */
  readonly detail: StudyDetail | undefined;
  /** Devices that called, when they have come. */
  readonly devices: readonly ShownCaller[] | undefined;
  readonly areNamesHidden: boolean;
  /** Critical reports that were read on this screen; an alarm no more. */
  readonly seen: ReadonlySet<string>;
  readonly note: Note | undefined;
  /** An action was handed to the box and is not answered yet: no other one till then. */
  readonly isActing: boolean;
  /** Milliseconds since the start of the program. */
  readonly lastKeyMs: number;
}

/** The state before the first answer. */
export function initialState(
  size: Size,
  looks: Looks,
  calendar: Calendar,
  areNamesHidden = false,
): State {
  return {
    size,
    looks,
    calendar,
    status: undefined,
    silence: undefined,
    isListOld: false,
    studies: [],
    older: 0,
    revision: undefined,
    view: 'all',
    find: undefined,
    cursor: undefined,
    held: undefined,
    top: 0,
    place: { name: 'list' },
    detail: undefined,
    devices: undefined,
    areNamesHidden,
    seen: new Set(),
    note: undefined,
    isActing: false,
    lastKeyMs: 0,
  };
}

/** Columns and rows below which the screen shows one sentence instead. */
export const smallest: Size = { columns: 80, rows: 20 };

export function isTooSmall(size: Size): boolean {
  return size.columns < smallest.columns || size.rows < smallest.rows;
}

/** Rows that a screen fills; the last one of the terminal stays empty. */
export function screenRows(size: Size): number {
  return size.rows - 1;
}

/** Rows of the list between the head of the table and the line below it. */
export function listRows(size: Size): number {
  return Math.max(1, screenRows(size) - 11);
}
