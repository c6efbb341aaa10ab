import assert from 'node:assert/strict';
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { InstanceList } from '#appliance/api/contract.ts';
import { failpoints } from '#sync/core/failpoint.ts';
import { ask } from '#test/demo/socket-client.ts';
import { type BoxWorld, openBoxWorld } from '#test/support/box-world.ts';
import { createLiveBox } from '#test/support/live-box.ts';
import { receiptFor, seal, slices } from '#test/support/road.ts';

const retention = { days: 1e-9, everyS: 1 };

for (const step of failpoints['segment-reclaim']) {
  test(`killed at segment-reclaim/${step}, a box loses nothing and ends with the room given back`, async (t) => {
    const world = await openBoxWorld(t);
    const waiting = await mostlyDead(world);
    const box = await createLiveBox(t);
    await cp(world.dataDir, box.dataDir, { recursive: true });
    await box.configure({ retention });
    assert.equal(await box.die(`segment-reclaim/${step}`, 'appliance'), 'SIGKILL');
    // What the catalog knew is made anew: only segments and facts decide.
    await rm(join(box.dataDir, 'catalog.db'));
    const { child, ended } = await box.start();
    const held = await untilGivenBack(box.socket, box.dataDir);
    const states = held.map(({ state }) => state).toSorted();
    assert.deepEqual(states, [...Array(8).fill('purged'), 'stored', 'stored']);
    child.kill('SIGTERM');
    await ended;
    const verified = await box.run('verify', '--json');
    assert.equal(verified.code, 0, verified.output);
    const target = join(box.dir, 'export');
    const exported = await box.run('export', '--all', '--to', target, '--json');
    assert.equal((JSON.parse(exported.output) as { exported: number }).exported, 2);
    assert.equal(waiting, 2);
  });
}

/** A delivered study and a small one that waits in the same segment, and a newer segment behind it. */
async function mostlyDead(world: BoxWorld): Promise<number> {
  const big = slices(8);
  const { packId } = await seal(world, big);
  await world.giveCustody();
  await world.countCustody();
  await world.bring('receipt', receiptFor(big, packId));
  await world.takeIn();
  await world.receive(slices(1, 5));
  await world.stop();
  await world.start();
  await world.receive(slices(1, 6));
  await world.folder().store.close();
  return 2;
}

async function untilGivenBack(socket: string, dataDir: string) {
  for (let tries = 0; tries < 600; tries++) {
    const list = await ask<InstanceList>(socket, '/v1/instances');
    const names = await readdir(join(dataDir, 'segments'));
    const isPurged = list?.instances.some(({ state }) => state === 'purged');
    if (list && isPurged && !names.includes('lane-0-0000001.seg')) return list.instances;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('The room was not given back');
}
