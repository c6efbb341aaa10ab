import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import { startByHand } from '#provisioning/verify/hand-start.ts';

test('a program that is started by hand sees nothing of the shell of the engineer, like a service', async (t) => {
  process.env['OUTPOST_OF_A_SHELL'] = 'set';
  t.after(() => delete process.env['OUTPOST_OF_A_SHELL']);
  const script = `[ -z "$OUTPOST_OF_A_SHELL" ] && echo '"event":"ready"' && exec sleep 60`;
  const started = await startByHand(['sh', '-c', script]);
  assert.ok(typeof started === 'object', String(started));
  await started.stop();
});

test('one that ends tells its last words', async () => {
  assert.equal(await startByHand(['sh', '-c', 'echo first; echo last']), 'last');
});
