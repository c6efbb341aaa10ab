import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { InstanceList, Status, StudyList } from '#appliance/api/contract.ts';
import type { Program } from '../demo/program.ts';
import { ask } from '../demo/socket-client.ts';
import { syntheticStudy } from '../support/synthetic-ct.ts';
import { until } from '../support/until.ts';
import { loopDisk } from './disks.ts';
import { openFaultRoad } from './road.ts';

test('F12: a receipt that a read-only disk could not take is fetched again after the remount', async (t) => {
  const disk = await loopDisk(t, '96M');
  if (disk === undefined) return;
  const { road, proxy, send, delivered } = await openFaultRoad(t, []);
  const { site } = road;
  for (const folder of ['appliance', 'box-agent']) {
    await cp(join(site.root, folder), join(disk.folder, folder), { recursive: true });
  }
  for (const config of [site.config.appliance, site.config.boxAgent]) {
    const text = await readFile(config, 'utf8');
    const moved = text.replaceAll(/"[^"]*\/(appliance|box-agent|box-spool)"/g, (_, folder) =>
      JSON.stringify(join(disk.folder, String(folder))),
    );
    await writeFile(config, moved);
  }
  const startBoth = async (): Promise<Program[]> => {
    const programs = [road.start('appliance'), road.start('boxAgent')];
    await Promise.all(programs.map(({ ready }) => ready));
    return programs;
  };
  const [appliance, agent] = await startBoth();
  const first = syntheticStudy({ seed: 120, slices: 1, rows: 64 });
  await send(first);
  await delivered(first, 60_000);

  // The center gets the next study only when the box cannot write any more.
  proxy.chaos = async (asked, relay) =>
    asked.method === 'GET' && asked.path.includes('/packs/')
      ? { status: 503, headers: {}, body: Buffer.from('{}') }
      : relay(asked);
  const study = syntheticStudy({ seed: 121, slices: 2, rows: 64 });
  await send(study);
  const states = async () => {
    const list = await ask<InstanceList>(site.applianceSocket, '/v1/instances');
    const ours = list?.instances.filter(({ datasetSha256 }) =>
      study.some((each) => each.datasetSha256 === datasetSha256),
    );
    return ours?.map(({ state }) => state);
  };
  await until('the relay signed for all of it', 60_000, async () => {
    const list = await ask<StudyList>(site.applianceSocket, '/v1/studies');
    return list?.studies.some(({ state }) => state === 'at center') ? true : undefined;
  });
  disk.findError();
  proxy.chaos = undefined;
  await until('it is at the PACS', 60_000, () =>
    study.every(({ datasetSha256 }) => road.atPacs.get(datasetSha256) === 1) ? true : undefined,
  );
  // As the system does: what ends with 75 is started again, and only shows what it can read.
  assert.equal(await appliance?.ended, 75);
  assert.equal(await agent?.ended, 75);
  const showing = await startBoth();
  await until('the alarm stands', 60_000, async () => {
    const status = await ask<Status>(site.applianceSocket, '/v1/status');
    return status?.alerts.some(({ code }) => code === 'DISK-FAILING') ? true : undefined;
  });
  assert.ok(!(await states())?.includes('delivered'), 'nothing can be recorded');

  for (const program of showing) await program.stop('SIGTERM');
  disk.repair();
  await startBoth();
  await delivered(study, 60_000);
  const last = syntheticStudy({ seed: 122, slices: 1, rows: 64 });
  await send(last);
  await delivered(last, 60_000);
  for (const { datasetSha256 } of [...first, ...study, ...last]) {
    assert.equal(road.atPacs.get(datasetSha256), 1, 'once at the PACS');
  }
});
