import type { State } from './state.ts';

/** The state with the outcome of an action on its alert line. */
export function noted(state: State, text: string): State {
  return { ...state, note: { text, isTrouble: false } };
}

/** The same for what did not work, or was not done. */
export function warned(state: State, text: string): State {
  return { ...state, note: { text, isTrouble: true } };
}
