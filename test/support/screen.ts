import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { render } from 'ink';
import { createElement } from 'react';
import type { Effect, Event } from '#tui/model/event.ts';
import type { State } from '#tui/model/state.ts';
import { createStore, type Store } from '#tui/model/store.ts';
import { App } from '#tui/screens/app.ts';

/** What terminals send for the keys that are not characters; Esc in its unmistakable form (kitty protocol). */
const sent: Readonly<Record<string, string>> = {
  up: '\u001b[A',
  down: '\u001b[B',
  right: '\u001b[C',
  left: '\u001b[D',
  home: '\u001b[H',
  end: '\u001b[F',
  pageup: '\u001b[5~',
  pagedown: '\u001b[6~',
  enter: '\r',
  esc: '\u001b[27u',
  backspace: '\u007f',
};

/** The live screen on a terminal that is not there: `press` keys, `send` events, look at what was written. */
export function openScreen(state: State, onEffect: (effect: Effect) => void = () => {}) {
  const stdout = new FakeOutput(state.size.columns, state.size.rows);
  const stdin = new FakeInput();
  const store = createStore(state, onEffect);
  let nowMs = 0;
  const app = render(createElement(App, { store, nowMs: () => nowMs }), {
    stdout: stdout as unknown as NodeJS.WriteStream,
    stdin: stdin as unknown as NodeJS.ReadStream,
    interactive: true,
    incrementalRendering: true,
    alternateScreen: true,
    patchConsole: false,
    exitOnCtrlC: false,
    maxFps: 1_000,
  });
  return {
    store: store as Store,
    stdout,
    /** Presses keys by name, each as its own input, and waits until all is drawn. */
    async press(...keys: readonly string[]): Promise<void> {
      for (const key of keys) {
        stdin.write(sent[key] ?? key);
        await app.waitUntilRenderFlush();
      }
    },
    async send(...events: readonly Event[]): Promise<void> {
      for (const event of events) store.dispatch(event);
      await app.waitUntilRenderFlush();
    },
    async resize(columns: number, rows: number): Promise<void> {
      stdout.columns = columns;
      stdout.rows = rows;
      stdout.emit('resize');
      store.dispatch({ type: 'size', size: { columns, rows } });
      await app.waitUntilRenderFlush();
    },
    passTime: (ms: number): void => {
      nowMs += ms;
    },
    drawn: () => app.waitUntilRenderFlush(),
    async close(): Promise<void> {
      app.unmount();
      await app.waitUntilExit();
    },
  };
}

/** Keeps what was written since the last `take`. */
class FakeOutput extends EventEmitter {
  readonly isTTY = true;
  columns: number;
  rows: number;
  #written = '';

  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string, done?: unknown): boolean {
    this.#written += text;
    if (typeof done === 'function') done();
    return true;
  }

  take(): string {
    const text = this.#written;
    this.#written = '';
    return text;
  }
}

class FakeInput extends PassThrough {
  readonly isTTY = true;
  setRawMode(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
