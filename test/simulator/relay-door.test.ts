import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { serve } from './relay-door.ts';

test('a handler hears the end of its request, whatever was collected as garbage meanwhile', {
  skip: 'Deno' in globalThis,
}, async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const gone = new AbortController();
  let hasHeard = false;
  const door = {
    handler: (request: Request) => {
      request.signal.addEventListener('abort', () => {
        hasHeard = true;
      });
      return new Promise<Response>(() => undefined);
    },
  };
  const wanted = {
    method: 'GET',
    path: '/v1/mailboxes',
    answerSizeBytes: 1,
    deadlineMs: 1,
  } as const;
  void serve(door, { ...wanted, signal: gone.signal }, 0, gone.signal);
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  gone.abort();
  assert.ok(hasHeard);
});
