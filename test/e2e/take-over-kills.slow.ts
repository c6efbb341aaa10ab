import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { failpointNames } from '#sync/core/failpoint.ts';
import { brokenBox } from '#test/support/broken-box.ts';
import { createLiveBox } from '#test/support/live-box.ts';

const steps = failpointNames.filter((name) => name.startsWith('take-over-'));

test('a take-over killed at each durable step and run again brings everything once', async (t) => {
  const old = await brokenBox(t);
  await mkdir(join(old.dir, 'keys'));
  await writeFile(join(old.dir, 'keys/identity.seed'), '07'.repeat(32), { mode: 0o600 });
  const box = await createLiveBox(t);
  const takeOver = ['take-over', '--from', old.dir, '--json'];
  const undisturbed = await box.run(...takeOver);
  assert.equal(undisturbed.code, 0, undisturbed.output);
  const expected: unknown = JSON.parse(undisturbed.output);

  for (const step of steps) {
    await rm(box.dataDir, { recursive: true });
    assert.equal(await box.die(step, ...takeOver), 'SIGKILL', step);
    const again = await box.run(...takeOver);
    assert.equal(again.code, 0, `${step}: ${again.output}`);
    assert.deepEqual(JSON.parse(again.output), expected, step);
  }
  const verified = await box.run('verify', '--json');
  assert.equal(verified.code, 0, verified.output);
});
