import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { observe } from '#provisioning/facts/observe.ts';
import type { Run } from '#provisioning/ports.ts';
import { freshMachine } from '../machines.ts';

test('a service that runs an older release than the checkout is stale; the firewall has no release', async (t) => {
  const checkout = await mkdtemp(join(tmpdir(), 'outpost-checkout-'));
  t.after(() => rm(checkout, { recursive: true, force: true }));
  await writeFile(join(checkout, 'package.json'), '{}');
  const cameAtS = Math.floor((await stat(join(checkout, 'package.json'))).ctimeMs / 1_000);
  const isStale = async (unit: string, startedAtS: number): Promise<boolean | undefined> => {
    const run: Run = async () => ({
      ...{ code: 0, complaint: '' },
      output: `ActiveState=active\nActiveEnterTimestamp=@${startedAtS}\nNeedDaemonReload=no\n`,
    });
    const resources = [{ kind: 'service', unit, why: 'it runs' }] as const;
    const { services } = await observe(resources, freshMachine({ checkout }), () => 0, run);
    return services.get(unit)?.isStale;
  };
  assert.equal(await isStale('outpost-appliance.service', cameAtS - 60), true);
  assert.equal(await isStale('outpost-appliance.service', cameAtS + 60), false);
  assert.equal(await isStale('outpost-firewall.service', cameAtS - 60), false);
});
