import assert from 'node:assert/strict';
import {
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ownFolder } from '#sync/adapters/folder-owner.ts';
import { expectOk } from '#sync/core/result.ts';
import { idOf } from '#test/support/pack-bytes.ts';
import {
  centerMailbox,
  courier,
  openStickWorld,
  otherMailbox,
  packFor,
  threePacks,
  waitingPacks,
} from '#test/support/stick.ts';
import { syntheticSlice } from '#test/support/synthetic-ct.ts';

const { stat, data, prior } = waitingPacks;

test('what waits goes to the stick, STAT first, and into the spool at the other end', async (t) => {
  const { box, center, stick, out, into } = await openStickWorld(t);
  const [dataId, priorId, statId] = await box.send(threePacks);
  const went = await out();
  assert.equal(went.code, 0, went.error);
  assert.deepEqual(went.report['written'], [statId, dataId, priorId]);
  assert.deepEqual(
    stick.names(),
    [`${dataId}.spk`, `${priorId}.spk`, `${statId}.spk`, 'index.json'].sort(),
  );
  assert.equal((await box.clinical.sentPacks()).length, 3, 'they stay in the queue');

  const { mode } = statSync(join(stick.folder, `${statId}.spk`));
  assert.equal(mode & 0o777, 0o666 & ~process.umask(), 'FAT refuses to be asked for a mode');

  const came = await into();
  assert.equal(came.code, 0, came.error);
  assert.deepEqual(
    (await center.clinical.arrivedPacks()).toSorted(),
    [dataId, priorId, statId].sort(),
  );
  const read = await center.clinical.readArrived(idOf(data));
  assert.deepEqual(read.ok && read.value, data);

  const again = await into();
  assert.deepEqual([again.code, again.report['taken'], again.report['takenBytes']], [0, [], 0]);
  const more = await out();
  assert.deepEqual(
    [more.code, more.report['written']],
    [0, []],
    'what is whole is not written again',
  );
});

test('what no order names stays where it is', async (t) => {
  const { box, out } = await openStickWorld(t);
  await box.send(threePacks);
  expectOk(
    await box.clinical.putPack(idOf(packFor(centerMailbox, 'x')), packFor(centerMailbox, 'x')),
  );
  assert.deepEqual((await out()).report['written'], [stat, data, prior].map(idOf));
});

test('a class and a limit choose, and what has no room is named', async (t) => {
  const { box, stick, out } = await openStickWorld(t);
  await box.send(threePacks);
  const urgent = await out('--class', '1');
  assert.deepEqual([urgent.code, urgent.report['written']], [0, [idOf(stat)]]);
  const limited = await out('--limit', '100K');
  assert.deepEqual(
    [limited.code, limited.report['written'], limited.report['leftOut']],
    [1, [], [idOf(data), idOf(prior)]],
    'nothing overtakes what does not fit',
  );
  assert.ok(stick.names().includes(`${idOf(stat)}.spk`));
});

test('each bad file of a stick is refused with its reason, and the good ones are taken', async (t) => {
  const { box, center, stick, out, into, fileOf } = await openStickWorld(t);
  const cut = packFor(centerMailbox, 'cut');
  const short = packFor(centerMailbox, 'short');
  const longer = packFor(centerMailbox, 'longer');
  const tampered = packFor(centerMailbox, 'tampered');
  const renamed = packFor(centerMailbox, 'renamed');
  const foreign = packFor(otherMailbox, 'foreign');
  const gone = packFor(centerMailbox, 'gone');
  const packs = [cut, short, longer, tampered, renamed, foreign, gone, stat];
  await box.send(packs.map((bytes) => ({ bytes, class: 2 })));
  assert.equal((await out()).code, 0);
  truncateSync(fileOf(cut), cut.length - 1);
  truncateSync(fileOf(short), 100);
  writeFileSync(fileOf(longer), Buffer.concat([longer, Buffer.alloc(1)]));
  const changed = Buffer.from(tampered);
  changed[3_000] = (changed[3_000] ?? 0) ^ 1;
  writeFileSync(fileOf(tampered), changed);
  renameSync(fileOf(renamed), join(stick.folder, 'copy of a pack.spk'));
  // A copy under the id of another pack.
  copyFileSync(fileOf(stat), join(stick.folder, `${'ab'.repeat(32)}.spk`));
  rmSync(fileOf(gone));
  symlinkSync('/etc/passwd', join(stick.folder, `${'cd'.repeat(32)}.spk`));
  mkdirSync(join(stick.folder, `${'ef'.repeat(32)}.spk`));
  writeFileSync(join(stick.folder, `.${'aa'.repeat(32)}.spk.7.1`), 'half');
  writeFileSync(join(stick.folder, 'AUTORUN.INF'), 'x');
  mkdirSync(join(stick.dir, 'clinical'));

  const { code, report } = await into();
  assert.equal(code, 1);
  const reasons = new Map(
    (report['refused'] as { name: string; reason: string }[]).map((each) => [
      each.name,
      each.reason,
    ]),
  );
  const expected: readonly (readonly [string, RegExp])[] = [
    [`${idOf(cut)}.spk`, /^it is cut: \d+ of \d+ bytes/],
    [`${idOf(short)}.spk`, /shorter than any pack/],
    [`${idOf(longer)}.spk`, /added behind its end/],
    [`${idOf(tampered)}.spk`, /not what its name says/],
    ['copy of a pack.spk', /renamed/],
    [`${'ab'.repeat(32)}.spk`, /not what its name says/],
    [`${'cd'.repeat(32)}.spk`, /no ordinary file/],
    [`${'ef'.repeat(32)}.spk`, /no ordinary file/],
    [`.${'aa'.repeat(32)}.spk.7.1`, /half written/],
  ];
  for (const [name, reason] of expected) assert.match(reasons.get(name) ?? 'none', reason, name);
  assert.equal(reasons.size, expected.length);
  assert.deepEqual(report['foreign'], [idOf(foreign)]);
  assert.deepEqual(report['ignored'], ['AUTORUN.INF']);
  assert.deepEqual(report['missing'], [idOf(renamed), idOf(gone)]);
  assert.deepEqual(report['taken'], [idOf(stat)]);
  assert.deepEqual(await center.clinical.arrivedPacks(), [idOf(stat)]);

  const healed = await out();
  assert.deepEqual(
    [healed.code, (healed.report['written'] as string[]).toSorted()],
    [0, [cut, short, longer, tampered, renamed, gone].map(idOf).toSorted()],
    'another export mends the stick',
  );
});

