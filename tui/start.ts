import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { render } from 'ink';
import { createElement } from 'react';
import type { CallerVerdict } from '#appliance/api/contract-callers.ts';
import { exitCode } from '#sync/core/exit.ts';
import type { Client } from './client.ts';
import { createDeeds } from './client-deeds.ts';
import { type Export, exportReport } from './client-export.ts';
import { createFinder, follow } from './client-follow.ts';
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
        void load(effect.studyInstanceUid);
        break;
      case 'export':
        void write(effect);
        break;
      case 'find':
        finder.set(effect.text);
        break;
      case 'load devices':
        void loadDevices();
        break;
      case 'decide':
        void decide(effect.verdict);
        break;
      case 'prioritise':
        void deeds.prioritise(effect);
        break;
      case 'address':
        void deeds.address(effect);
        break;
      case 'confirm words':
        void confirmWords(effect.words);
        break;
      case 'try now':
        void tryNow();
        break;
      case 'quit':
        screen.unmount();
        break;
    }
  };
  const finder = createFinder();
  const store = createStore(state, run);
  const deeds = createDeeds(client, store.dispatch, signal);

  const load = async (studyInstanceUid: string): Promise<void> => {
    const answer = await client.study(studyInstanceUid, signal);
    if (!answer.ok) return;
    store.dispatch({ type: 'detail', studyInstanceUid, detail: answer.value });
  };
  const write = async (wanted: Export): Promise<void> => {
    const result = await exportReport(client, wanted, exportDir, signal);
    store.dispatch(
      result.ok
        ? { type: 'exported', path: result.value }
        : { type: 'export failed', why: result.fault.message },
    );
  };
  const loadDevices = async (): Promise<void> => {
    const answer = await client.callers(signal);
    if (answer.ok) store.dispatch({ type: 'devices', devices: answer.value.callers });
  };
  const decide = async (verdict: CallerVerdict): Promise<void> => {
    const answer = await client.decide(verdict, signal);
    store.dispatch(
      answer.ok
        ? { type: 'decided', verdict }
        : { type: 'decision failed', why: answer.fault.message },
    );
  };
  const confirmWords = async (typed: string): Promise<void> => {
    const answer = await client.confirmWords(typed, signal);
    store.dispatch(
      answer.ok
        ? { type: 'words compared', ...answer.value }
        : { type: 'words compared', isRight: false, text: answer.fault.message },
    );
  };
  const tryNow = async (): Promise<void> => {
    const answer = await client.tryNow(signal);
    if (!answer.ok) store.dispatch({ type: 'try failed', why: answer.fault.message });
  };
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
