import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinSignals, waitFor } from '#sync/core/signals.ts';

/** Counts the listeners that are on a signal now. */
function countedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (type: string, listener: () => void) => {
    listeners.add(listener);
    add(type, listener);
  };
  signal.removeEventListener = (type: string, listener: () => void) => {
    listeners.delete(listener);
    remove(type, listener);
  };
  return { controller, signal, listeners };
}

test('aborts with the first of its sources and leaves all of them', () => {
  const [long, short] = [countedSignal(), countedSignal()];
  const { signal } = joinSignals(long.signal, short.signal);
  assert.deepEqual([long.listeners.size, short.listeners.size], [1, 1]);
  assert.equal(signal.aborted, false);
  short.controller.abort();
  assert.equal(signal.aborted, true);
  assert.deepEqual([long.listeners.size, short.listeners.size], [0, 0]);
});

test('is aborted from the start when a source is, and listens to nobody', () => {
  const long = countedSignal();
  assert.equal(joinSignals(long.signal, AbortSignal.abort()).signal.aborted, true);
  assert.equal(long.listeners.size, 0);
});

test('released, it hears of nothing more', () => {
  const long = countedSignal();
  const { signal, release } = joinSignals(long.signal);
  release();
  release();
  long.controller.abort();
  assert.equal(signal.aborted, false);
  assert.equal(long.listeners.size, 0);
});

test('a wait ends with the first signal, and none keeps a listener', async () => {
  const [long, short] = [countedSignal(), countedSignal()];
  const clock = {
    wait: (_ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
  };
  const waiting = waitFor(clock, 60_000, long.signal, short.signal);
  short.controller.abort();
  await waiting;
  assert.deepEqual([long.listeners.size, short.listeners.size], [0, 0]);
});
