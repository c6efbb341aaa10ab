import assert from 'node:assert/strict';
import { test } from 'node:test';
import { syntheticStudy } from '../support/synthetic-ct.ts';
import { makeBox, told } from './box.ts';
import { openFaultRoad } from './road.ts';

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

test('F18: a second agent, relay or center is refused as clearly', async (t) => {
  const { road } = await openFaultRoad(t);
  for (const [name, code] of [
    ['boxAgent', 'folder/busy'],
    ['relay', 'database/busy'],
    ['center', 'database/busy'],
  ] as const) {
    const second = road.start(name);
    const said: Readonly<Record<string, unknown>>[] = [];
    second.onLine((line) => said.push(line));
    assert.equal(await second.ended, 69, name);
    const told = said.find(({ event }) => event === code);
    assert.match(String(told?.['message']), /process \d+ (holds it|works there)/, name);
  }
});
