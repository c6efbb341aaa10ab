import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { renameSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { orderSchema } from '#sync/wire/order.ts';
import { startOutpost } from '../demo/program.ts';
import { repositoryDir } from '../support/source-tree.ts';
import { syntheticStudy } from '../support/synthetic-ct.ts';
import { changeConfig, prepareCrashSite } from './site.ts';

const run = promisify(execFile);
const outpost = join(repositoryDir, 'provisioning/outpost.ts');

test('outpost study stat puts what waits before all else, outpost study show says why, and by-rule takes it back', {
  timeout: 120_000,
}, async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'outpost-stat-'));
  t.after(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));
  const site = await prepareCrashSite(root);
  await changeConfig(site.config.appliance, {
    priorityRules: [{ name: 'all films', priority: 'bulk', modalities: ['CT'] }],
  });
  const config = JSON.parse(await readFile(site.config.appliance, 'utf8'));
  const program = startOutpost('appliance', ['appliance', '--config', site.config.appliance], root);
  t.after(() => program.stop('SIGKILL'));
  await program.ready;

  const study = async (seed: number) => {
    const images = syntheticStudy({ seed, slices: 2, rows: 64 });
    const hidden = (uid: string) => join(root, uid);
    for (const { sopInstanceUid, part10 } of images)
      await writeFile(hidden(sopInstanceUid), part10);
    // At once: the box takes the study as whole when nothing came for a second.
    for (const { sopInstanceUid: uid } of images)
      renameSync(hidden(uid), join(site.importFolder, `${uid}.dcm`));
    return images[0]?.attributes.studyInstanceUid ?? '';
  };
  const order = async () => {
    const text = await readFile(join(config.spoolDir, 'out', 'order.json'), 'utf8').catch(() => '');
    return text === '' ? [] : orderSchema.parse(JSON.parse(text)).packs;
  };
  const until = async (holds: (packs: Awaited<ReturnType<typeof order>>) => boolean) => {
    while (!holds(await order())) await setTimeout(20);
  };
  const ask = async (...args: readonly string[]) =>
    (await run(process.execPath, [outpost, 'study', ...args, '--socket', config.socket])).stdout;

  // A manifest, a pack of images and the list of each.
  await study(501);
  await until((packs) => packs.length === 3);
  const uid = await study(502);
  await until((packs) => packs.length === 6 && packs.every((pack) => pack.class === 3));
  const [firstGroup] = (await order()).map(({ group }) => group);

  assert.match(
    await ask('show', uid),
    /priority {2}bulk by rule all films\nplace {5}2 in the order/,
  );
  await ask('stat', uid, '--by', 'TEST NURSE', '--reason', 'from the street');
  await until((packs) => packs[0]?.class === 0 && packs[0].group !== firstGroup);
  assert.equal((await order()).filter((pack) => pack.class === 0).length >= 3, true);
  assert.match(await ask('show', uid), /priority {2}STAT by TEST NURSE\nplace {5}1 in the order/);
  await ask('by-rule', uid, '--by', 'TEST NURSE', '--reason', 'a mistake');
  await until((packs) => packs.every((pack) => pack.class === 3));
  assert.equal((await order())[0]?.group, firstGroup);
  await program.stop('SIGTERM');
});
