import { useInput } from 'ink';
import { type ReactElement, useSyncExternalStore } from 'react';
import type { Store } from '../model/store.ts';
import { keysOf } from './keys.ts';
import { screen } from './screen.ts';

/** The live screen: draws each state of the store, and tells it every key. */
export function App({ store, nowMs }: { store: Store; nowMs: () => number }): ReactElement {
  const state = useSyncExternalStore(store.subscribe, store.state);
  useInput((input, pressed) => {
    for (const key of keysOf(input, pressed)) store.dispatch({ type: 'key', key, atMs: nowMs() });
  });
  return screen(state);
}
