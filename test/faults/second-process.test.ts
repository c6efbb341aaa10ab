import assert from 'node:assert/strict';
import { test } from 'node:test';
import { syntheticStudy } from '../support/synthetic-ct.ts';
import { makeBox, told } from './box.ts';

test('F18: a second box on the same data is refused by name, and the first goes on', async (t) => {
  const box = await makeBox(t);
  const first = await box.start();
  const { code, said } = await box.refused();
  assert.equal(code, 69);
  assert.match(said, new RegExp(`catalog\\.db.*process ${first.pid} holds it`));
  assert.match(said, /Stop the other process/);
  const study = syntheticStudy({ seed: 18, slices: 1, rows: 64 });
  assert.deepEqual(told(await first.send(study)), ['stored']);
});
