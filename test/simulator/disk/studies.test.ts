import '../virtual-files.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerEntry } from '#sync/center/rows.ts';
import { seededBytes } from '../../support/pack-bytes.ts';
import type { Life } from '../life.ts';
import { createTimeline } from '../timeline.ts';
import { createMachineDisk, type MachineDisk, mount, unmountAll } from './mount.ts';

const { createStudyStore } = await import('#sync/adapters/study-store-folder.ts');

const life: Pick<Life, 'write' | 'now' | 'look' | 'isOver' | 'fault'> = {
  isOver: () => false,
  fault: () => undefined,
  write: async (_, effect) => effect(),
  now: async (_, effect) => effect(),
  look: (effect) => effect(),
};
const study = '2.25.1';
const openOn = (machine: MachineDisk) => createStudyStore(`${mount(machine, life as Life)}/data`);

/** What 40 power cuts leave after a run that was killed before the fsync of its folder, and another that found the name. */
async function afterwards<T>(
  first: (store: ReturnType<typeof openOn>) => Promise<unknown>,
  second: (store: ReturnType<typeof openOn>) => Promise<unknown>,
  look: (store: ReturnType<typeof openOn>) => Promise<T>,
): Promise<readonly T[]> {
  const seen: T[] = [];
  for (let seed = 0; seed < 40; seed++) {
    const timeline = createTimeline(seed);
    const machine = createMachineDisk(timeline, ['data']);
    const isKilled = { isForgotten: (what: 'file' | 'folder') => what === 'folder' };
    await first(openOn({ ...machine, mistakes: isKilled }));
    await second(openOn(machine));
    machine.disk.powerCut(timeline.chance);
    seen.push(await look(openOn(machine)));
    unmountAll();
  }
  return seen;
}

test('an object whose name a killed run gave is durable before anything rests on it', async () => {
  const objects = [{ datasetSha256: 'ab', part10: seededBytes('object', 5_000) }];
  const put = (store: ReturnType<typeof openOn>) => store.putObjects(study, objects);
  const isThere = async (store: ReturnType<typeof openOn>) =>
    (await store.findObject(study, 'ab')) !== undefined;
  assert.deepEqual(new Set(await afterwards(put, put, isThere)), new Set([true]));
  const found = await afterwards(put, (store) => store.readHead(study, 'ab'), isThere);
  assert.deepEqual(new Set(found), new Set([true]), 'found by its head');
});

test('a ledger is rebuilt from entries that stay', async () => {
  const entry = { pack: { packId: 'cd', takenAt: '2026-11-29' }, instances: [] };
  const entriesOf = async (store: ReturnType<typeof openOn>): Promise<number> => {
    let count = 0;
    for await (const _ of store.entries()) count++;
    return count;
  };
  const left = await afterwards(
    (store) => store.putEntry(entry as unknown as LedgerEntry),
    entriesOf,
    entriesOf,
  );
  assert.deepEqual(new Set(left), new Set([1]));
});
