import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { render } from 'ink';
import { createElement } from 'react';
import { exitCode } from '#sync/core/exit.ts';
import type { Client } from './client.ts';
import { act } from './client-actions.ts';
import { createFinder, follow } from './client-follow.ts';
import { newestOnly } from './client-newest.ts';
import type { Effect } from './model/event.ts';
import type { State } from './model/state.ts';
import { createStore } from './model/store.ts';
import { App } from './screens/app.ts';

/** What the screen needs from its main. */
export interface Start {
  readonly client: Client;
  readonly state: State;
  /** Folder that reports are written to. */
  readonly exportDir: string;
}

/** Shows the live screen until the user leaves it; resolves with the exit code. */
export async function start({ client, state, exportDir }: Start): Promise<number> {
  const leaving = new AbortController();
  const { signal } = leaving;
  const { stdout } = process;
  const nowMs = (): number => performance.now();

  const run = (effect: Effect): void => {
    switch (effect.type) {
      case 'load':
        load(effect.studyInstanceUid);
        break;
      case 'load devices':
        loadDevices('all');
        break;
      case 'find':
        finder.set(effect.text);
        break;
      case 'quit':
        screen.unmount();
        break;
      default:
        void act(client, effect, exportDir, signal).then(store.dispatch);
    }
  };
  const finder = createFinder();
  const store = createStore(state, run);
  const load = newestOnly(async (studyInstanceUid: string) => {
    const answer = await client.study(studyInstanceUid, signal);
    if (answer.ok) store.dispatch({ type: 'detail', studyInstanceUid, detail: answer.value });
  });
  const loadDevices = newestOnly(async (_: 'all') => {
    const answer = await client.callers(signal);
    if (answer.ok) store.dispatch({ type: 'devices', devices: answer.value.callers });
  });
  const onResize = (): void => {
    store.dispatch({ type: 'size', size: { columns: stdout.columns, rows: stdout.rows } });
  };

  stdout.on('resize', onResize);
  const screen = render(createElement(App, { store, nowMs }), {
    alternateScreen: true,
    incrementalRendering: true,
    patchConsole: false,
    interactive: true,
  });
  const following = follow(client, { dispatch: store.dispatch, nowMs, finder }, signal);
  await screen.waitUntilExit();
  stdout.off('resize', onResize);
  leaving.abort();
  await following;
  return exitCode.ok;
}
