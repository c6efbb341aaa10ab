import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Status } from '#appliance/api/contract.ts';
import { startOutpost } from '../demo/program.ts';
import { ask } from '../demo/socket-client.ts';
import { syntheticStudy } from '../support/synthetic-ct.ts';
import { openFaultRoad } from './road.ts';

const library = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)
  .find((path) => existsSync(path));
const skip = library === undefined ? 'the Debian package faketime is not installed' : false;

test('F19: a wall clock that jumps by days and years holds nothing up', { skip }, async (t) => {
  const { road, send, delivered } = await openFaultRoad(t, []);
  const { site } = road;
  const time = join(site.root, 'time.txt');
  const jump = async (to: string): Promise<void> => {
    await writeFile(`${time}.next`, `${to}\n`);
    await rename(`${time}.next`, time);
  };
  await jump('+0');
  const env = {
    LD_PRELOAD: library ?? '',
    FAKETIME_TIMESTAMP_FILE: time,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
  for (const [name, config] of [
    ['appliance', site.config.appliance],
    ['agent', site.config.boxAgent],
  ] as const) {
    const program = startOutpost(name, [name, '--config', config], site.logDir, 'node', env);
    t.after(() => program.stop('SIGKILL'));
    await program.ready;
  }
  for (const [seed, to] of ['+0', '-3d', '+400d', '@1970-01-02 00:00:00'].entries()) {
    await jump(to);
    const study = syntheticStudy({ seed: 190 + seed, slices: 2, rows: 64 });
    await send(study);
    await delivered(study, 60_000);
    const year = (await ask<Status>(site.applianceSocket, '/v1/status'))?.nowAt.slice(0, 4);
    if (to.startsWith('@')) assert.equal(year, '1970', 'the box saw the jump');
  }
});
