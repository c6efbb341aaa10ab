import type { CallerVerdict, ShownCaller } from '#appliance/api/contract-callers.ts';
import { sanitize } from '#sync/core/sanitize.ts';
import { words } from '../words/en.ts';
import type { Step } from './event.ts';
import { noted, warned } from './note.ts';
import type { Place, State } from './state.ts';

export type DevicesPlace = Extract<Place, { readonly name: 'devices' }>;

/** Longest name of a person, characters. */
const longestName = 40;
/** Shorter is no name. */
const shortestName = 2;

export function openDevices(state: State): Step {
  const place: Place = { name: 'devices', cursor: 0, naming: undefined };
  return { state: { ...state, place, devices: undefined }, effect: { type: 'load devices' } };
}

/** The device under the cursor. */
export function deviceAtCursor({ place, devices }: State): ShownCaller | undefined {
  return place.name === 'devices' ? devices?.[cursorOf(place, devices)] : undefined;
}

/** The cursor, kept on a row when the list became shorter. */
export function cursorOf(
  { cursor }: DevicesPlace,
  devices: readonly ShownCaller[] | undefined,
): number {
  return Math.max(0, Math.min(cursor, (devices?.length ?? 0) - 1));
}

export function movedInDevices(state: State, place: DevicesPlace, rows: number): State {
  const limit = Math.max(0, (state.devices?.length ?? 0) - 1);
  const from = cursorOf(place, state.devices);
  return { ...state, place: { ...place, cursor: Math.max(0, Math.min(limit, from + rows)) } };
}

/** Asks for the name of the person who decides; nothing is decided yet. */
export function askName(state: State, verdict: CallerVerdict['verdict']): Step {
  const device = deviceAtCursor(state);
  if (state.place.name !== 'devices' || !device) return { state };
  const naming = { verdict, aeTitle: device.aeTitle, address: device.address, by: '' };
  return { state: { ...state, place: { ...state.place, naming } } };
}

/** A key while the name is typed: Enter decides, Esc leaves all as it was. */
export function nameKey(state: State, place: DevicesPlace, key: string): Step {
  const { naming } = place;
  if (!naming) return { state };
  const stay = (by: string): Step => ({
    state: { ...state, place: { ...place, naming: { ...naming, by } } },
  });
  if (key === 'esc') return { state: { ...state, place: { ...place, naming: undefined } } };
  if (key === 'backspace') return stay([...naming.by].slice(0, -1).join(''));
  if (key !== 'enter') {
    const isText = [...key].length === 1 && [...naming.by].length < longestName;
    return isText ? stay(naming.by + sanitize(key)) : { state };
  }
  const by = naming.by.trim();
  if (by.length < shortestName) return { state: warned(state, words.devices.noName) };
  return {
    state: noted({ ...state, place: { ...place, naming: undefined } }, words.devices.deciding),
    effect: { type: 'decide', verdict: { ...naming, by } },
  };
}

/** The box keeps the decision: the list is asked for again. */
export function decided(state: State, { aeTitle, verdict }: CallerVerdict): Step {
  const text = words.devices.decided(aeTitle, verdict);
  return { state: noted(state, text), effect: { type: 'load devices' } };
}
