import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { InstanceList, Status, StudyList } from '#appliance/api/contract.ts';
import { ask } from '../demo/socket-client.ts';
import { syntheticStudy } from '../support/synthetic-ct.ts';
import { until } from '../support/until.ts';
import { openFaultRoad } from './road.ts';

test('F28: what a relay signed for and lost is not called delivered, is found out, and is sent again', async (t) => {
  const { road, proxy, send, delivered } = await openFaultRoad(t, []);
  const { site } = road;
  const config = JSON.parse(await readFile(site.config.appliance, 'utf8')) as object;
  await writeFile(site.config.appliance, JSON.stringify({ ...config, confirmAfterS: 3 }));
  await Promise.all([road.start('appliance').ready, road.start('boxAgent').ready]);

  let lost = 0;
  proxy.chaos = async (asked, relay) => {
    if (asked.method !== 'GET' || !asked.path.includes('/packs/')) return relay(asked);
    lost++;
    return { status: 404, headers: {}, body: Buffer.from('{}') };
  };
  const study = syntheticStudy({ seed: 28, slices: 2, rows: 64 });
  await send(study);
  await until('the relay has signed for all and lost it', 60_000, async () => {
    const list = await ask<StudyList>(site.applianceSocket, '/v1/studies');
    return lost >= 3 && list?.studies[0]?.state === 'at center' ? true : undefined;
  });
  proxy.chaos = undefined;
  await until('the alarm stands', 60_000, async () => {
    const status = await ask<Status>(site.applianceSocket, '/v1/status');
    return status?.alerts.some(({ code }) => code === 'NOT-CONFIRMED') ? true : undefined;
  });
  const held = await ask<InstanceList>(site.applianceSocket, '/v1/instances');
  assert.ok(held?.instances.every(({ state }) => state === 'packed'));

  const next = syntheticStudy({ seed: 29, slices: 1, rows: 64 });
  await send(next);
  await delivered(next, 60_000);
  await delivered(study, 60_000);
  for (const { datasetSha256 } of study) assert.equal(road.atPacs.get(datasetSha256), 1);
  await until('the alarm is over', 60_000, async () => {
    const status = await ask<Status>(site.applianceSocket, '/v1/status');
    return status?.alerts.some(({ code }) => code === 'NOT-CONFIRMED') ? undefined : true;
  });
});
