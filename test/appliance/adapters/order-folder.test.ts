import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setAside } from '#appliance/adapters/import-rejected.ts';
import { orderFolder } from '#appliance/adapters/order-folder.ts';
import type { OrderRequest } from '#appliance/api/contract-orders.ts';
import { silentLog } from '#sync/core/log.ts';
import { ok } from '#sync/core/result.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

const csv = 'patientId,patientName,modality\nP1,TEST^ALPHA,CT\n';

/** A folder of orders whose two seconds pass when a test says so, and what was placed out of it. */
async function open(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'outpost-orders-'));
  const clock = createVirtualClock();
  const stop = new AbortController();
  const placed: OrderRequest[] = [];
  const running = orderFolder(
    { dir, assumedCharacterSet: '' },
    {
      desk: {
        place: async (_source, requests) => {
          placed.push(...requests);
          return ok({ orders: [] });
        },
        cancelNumber: async () => ok(undefined),
      },
      clock,
      log: silentLog,
    },
    stop.signal,
  );
  t.after(async () => {
    stop.abort();
    await running;
    await rm(dir, { recursive: true, force: true });
  });
  const looks = async (count: number): Promise<void> => {
    for (let look = 0; look < count; look++) {
      while (clock.waiting() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      clock.advance(2_000);
    }
  };
  await looks(1);
  return { dir, placed, looks };
}

test('orders of a file are placed once it stands still, and the file goes', async (t) => {
  const { dir, placed, looks } = await open(t);
  await writeFile(join(dir, 'day.csv'), csv);
  await looks(4);
  assert.deepEqual(
    placed.map(({ patientId }) => patientId),
    ['P1'],
  );
  assert.deepEqual(await readdir(dir), ['rejected']);
});

test('a file that cannot even be set aside holds up no other', async (t) => {
  const { dir, placed, looks } = await open(t);
  await rm(join(dir, 'rejected'), { recursive: true });
  await writeFile(join(dir, 'rejected'), 'no folder');
  // One of the two is met before the good one, whatever the order of the file system.
  for (const name of ['a.txt', 'day.csv', 'z.txt']) await writeFile(join(dir, name), csv);
  await looks(6);
  assert.equal(placed.length, 1);
  assert.deepEqual((await readdir(dir)).sort(), ['a.txt', 'rejected', 'z.txt']);
});

test('what could not be moved leaves no line about itself behind', async (t) => {
  const { dir } = await open(t);
  await assert.rejects(setAside(dir, join(dir, 'gone.csv'), 'It is gone', 7), { code: 'ENOENT' });
  assert.deepEqual(await readdir(join(dir, 'rejected')), []);
});
