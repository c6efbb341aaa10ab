import type { Effect, Event } from './event.ts';
import type { State } from './state.ts';
import { update } from './update.ts';

/** Holds the state of the screen: events go in, listeners hear of each change, effects go to whoever runs them. */
export interface Store {
  readonly state: () => State;
  readonly dispatch: (event: Event) => void;
  /** Returns how to stop listening. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** A store that starts with `state` and hands each effect to `run`, after the new state stands. */
export function createStore(state: State, run: (effect: Effect) => void): Store {
  const listeners = new Set<() => void>();
  let current = state;
  return {
    state: () => current,
    dispatch: (event) => {
      const step = update(current, event);
      if (step.state !== current) {
        current = step.state;
        for (const listener of listeners) listener();
      }
      if (step.effect) run(step.effect);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
