import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCenterApp } from '#sync/center/app.ts';
import type { CenterStatus, CenterStudies } from '#sync/center/status.ts';
import { createCenterWorld, dataOf, joinBox, manifestOf } from '../../support/center-world.ts';
import { syntheticStudy } from '../../support/synthetic-ct.ts';

const slices = syntheticStudy({ seed: 27, slices: 2, rows: 32 });

async function appOf() {
  const world = createCenterWorld();
  const box = joinBox(world);
  await box.send('data', dataOf(slices));
  await box.send('manifest', manifestOf(slices));
  const center = await world.settle();
  return createCenterApp(center);
}

test('the status tells zones, destination, counts and boxes', async () => {
  const response = await (await appOf()).request('/v1/status');
  assert.equal(response.status, 200);
  const status = (await response.json()) as CenterStatus;
  assert.equal(status.zones, 'off');
  assert.deepEqual(
    status.alarms.map(({ code }) => code),
    ['ZONES'],
  );
  assert.equal(status.destination.name, 'PACS');
  assert.equal(status.counts.instances.stored, 2);
  assert.deepEqual(status.boxes, [{ site: 'CM-BAF-01', state: 'active' }]);
});

test('the studies tell what was delivered, by digest', async () => {
  const response = await (await appOf()).request('/v1/studies?limit=5');
  const { studies } = (await response.json()) as CenterStudies;
  assert.equal(studies.length, 1);
  assert.equal(studies[0]?.receipts.length, 1);
  assert.deepEqual(
    studies[0]?.delivered.map(({ datasetSha256 }) => datasetSha256).toSorted(),
    slices.map(({ datasetSha256 }) => datasetSha256).toSorted(),
  );
});

test('a limit that makes no sense and an unknown path get a clear answer', async () => {
  const app = await appOf();
  for (const limit of ['0', '-1', '1001', 'all', '1.5']) {
    const response = await app.request(`/v1/studies?limit=${limit}`);
    assert.equal(response.status, 400, limit);
    assert.match(await response.text(), /"BAD-LIMIT"/);
  }
  assert.equal((await app.request('/v2/status')).status, 404);
});

test('a body that is too long is refused before it is read to its end', async () => {
  let pieces = 0;
  const endless = new ReadableStream({
    pull: (controller) => {
      pieces += 1;
      if (pieces > 100) controller.close();
      else controller.enqueue(new Uint8Array(4_096).fill(0x20));
    },
  });
  const response = await (await appOf()).request('/v1/studies/1.2.3/resend', {
    ...{ method: 'POST', body: endless, duplex: 'half' },
  });
  assert.equal(response.status, 413);
  assert.match(await response.text(), /"BAD-BODY"/);
  assert.ok(pieces < 10, `${pieces} pieces were read`);
});
