import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { Failpoint } from '#sync/core/failpoint.ts';
import { idOf } from '#test/support/pack-bytes.ts';
import { repositoryDir } from '#test/support/source-tree.ts';
import { centerMailbox, courier, openCourierWorld, packFor } from '#test/support/stick.ts';
import { until } from '../support/until.ts';
import { loopDisk } from './disks.ts';

/** A stick with a file system of its own, and a box that has more to send than it holds. */
async function openWorld(t: TestContext, seeds: readonly string[], sizeBytes = 700_000) {
  const disk = await loopDisk(t, '8M', ['-O', '^has_journal']);
  if (disk === undefined) return undefined;
  const world = await openCourierWorld(t);
  const packs = seeds.map((seed) => packFor(centerMailbox, seed, sizeBytes));
  const ids = await world.box.send(packs.map((bytes) => ({ bytes, class: 2 })));
  const out = ['export', '--to', disk.folder, '--config', world.box.config];
  return { ...world, disk, ids, out, folder: join(disk.folder, 'OUTPOST') };
}

/** Runs the courier up to a failpoint, lets `meanwhile` happen to the stick, and runs it to its end. */
async function interrupt(
  args: readonly string[],
  failpoint: Failpoint,
  count: number,
  meanwhile: () => void,
) {
  const script = join(repositoryDir, 'provisioning/outpost.ts');
  const env = { ...process.env, OUTPOST_FAILPOINT: `${failpoint}:${count}:stop` };
  const child = spawn(process.execPath, [script, 'courier', ...args], { env });
  const out = text(child.stdout);
  const error = text(child.stderr);
  try {
    await until('the courier halts', 60_000, () =>
      / \(.*\) T /.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8')) ? true : undefined,
    );
    meanwhile();
    const ended = once(child, 'close');
    child.kill('SIGCONT');
    const [code] = await ended;
    return { code, out: await out, error: await error };
  } finally {
    child.kill('SIGKILL');
  }
}

test('a mounted stick takes what fits, the first in order, and names the rest', async (t) => {
  const world = await openWorld(t, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l']);
  if (world === undefined) return;
  const { code, report } = await courier([...world.out, '--json']);
  const written = report['written'] as string[];
  assert.equal(code, 1);
  assert.ok(written.length > 3 && written.length < 12, `${written.length}`);
  assert.deepEqual(written, world.ids.slice(0, written.length));
  assert.deepEqual(report['leftOut'], world.ids.slice(written.length));
});

test('a stick pulled while a pack is written: clear text, and the same command again finishes (F55)', async (t) => {
  const world = await openWorld(t, ['a', 'b', 'c']);
  if (world === undefined) return;
  const pulled = await interrupt(world.out, 'courier-pack/synced', 2, () => {
    execFileSync('umount', ['-l', world.disk.folder]);
  });
  assert.equal(pulled.code, 75);
  assert.match(pulled.out, /^1 pack\(s\) written/);
  assert.match(pulled.out, /Stopped\. .*does not answer.*run the same command again/);
  assert.deepEqual(await world.box.clinical.sentPacks().then((packs) => packs.length), 3);
  assert.equal(existsSync(world.folder), false, 'nothing is written beside the stick');

  // Put back in: the same file system again.
  await mountAgain(world.disk.folder);
  const again = await courier([...world.out, '--json']);
  assert.equal(again.code, 0, again.error);
  assert.deepEqual(again.report['there'], world.ids.slice(0, 1));
  assert.deepEqual(again.report['written'], world.ids.slice(1));
  const names = readdirSync(world.folder).filter((name) => name.startsWith('.'));
  assert.deepEqual(names, [], 'the half pack is gone');
});

test('a stick that does not keep what it took is found out, past the memory of the machine', async (t) => {
  const world = await openWorld(t, ['a']);
  if (world === undefined) return;
  const image = join(world.disk.folder, '..', 'disk.img');
  const said = await interrupt(world.out, 'courier-pack/durable', 1, () => {
    const bytes = readFileSync(image);
    const at = bytes.indexOf(packFor(centerMailbox, 'a', 700_000).subarray(200_000, 200_064));
    assert.ok(at > 0);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(image, bytes, { flag: 'r+' });
  });
  assert.equal(said.code, 65);
  assert.match(said.out, /^0 pack\(s\) written/);
  assert.match(said.out, /Cannot trust the stick.*Take another stick/);
  assert.equal(
    existsSync(join(world.folder, `${idOf(packFor(centerMailbox, 'a', 700_000))}.spk`)),
    false,
  );
});

test('a stick pulled while packs are taken: what was taken stays, and the same command again takes the rest', async (t) => {
  const world = await openWorld(t, ['a', 'b', 'c'], 100_000);
  if (world === undefined) return;
  assert.equal((await courier(world.out)).code, 0);
  const into = ['import', '--from', world.disk.folder, '--config', world.center.config];
  const pulled = await interrupt(into, 'courier-taken/durable', 1, () => {
    execFileSync('umount', ['-l', world.disk.folder]);
  });
  assert.equal(pulled.code, 75);
  assert.match(pulled.out, /^1 pack\(s\) taken/);
  assert.match(pulled.out, /Stopped\. .*run the same command again/);
  assert.equal((await world.center.clinical.arrivedPacks()).length, 1);
  await mountAgain(world.disk.folder);
  const again = await courier([...into, '--json']);
  assert.deepEqual([again.code, (again.report['taken'] as string[]).length], [0, 2]);
  assert.deepEqual((await world.center.clinical.arrivedPacks()).toSorted(), world.ids.toSorted());
});

/** The same stick, put back in as soon as the kernel let go of it. */
async function mountAgain(folder: string): Promise<void> {
  await until('the stick is back', 60_000, () => {
    try {
      const image = join(folder, '..', 'disk.img');
      execFileSync('mount', ['-o', 'loop', image, folder], { stdio: 'pipe' });
      return true;
    } catch {
      return undefined;
    }
  });
}