test('images on the stick are no business of the courier: they stay, and the packs come over', async (t) => {
  const { box, center, stick, out, into } = await openStickWorld(t);
  const images = join(stick.dir, 'DICOM');
  mkdirSync(images);
  const { part10 } = syntheticSlice({ seed: 3, slices: 1, rows: 16 }, 0);
  for (const path of [join(images, 'IM0001'), join(stick.dir, 'DICOMDIR')]) {
    writeFileSync(path, part10);
  }
  await box.send(threePacks);
  assert.equal((await out()).code, 0);
  // Somebody dropped one among the packs, too.
  writeFileSync(join(stick.folder, 'IM0002'), part10);
  const { code, report } = await into(center.config, '--clear');
  assert.deepEqual([code, report['refused'], report['ignored']], [0, [], ['IM0002']]);
  assert.equal((await center.clinical.arrivedPacks()).length, threePacks.length);
  for (const path of ['DICOM/IM0001', 'DICOMDIR', 'OUTPOST/IM0002']) {
    assert.deepEqual(readFileSync(join(stick.dir, path)), Buffer.from(part10), path);
  }
});

test('with --clear the stick keeps only what is not safe here', async (t) => {
  const { box, stick, out, into, center } = await openStickWorld(t);
  const foreign = packFor(otherMailbox, 'foreign');
  await box.send([...threePacks, { bytes: foreign, class: 2 }]);
  await out();
  assert.equal((await into(center.config, '--clear')).code, 0);
  assert.deepEqual(stick.names(), [`${idOf(foreign)}.spk`, 'index.json']);
  const again = await into();
  assert.deepEqual([again.code, again.report['missing']], [0, []]);
});

test('without a stick the courier says so, and nothing is written', async (t) => {
  const { box, root, stick } = await openStickWorld(t);
  await box.send(threePacks);
  const unmounted = await courier(['export', '--to', stick.dir, '--config', box.config]);
  assert.equal(unmounted.code, 65);
  assert.match(unmounted.error, /no stick is mounted there/);
  const empty = await courier(['import', '--from', stick.dir, '--config', box.config]);
  assert.equal(empty.code, 75);
  assert.match(empty.error, /Put the stick back in.*run the same command again/);
  const nowhere = join(root, 'nowhere');
  const absent = await courier(['export', '--to', nowhere, '--config', box.config]);
  assert.match(absent.error, /does not answer \(ENOENT\)/);
  for (const args of [
    [],
    ['export'],
    ['import', '--to', 'x'],
    ['export', '--to', 'x', '--limit', '0'],
  ]) {
    assert.equal((await courier(args)).code, 64, args.join(' '));
  }
});

test('a pack that is damaged in the spool does not reach the stick', async (t) => {
  const { box, stick, out } = await openStickWorld(t);
  await box.send([threePacks[2]]);
  const path = join(box.spoolDir, 'out/new', `${idOf(stat)}.spk`);
  const bytes = readFileSync(path);
  bytes[2_000] = (bytes[2_000] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  const { code, report } = await out();
  assert.equal(code, 1);
  assert.match((report['refused'] as { reason: string }[])[0]?.reason ?? '', /damaged/);
  assert.deepEqual(stick.names(), ['index.json']);
});

test('one courier at a time, and only the user of the data', async (t) => {
  const { box, out } = await openStickWorld(t);
  const owner = expectOk(await ownFolder(box.dataDir, 'courier.sock'));
  const second = await out();
  assert.equal(second.code, 69);
  assert.match(second.error, new RegExp(`process ${process.pid} works there`));
  await owner.release();
  if (process.getuid?.() !== 0) return t.skip('needs root to give files to another user');
  chownSync(box.dataDir, 12_345, 12_345);
  const stranger = await out();
  assert.equal(stranger.code, 64);
  assert.match(stranger.error, /sudo -u '#12345'/);
});
