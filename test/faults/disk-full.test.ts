import assert from 'node:assert/strict';
import { readdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { smallDisk } from '../support/small-disk.ts';
import { syntheticStudy } from '../support/synthetic-ct.ts';
import { until } from '../support/until.ts';
import { alarms, type FaultBox, makeBox, told } from './box.ts';
import { loopDisk } from './disks.ts';

const mebibyte = 1024 * 1024;

const hasAlarm = (box: FaultBox, code: string, isThere: boolean) =>
  until(`${code} ${isThere ? 'stands' : 'is over'}`, 60_000, async () =>
    (await alarms(box)).includes(code) === isThere ? true : undefined,
  );

test('F09: a disk that fills up in the middle of an object refuses it alone, and takes it later', async (t) => {
  const folder = await smallDisk(t, '24m');
  if (folder === undefined) return t.skip('needs the right to mount a tmpfs');
  const box = await makeBox(t, { on: folder, config: { reserveBytes: mebibyte } });
  const running = await box.start();
  await until('the ballast is there', 60_000, async () => {
    const size = (await stat(join(box.dataDir, 'ballast')).catch(() => undefined))?.size;
    return size === mebibyte ? true : undefined;
  });
  const [small, other] = syntheticStudy({ seed: 9, slices: 2, rows: 64 });
  const [large] = syntheticStudy({ seed: 10, slices: 1, rows: 1_100 });
  assert.ok(small && large && other);
  const filler = join(folder, 'filler');
  const { bavail, bsize } = await statfs(folder);
  await writeFile(filler, new Uint8Array(bavail * bsize - 2 * mebibyte));

  const answers = told(await running.send([small, large, other]));
  assert.equal(answers[0], 'stored');
  assert.equal(answers[1], 'A700', 'on the same association, which stays');
  assert.ok(['stored', 'A700'].includes(answers[2] ?? ''), 'the association goes on');
  await hasAlarm(box, 'DISK-FULL', true);
  assert.ok((await segmentBytes(folder)) < mebibyte, 'the refused object gave its room back');
  assert.deepEqual(told(await running.send([large])), ['rejected']);

  await rm(filler);
  await hasAlarm(box, 'DISK-FULL', false);
  assert.deepEqual(told(await running.send([large, other])), ['stored', 'stored']);
});

async function segmentBytes(folder: string): Promise<number> {
  const names = (await readdir(folder, { recursive: true })).filter((name) =>
    name.endsWith('.seg'),
  );
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

test('F11: a disk without an inode left refuses new studies with the right words', async (t) => {
  const disk = await loopDisk(t, '64M', ['-N', '256']);
  if (disk === undefined) return;
  const box = await makeBox(t, { on: disk.folder });
  const running = await box.start();
  const study = syntheticStudy({ seed: 11, slices: 2, rows: 64 });
  assert.deepEqual(told(await running.send(study.slice(0, 1))), ['stored']);
  const fillers: string[] = [];
  try {
    for (let n = 0; ; n++) {
      const path = join(disk.folder, `filler-${n}`);
      await writeFile(path, '');
      fillers.push(path);
    }
  } catch {
    // Not one more file can be made.
  }
  await hasAlarm(box, 'DISK-FILES', true);
  assert.deepEqual(told(await running.send(study.slice(1))), ['rejected']);
  for (const path of fillers) await rm(path);
  await hasAlarm(box, 'DISK-FILES', false);
  assert.deepEqual(told(await running.send(study.slice(1))), ['stored']);
  assert.ok(running.program.isRunning(), 'without a new start');
});

test('F12: a file system that turns read-only refuses and still shows, and goes on when mounted', async (t) => {
  const disk = await loopDisk(t, '64M');
  if (disk === undefined) return;
  const box = await makeBox(t, { on: disk.folder });
  const first = await box.start();
  const study = syntheticStudy({ seed: 12, slices: 3, rows: 64 });
  assert.deepEqual(told(await first.send(study.slice(0, 2))), ['stored', 'stored']);
  disk.findError();
  // Whichever writes first finds it: this object, or the program's own work, which ends it before or meanwhile.
  const [refused] = told(await first.send(study.slice(2)));
  assert.ok(['A700', 'unreachable', 'aborted'].includes(refused ?? ''), refused);
  assert.equal(await first.program.ended, 75);

  const second = await box.start();
  assert.ok((await alarms(box)).includes('DISK-FAILING'));
  assert.equal((await box.status())?.counts.instances, 2, 'status and studies stay visible');
  assert.deepEqual(told(await second.send(study.slice(2))), ['rejected']);
  await second.program.stop('SIGTERM');
  disk.repair();

  const third = await box.start();
  assert.ok(!(await alarms(box)).includes('DISK-FAILING'));
  assert.deepEqual(told(await third.send(study.slice(2))), ['stored']);
  assert.deepEqual(new Set((await box.instances()).map((each) => each.state)), new Set(['stored']));
});
