import '../virtual-files.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import type { Life } from '../life.ts';
import { createTimeline } from '../timeline.ts';
import { createMachineDisk, type MachineDisk, mount, unmountAll } from './mount.ts';

// After the exchange of the file system: what is imported above has the real one.
const { arrivalOf, datasetOf, recordsOf, storeInstance } = await import(
  '#test/support/segments.ts'
);
const { openSegmentStore } = await import('#appliance/adapters/segment-store.ts');

const life: Pick<Life, 'write' | 'now' | 'look' | 'isOver' | 'fault'> = {
  isOver: () => false,
  fault: () => undefined,
  write: async (_, effect) => effect(),
  now: async (_, effect) => effect(),
  look: (effect) => effect(),
};

const openOn = (machine: MachineDisk) =>
  openSegmentStore(
    `${mount(machine, life as Life)}/data/segments`,
    { lanes: 1, reserveBytes: 0 },
    silentLog,
  );

test('a power cut around the cut of a given-up instance takes no acknowledged one', async () => {
  const lengths = new Set<string>();
  for (let seed = 0; seed < 40; seed++) {
    const timeline = createTimeline(seed);
    const machine = createMachineDisk(timeline, ['data']);
    const store = await openOn(machine);
    const acknowledged = [expectOk(await storeInstance(store, 1, datasetOf(1, 1_000)))];
    const writer = expectOk(await store.begin(arrivalOf(2)));
    if (!writer.write(datasetOf(2, 5_000_000))) await writer.drained();
    writer.abort();
    // The lane is free only after the cut; every other time the power goes before anything else is written.
    const next = expectOk(await store.begin(arrivalOf(3)));
    next.abort();
    if (seed % 2 === 1)
      acknowledged.push(expectOk(await storeInstance(store, 4, datasetOf(4, 500))));
    machine.disk.powerCut(timeline.chance);
    const again = await openOn(machine);
    assert.deepEqual(await recordsOf(again), acknowledged, `seed ${seed}`);
    lengths.add(again.tornTails() > 0 ? 'torn' : 'clean');
    unmountAll();
  }
  assert.deepEqual([...lengths].sort(), ['clean', 'torn'], 'the cut was undone and kept');
});
