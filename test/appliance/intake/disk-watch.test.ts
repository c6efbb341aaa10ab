import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDiskWatch, type DiskTrouble } from '#appliance/intake/disk-watch.ts';
import { fault } from '#sync/core/fault.ts';
import { fail, ok } from '#sync/core/result.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

/** A disk whose answers a test sets, watched on a clock that a test moves. */
function createWorld() {
  const clock = createVirtualClock();
  const stop = new AbortController();
  const broken: string[] = [];
  const changes: (DiskTrouble | undefined)[] = [];
  const disk = { isFull: false, isShort: false, isOutOfFiles: false, isDead: false, probes: 0 };
  const watch = createDiskWatch({
    store: { space: async () => ({ freeBytes: 40, totalBytes: 100, isFull: disk.isFull }) },
    disk: {
      room: async () => disk,
      probe: async () => {
        disk.probes++;
        return disk.isDead ? fail(fault('store/io', 'EIO', 'Check the disk')) : ok(undefined);
      },
    },
    clock,
    onBroken: (message) => broken.push(message),
  });
  const running = watch.run(stop.signal, () => changes.push(watch.trouble()));
  const pass = async (seconds: number): Promise<void> => {
    for (let at = 0; at < seconds; at += 2) {
      while (clock.waiting() === 0) await new Promise(setImmediate);
      clock.advance(2_000);
    }
    while (clock.waiting() === 0) await new Promise(setImmediate);
  };
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  return { watch, disk, broken, changes, pass, end };
}

test('each trouble of the disk is seen within seconds and is over when it is over', async () => {
  const { watch, disk, changes, pass, end } = createWorld();
  await pass(2);
  assert.equal(watch.trouble(), undefined);
  assert.equal(watch.usedPercent(), 60);
  disk.isOutOfFiles = true;
  await pass(2);
  disk.isFull = true;
  await pass(2);
  Object.assign(disk, { isFull: false, isOutOfFiles: false, isShort: true });
  await pass(2);
  assert.ok(watch.isShort(), 'intake stays closed while the ballast is gone');
  disk.isShort = false;
  await pass(2);
  await end();
  assert.deepEqual(changes, ['files', 'full', undefined]);
});

test('a store that found no room closes intake until the next look', async () => {
  const { watch, pass, end } = createWorld();
  await pass(2);
  watch.found();
  assert.equal(watch.trouble(), 'full');
  await pass(2);
  assert.equal(watch.trouble(), undefined);
  await end();
});

test('a disk that died under an idle box is found within half a minute', async () => {
  const { disk, broken, pass, end } = createWorld();
  await pass(20);
  assert.equal(disk.probes, 0, 'a look alone writes nothing');
  disk.isDead = true;
  await pass(12);
  assert.deepEqual(broken, ['EIO']);
  await end();
});
