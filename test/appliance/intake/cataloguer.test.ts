import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cataloguer, createCataloguer } from '#appliance/intake/cataloguer.ts';
import type { Catalog, CatalogEntry } from '#appliance/ports-catalog.ts';
import { fault } from '#sync/core/fault.ts';
import { fail, ok } from '#sync/core/result.ts';
import { createVirtualClock, type VirtualClock } from '#test/support/clock-virtual.ts';
import { syntheticSlice } from '#test/support/synthetic-ct.ts';

test('the first instance is in the catalog at once, what follows is gathered into one group', async () => {
  const { cataloguer, clock, groups } = world();
  cataloguer.add(entry(0));
  await settled();
  assert.deepEqual(groups, [1]);
  for (let index = 1; index < 10; index++) cataloguer.add(entry(index));
  await settled();
  assert.deepEqual(groups, [1], 'a commit for each would cost the disk more than intake');
  clock.advance(250);
  await settled();
  assert.deepEqual(groups, [1, 9]);
});

test('a full group does not wait', async () => {
  const { cataloguer, groups } = world();
  cataloguer.add(entry(0));
  await settled();
  for (let index = 1; index <= 100; index++) cataloguer.add(entry(index));
  await settled();
  assert.deepEqual(groups, [1, 100]);
});

test('idle ends the gathering, so that a stop takes no longer than the catalog', async () => {
  const { cataloguer, groups } = world();
  cataloguer.add(entry(0));
  await settled();
  cataloguer.add(entry(1));
  await cataloguer.idle();
  assert.deepEqual(groups, [1, 1]);
});

test('an ended signal ends the gathering and leaves the rest to the replay', async () => {
  const { cataloguer, groups, stop } = world();
  cataloguer.add(entry(0));
  await settled();
  cataloguer.add(entry(1));
  stop.abort();
  await cataloguer.idle();
  assert.deepEqual(groups, [1]);
});

test('a broken database ends the work at once: the program must start again, and the replay mends', async () => {
  const broken: string[] = [];
  const { cataloguer } = world({
    addInstances: async () => fail(fault('database/io', 'Cannot write', 'Start it again')),
    onBroken: (message) => broken.push(message),
  });
  cataloguer.add(entry(0));
  cataloguer.add(entry(1));
  await cataloguer.idle();
  assert.deepEqual(broken, ['Cannot write']);
});

function world(
  change: {
    readonly addInstances?: Catalog['addInstances'];
    readonly onBroken?: (message: string) => void;
  } = {},
): {
  readonly cataloguer: Cataloguer;
  readonly clock: VirtualClock;
  readonly groups: readonly number[];
  readonly stop: AbortController;
} {
  const clock = createVirtualClock();
  const groups: number[] = [];
  const stop = new AbortController();
  const cataloguer = createCataloguer(
    {
      catalog: {
        addInstances:
          change.addInstances ??
          (async (entries) => {
            groups.push(entries.length);
            return ok([]);
          }),
      },
      recorder: { record: async () => ok(undefined) },
      clock,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      onAdded: () => {},
      onBroken: change.onBroken ?? (() => {}),
    },
    stop.signal,
  );
  return { cataloguer, clock, groups, stop };
}

/** All promises that can settle without the clock have. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await undefined;
}

const { attributes } = syntheticSlice({ seed: 1, slices: 1, rows: 16 }, 0);

function entry(index: number): CatalogEntry {
  const { sopClassUid, transferSyntaxUid, studyInstanceUid, seriesInstanceUid } = attributes;
  const sopInstanceUid = `2.25.${index + 1}`;
  return {
    attributes,
    record: {
      arrival: {
        arrivedAtMs: index,
        callingAeTitle: 'CT1',
        ...{ sopClassUid, sopInstanceUid, transferSyntaxUid },
      },
      segment: 'lane-0-0000001.seg',
      recordOffset: 4_096 * (index + 1),
      payloadOffset: 4_096 * (index + 1) + 512,
      payloadSizeBytes: 2_000,
      fileHeaderSizeBytes: 300,
      datasetSha256: index.toString(16).padStart(64, '0'),
      studyInstanceUid,
      seriesInstanceUid,
      nextOffset: 4_096 * (index + 2),
    },
  };
}
