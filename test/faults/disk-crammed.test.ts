import assert from 'node:assert/strict';
import { rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Status } from '#appliance/api/contract.ts';
import { ask } from '../demo/socket-client.ts';
import { smallDisk } from '../support/small-disk.ts';
import { syntheticStudy } from '../support/synthetic-ct.ts';
import { until } from '../support/until.ts';
import { told } from './box.ts';
import { makePairedBox } from './paired-box.ts';

const mebibyte = 1024 * 1024;

test('F10: with no byte left for the database, the ballast goes, intake is refused, and sealing goes on', async (t) => {
  const folder = await smallDisk(t, '64m');
  if (folder === undefined) return t.skip('needs the right to mount a tmpfs');
  const box = await makePairedBox(t, folder, { quietS: 6, reserveBytes: 8 * mebibyte });
  await box.start();
  const ballast = join(folder, 'appliance', 'ballast');
  const hasBallast = (isThere: boolean) =>
    until(isThere ? 'the ballast is there' : 'the ballast is gone', 60_000, async () => {
      const size = (await stat(ballast).catch(() => undefined))?.size ?? 0;
      return isThere === (size === 8 * mebibyte) ? true : undefined;
    });
  await hasBallast(true);
  const study = syntheticStudy({ seed: 10, slices: 3, rows: 64 });
  assert.deepEqual(told(await box.send(study)), ['stored', 'stored', 'stored']);

  const { bavail, bsize } = await statfs(folder);
  const filler = join(folder, 'filler');
  await writeFile(filler, new Uint8Array(bavail * bsize)).catch(() => undefined);
  await hasBallast(false);
  assert.deepEqual(new Set(told(await box.send(study))), new Set(['rejected']));
  await until('what is here is sealed and recorded', 60_000, async () => {
    const states = [...(await box.states()).values()];
    return states.length === 3 && states.every((state) => state === 'packed') ? true : undefined;
  });
  const alerts = (await ask<Status>(box.site.applianceSocket, '/v1/status'))?.alerts;
  assert.equal(alerts?.[0]?.code, 'DISK-FULL');

  await rm(filler);
  await hasBallast(true);
  const more = syntheticStudy({ seed: 11, slices: 1, rows: 64 });
  await until('intake is open again', 60_000, async () =>
    told(await box.send(more))[0] === 'stored' ? true : undefined,
  );
});
