import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rebuildLedger } from '#sync/center/rebuild.ts';
import {
  createCenterWorld,
  dataOf,
  joinBox,
  manifestOf,
  studyUidOf,
} from '../../support/center-world.ts';
import { createMemoryLedger } from '../../support/ledger-memory.ts';
import { syntheticStudy } from '../../support/synthetic-ct.ts';

const slices = syntheticStudy({ seed: 21, slices: 3, rows: 32 });
const study = studyUidOf(slices);

test('a rebuild that is cut short begins anew at the next start', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await box.send('manifest', manifestOf(slices, 1, false));
  await box.send('data', dataOf(slices));
  await world.settle();
  const ledger = createMemoryLedger();
  let left = 1;
  const record: typeof ledger.record = async (entry) => {
    if (left-- === 0) throw new Error('killed');
    await ledger.record(entry);
  };
  await assert.rejects(rebuildLedger({ ...world.ports, ledger: { ...ledger, record } }), /killed/);
  assert.equal(await rebuildLedger({ ...world.ports, ledger }), 2);
  assert.deepEqual(await ledger.counts(), await world.ports.ledger.counts());
});

test('a lost ledger is rebuilt from the files: same studies, same states, nothing delivered twice', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await box.send('manifest', manifestOf(slices, 1, false));
  await box.send('data', dataOf(slices));
  await box.send('manifest', manifestOf(slices, 2));
  await world.settle();
  const before = await world.ports.ledger.counts();
  const ledger = createMemoryLedger();
  assert.equal(await rebuildLedger({ ...world.ports, ledger }), 3);
  assert.deepEqual(await ledger.counts(), before);
  assert.equal((await ledger.findStudy(study))?.box, box.identity);
  assert.equal((await ledger.unanswered()).length, 1, 'the receipt is sealed again');
  assert.equal(await rebuildLedger({ ...world.ports, ledger }), 0);
});
