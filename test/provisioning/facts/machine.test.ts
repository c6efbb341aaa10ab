import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkoutFault } from '#provisioning/facts/machine.ts';

test('a folder that can be listed and not passed through is as good as closed', async (t) => {
  const top = await mkdtemp(join(tmpdir(), 'outpost-checkout-'));
  t.after(() => rm(top, { recursive: true, force: true }));
  const folder = join(top, 'provisioning');
  await mkdir(folder);
  const file = join(folder, 'outpost.ts');
  await writeFile(file, '');
  const told = async (mode: number): Promise<string | undefined> => {
    await chmod(folder, mode);
    return checkoutFault({ node: file, checkout: top });
  };
  assert.equal(await told(0o744), `Services cannot read ${folder}.`);
  assert.notEqual(await told(0o755), `Services cannot read ${folder}.`);
});
