import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { runProcess } from '#provisioning/steps/process.ts';
import { newInstallation, reasonToSkip, setupSh } from './installation.ts';

const skip = await reasonToSkip(false);

test('plan shows all and changes nothing; run applies; a second run changes nothing; uninstall keeps data', {
  skip,
}, async (t) => {
  const box = await newInstallation('box');
  t.after(box.remove);
  const plan = await box.setup('plan');
  assert.equal(plan.code, 10, plan.complaint);
  assert.match(plan.output, /write \/etc\/systemd\/system\/outpost-appliance\.service/);
  assert.match(plan.output, /\+ IPAddressDeny=any/);
  assert.deepEqual(await readdir(box.root), []);

  const first = await box.setup('run');
  assert.equal(first.code, 10, first.output + first.complaint);
  assert.match(first.output, /Deferred: pairing request waits for card\.txt/);
  const before = await snapshot(box.root);
  const second = await box.setup('run');
  assert.equal(second.code, 10);
  assert.match(second.output, /Nothing was changed\./);
  assert.deepEqual(await snapshot(box.root), before);

  const image = join(box.root, 'var/lib/outpost/appliance/an-image');
  await writeFile(image, 'kept');
  const gone = await box.setup('uninstall');
  assert.equal(gone.code, 0, gone.complaint);
  assert.match(gone.output, /These stay:\n {2}\/var\/lib\/outpost/);
  assert.equal(await readFile(image, 'utf8'), 'kept');
  assert.deepEqual(await readdir(join(box.root, 'etc/systemd/system/multi-user.target.wants')), []);
  assert.ok((await readdir(join(box.root, 'etc/outpost'))).includes('appliance.json'));
  const again = await box.setup('run');
  assert.match(again.output, /write \/etc\/outpost\/outpost\.nft .* ok/);
});

test('a run that another setup holds back, and one with something in its way, change nothing', {
  skip,
}, async (t) => {
  const box = await newInstallation('box');
  t.after(box.remove);
  await mkdir(join(box.root, 'run'));
  const lock = join(box.root, 'run/outpost-setup.lock');
  await writeFile(lock, String(process.pid));
  const held = await box.setup('run');
  assert.equal(held.code, 60);
  assert.match(held.complaint, new RegExp(`process ${process.pid}`));
  await rm(lock);

  // A link leads out of the root: nothing may be written through it.
  const outside = join(box.stick, 'outside');
  await mkdir(outside);
  await symlink(outside, join(box.root, 'etc'));
  const refused = await box.setup('run');
  assert.equal(refused.code, 20, refused.output);
  assert.match(refused.output, /cannot use \/etc: it is a link/);
  assert.equal((await box.setup('uninstall')).code, 20);
  assert.deepEqual(await readdir(outside), []);
  assert.deepEqual((await readdir(box.root)).sort(), ['etc', 'run']);
});

test('a lock that a power cut left behind holds nobody back', { skip }, async (t) => {
  const center = await newInstallation('center');
  t.after(center.remove);
  await mkdir(join(center.root, 'run'));
  await writeFile(join(center.root, 'run/outpost-setup.lock'), '4194999');
  const run = await center.setup('run');
  assert.equal(run.code, 0, run.output + run.complaint);
  const check = await center.setup('check');
  assert.equal(check.code, 0, check.output);
});

test('faulty answers, an unknown command and a root with odd letters are told in a sentence', {
  skip,
}, async (t) => {
  const box = await newInstallation('box');
  t.after(box.remove);
  const bad = join(box.stick, 'bad.json');
  await writeFile(bad, '{"format":1,"role":"box","sight":1}');
  const refused = await box.setup('run', '--answers', bad);
  assert.equal(refused.code, 20);
  assert.match(refused.complaint, /site:[\s\S]*nothing was changed/);
  assert.equal((await box.setup('runn')).code, 64);
  assert.equal((await box.setup('plan', '--root', '/tmp/a b')).code, 64);
  assert.equal((await box.setup('plan', '--answers', '/does/not/exist')).code, 20);
  for (const command of ['check', 'uninstall']) {
    const early = await runProcess([setupSh, '--root', box.root, command]);
    assert.equal(early.code, 20);
    assert.match(early.complaint, /No setup has run here.*setup\.json\n.*--answers FILE/);
  }
});

test('who may not read the answers of the machine is told to use sudo', {
  skip: skip || (process.getuid?.() === 0 ? false : 'it gives files to root'),
}, async (t) => {
  const box = await newInstallation('box');
  t.after(box.remove);
  await mkdir(join(box.root, 'etc/outpost'), { recursive: true });
  await writeFile(join(box.root, 'etc/outpost/setup.json'), '{}', { mode: 0o600 });
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
  const ran = await runProcess([...nobody, setupSh, '--root', box.root, 'check']);
  assert.equal(ran.code, 20, ran.complaint);
  assert.match(ran.complaint, /Run it with sudo/);
});

/** Every path below `root` with what a change would show in. */
async function snapshot(root: string): Promise<readonly string[]> {
  const names = await readdir(root, { recursive: true });
  // The lock comes and goes in this folder.
  const kept = names.filter((name) => name !== 'run').sort();
  return Promise.all(
    kept.map(async (name) => {
      const found = await stat(join(root, name)).catch(() => undefined);
      return `${name} ${found?.mode} ${found?.uid}:${found?.gid} ${found?.mtimeMs} ${found?.ino}`;
    }),
  );
}
