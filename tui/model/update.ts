import type { StudyDetail } from '#appliance/api/contract.ts';
import { words } from '../words/en.ts';
import { addressed, addressFailed, addressKey } from './address.ts';
import { run } from './commands.ts';
import { decided, nameKey } from './devices.ts';
import type { Event, Step } from './event.ts';
import { findKey } from './find.ts';
import { commandOf } from './keymap.ts';
import { settled, untouched, withStudies } from './list.ts';
import { wordsCompared, wordsKey } from './pairing.ts';
import { prioritised } from './priority.ts';
import type { Size, State } from './state.ts';
import { cutStart } from './text-width.ts';

/** Nobody pressed a key for so long: names are hidden, the list goes back to its start. */
export const idleMs = 5 * 60_000;

/** The one place where the state changes. Pure: the same state and event give the same step. */
export function update(state: State, event: Event): Step {
  switch (event.type) {
    case 'key':
      return looking(state, onKey({ ...state, note: undefined, lastKeyMs: event.atMs }, event.key));
    case 'size':
      return { state: settled({ ...state, size: event.size }) };
    case 'status':
      return { state: idled({ ...state, status: event.status, silence: undefined }, event.atMs) };
    case 'silence':
      return { state: idled({ ...state, silence: event.silence }, event.atMs) };
    case 'studies':
      return reloaded(withStudies(state, event.list));
    case 'detail':
      return { state: withDetail(state, event.studyInstanceUid, event.detail) };
    case 'devices':
      return { state: { ...state, devices: event.devices } };
    case 'decided':
      return decided(state, event.verdict);
    case 'decision failed':
      return { state: noted(state, words.devices.failed(event.why), true) };
    case 'prioritised':
      return prioritised(state, event.priority);
    case 'words compared':
      return wordsCompared(state, event.isRight, event.text);
    case 'try failed':
      return { state: noted(state, words.tryNow.failed(event.why), true) };
    case 'priority failed':
      return { state: noted(state, words.priority.failed(event.why), true) };
    case 'addressed':
      return addressed(state, event);
    case 'address failed':
      return addressFailed(state, event.why);
    case 'exported':
      return { state: noted(state, exportedText(event.path, state.size), false) };
    case 'export failed':
      return { state: noted(state, words.notes.exportFailed(event.why), true) };
  }
}

function onKey(state: State, key: string): Step {
  if (state.place.name === 'list' && state.find?.isTyping) return { state: findKey(state, key) };
  if (state.place.name === 'devices' && state.place.naming) {
    return nameKey(state, state.place, key);
  }
  if (state.place.name === 'address' && state.place.by !== undefined) {
    return addressKey(state, state.place, key);
  }
  if (state.place.name === 'words') return wordsKey(state, state.place, key);
  const command = commandOf(state, key);
  return command === undefined ? { state } : run(state, command);
}

/** Where there are older studies the box looks among them, each time the text to find changes. */
function looking(before: State, step: Step): Step {
  const text = step.state.find?.text;
  const isSame = text === before.find?.text || before.older === 0;
  return isSame || step.effect ? step : { ...step, effect: { type: 'find', text } };
}

function idled(state: State, atMs: number): State {
  if (state.areNamesHidden || atMs - state.lastKeyMs < idleMs) return state;
  const hidden = noted({ ...state, areNamesHidden: true }, words.notes.hiddenAfterIdle, false);
  return state.place.name === 'list' ? untouched(hidden) : hidden;
}

/** The open study may have changed with the list, so its steps are asked for again. */
function reloaded(state: State): Step {
  const { place } = state;
  if (place.name === 'devices') return { state, effect: { type: 'load devices' } };
  if (place.name !== 'study' && place.name !== 'report') return { state };
  return { state, effect: { type: 'load', studyInstanceUid: place.studyInstanceUid } };
}

function withDetail(state: State, uid: string, detail: StudyDetail | undefined): State {
  const { place } = state;
  const isOpen =
    (place.name === 'study' || place.name === 'report') && place.studyInstanceUid === uid;
  return isOpen ? { ...state, detail } : state;
}

/** The end of a path tells more than its start. */
function exportedText(path: string, { columns }: Size): string {
  return words.notes.exported(cutStart(path, columns - words.notes.exported('').length - 2));
}

function noted(state: State, text: string, isTrouble: boolean): State {
  return { ...state, note: { text, isTrouble } };
}
