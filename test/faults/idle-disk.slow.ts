import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeBox } from './box.ts';
import { inject, skipInjection } from './strace.ts';

test('F07, I9: an idle box finds within a minute that its disk died', {
  skip: skipInjection,
}, async (t) => {
  const box = await makeBox(t);
  const running = await box.start();
  const paths = [join(box.dataDir, 'probe')];
  await inject(t, running.pid, { calls: 'fdatasync', rule: 'error=EIO', paths });
  const fromMs = performance.now();
  assert.equal(await running.program.ended, 75);
  assert.ok(performance.now() - fromMs < 40_000, 'a new start still fits into the minute');
});
