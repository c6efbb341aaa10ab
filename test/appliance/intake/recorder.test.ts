import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRecorder } from '#appliance/intake/recorder.ts';
import type { BoxFact } from '#appliance/store/facts.ts';
import { silentLog } from '#sync/core/log.ts';
import { ok } from '#sync/core/result.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

const register: BoxFact = {
  ...{ fact: 'register', atMs: 1, packId: '1'.repeat(64), register: 'r', version: 1, body: '{}' },
};
const custody: BoxFact = { fact: 'custody', atMs: 1, packId: '1'.repeat(64), relay: 'relay-1' };

test('a register is told once it is in the catalog, before its fact counts as recorded', async () => {
  const happened: string[] = [];
  const recorder = createRecorder(
    {
      facts: { append: async () => ok({ file: 'facts-1', offset: 1 }) },
      catalog: {
        apply: async () => {
          happened.push('applied');
          return ok(undefined);
        },
      },
      clock: createVirtualClock(),
      log: silentLog,
      onBroken: () => undefined,
      onRegister: async () => void happened.push('told'),
    },
    new AbortController().signal,
  );
  await recorder.record([custody]);
  await recorder.record([custody, register]);
  happened.push('recorded');
  assert.deepEqual(happened, ['applied', 'applied', 'told', 'recorded']);
});
