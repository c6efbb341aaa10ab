import type { StudyDetail } from '#appliance/api/contract.ts';
import { words } from '../words/en.ts';
import { answered, failed, oneAtATime } from './acting.ts';
import { addressed, addressKey } from './address.ts';
import { run } from './commands.ts';
import { withSeen } from './critical.ts';
import { decided, nameKey } from './devices.ts';
import type { Event, Step } from './event.ts';
import { findKey } from './find.ts';
import { commandOf } from './keymap.ts';
import { settled, untouched, withStudies } from './list.ts';
import { noted } from './note.ts';
import { wordsCompared, wordsKey } from './pairing.ts';
import { prioritised } from './priority.ts';
import type { Size, State } from './state.ts';
import { cutStart } from './text-width.ts';

/** Nobody pressed a key for so long: names are hidden, the list goes back to its start. */
export const idleMs = 5 * 60_000;

/** And for so long: any other screen goes back to the list, where alarms are seen. */
export const homeMs = 15 * 60_000;

/** Longer than a call of the box takes; then the alert line is for alarms again. */
export const noteMs = 30_000;

/** The one place where the state changes. Pure: the same state and event give the same step. */
export function update(state: State, event: Event): Step {
  switch (event.type) {
    case 'key': {
      const pressed = { ...state, note: undefined, lastKeyMs: event.atMs };
      const step = oneAtATime(state, looking(state, onKey(pressed, event.key)));
      return { ...step, state: withSeen(step.state) };
    }
    case 'size':
      return { state: settled({ ...state, size: event.size }) };
    case 'status': {
      const next = { ...state, status: event.status, silence: undefined };
      return looking(state, missing(rested(next, event.atMs)));
    }
    case 'silence':
      return looking(state, { state: rested({ ...state, silence: event.silence }, event.atMs) });
    case 'studies':
      return reloaded(withStudies({ ...state, isListOld: false }, event.list));
    case 'no list':
      return { state: { ...state, isListOld: true } };
    case 'detail':
      return { state: withDetail(state, event.studyInstanceUid, event.detail) };
    case 'devices':
      return { state: { ...state, devices: event.devices } };
    case 'decided':
      return decided(answered(state), event.verdict);
    case 'prioritised':
      return prioritised(answered(state), event.priority);
    case 'words compared':
      return wordsCompared(answered(state), event.isRight, event.text);
    case 'addressed':
      return addressed(answered(state), event);
    case 'tried':
      return { state: answered(state) };
    case 'exported':
      return { state: noted(answered(state), exportedText(event.path, state.size)) };
    case 'failed':
      return { state: failed(state, event.action, event.why) };
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

/** What time does to a screen that nobody touches: what the last person did gives way to what the next one needs. */
function rested(state: State, atMs: number): State {
  const quietMs = atMs - state.lastKeyMs;
  if (quietMs < noteMs) return state;
  const quiet = state.note && !state.isActing ? { ...state, note: undefined } : state;
  if (quietMs < idleMs) return quiet;
  const hidden = { ...quiet, areNamesHidden: true };
  if (state.place.name !== 'list' && quietMs < homeMs) return hidden;
  return untouched({ ...hidden, place: { name: 'list' }, view: 'all', find: undefined });
}

/** What an open screen asked for and did not get is asked for again. */
function missing(state: State): Step {
  const { place, devices, detail } = state;
  if (place.name === 'devices') return devices ? { state } : reloaded(state);
  return detail ? { state } : reloaded(state);
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
