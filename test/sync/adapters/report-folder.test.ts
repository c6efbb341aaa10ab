import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openReportFolder } from '#sync/adapters/report-folder.ts';
import { utf8 } from '#sync/core/bytes.ts';
import { createVirtualClock } from '../../support/clock-virtual.ts';

async function opened(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'outpost-reports-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const folder = join(root, 'in');
  const clock = createVirtualClock();
  const door = await openReportFolder(folder, clock);
  /** Looks twice, with more than the settling time between. */
  const list = async () => {
    await door.list();
    clock.advance(1_500);
    return door.list();
  };
  return { folder, clock, door, list };
}

test('a report is listed when it stood still, not while it grows', async (t) => {
  const { folder, clock, door } = await opened(t);
  await writeFile(join(folder, 'A1.txt'), 'first');
  assert.deepEqual(await door.list(), []);
  clock.advance(1_500);
  await writeFile(join(folder, 'A1.txt'), 'first and more');
  assert.deepEqual(await door.list(), []);
  clock.advance(1_500);
  assert.deepEqual(await door.list(), ['A1.txt']);
});

test('a NAME.json that comes late makes the report wait for it to stand still', async (t) => {
  const { folder, clock, door } = await opened(t);
  await writeFile(join(folder, 'A1.txt'), 'text');
  await door.list();
  await writeFile(join(folder, 'A1.json'), '{"status":"amended"}');
  clock.advance(1_500);
  assert.deepEqual(await door.list(), []);
  clock.advance(1_500);
  assert.deepEqual(await door.list(), ['A1.txt']);
  assert.equal((await door.read('A1.txt'))?.sidecar, '{"status":"amended"}');
});

test('a report with the longest name there is stops no other, and can be sorted out', async (t) => {
  const { folder, list, door } = await opened(t);
  const longest = `${'x'.repeat(251)}.txt`;
  await writeFile(join(folder, longest), 'text');
  await writeFile(join(folder, 'A1.txt'), 'text');
  assert.deepEqual((await list()).toSorted(), ['A1.txt', longest]);
  assert.equal((await door.read(longest))?.sidecar, undefined);
  await door.moveToUnmatched(longest, 'No study has this name.');
  assert.equal((await readdir(join(folder, 'unmatched'))).length, 2);
  assert.deepEqual(await list(), ['A1.txt']);
});

test('only reports are listed: no other files, folders, hidden files or links', async (t) => {
  const { folder, list, door } = await opened(t);
  await writeFile(join(folder, 'notes.docx'), 'x');
  await writeFile(join(folder, '.A1.txt'), 'x');
  await symlink('/etc/passwd', join(folder, 'A2.txt'));
  await writeFile(join(folder, 'A3.PDF'), '%PDF-1.4');
  assert.deepEqual(await list(), ['A3.PDF']);
  assert.equal(await door.read('A2.txt'), undefined);
});

test('done and unmatched take the report with its JSON, and never overwrite', async (t) => {
  const { folder, door } = await opened(t);
  for (const text of ['one', 'two']) {
    await writeFile(join(folder, 'A1.txt'), text);
    await writeFile(join(folder, 'A1.json'), '{}');
    await door.moveToDone('A1.txt');
  }
  const done = await readdir(join(folder, 'done'));
  assert.deepEqual(done.toSorted(), ['A1.2.json', 'A1.2.txt', 'A1.json', 'A1.txt']);
  assert.equal(await readFile(join(folder, 'done', 'A1.txt'), 'utf8'), 'one');
  await writeFile(join(folder, 'A9.pdf'), 'x');
  await door.moveToUnmatched('A9.pdf', 'No study here has it.');
  const reason = await readFile(join(folder, 'unmatched', 'A9.pdf.reason.txt'), 'utf8');
  assert.equal(reason, 'No study here has it.\n');
  assert.deepEqual(await door.list(), []);
});

test('what is read is the file as it is, with its time', async (t) => {
  const { folder, door } = await opened(t);
  await writeFile(join(folder, 'A1.txt'), 'text');
  const report = await door.read('A1.txt');
  assert.deepEqual(report?.bytes, utf8('text'));
  assert.equal(report?.sidecar, undefined);
  assert.ok((report?.modifiedAtMs ?? 0) > 0);
  assert.equal(await door.read('A2.txt'), undefined);
});
