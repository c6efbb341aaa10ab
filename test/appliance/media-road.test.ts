import assert from 'node:assert/strict';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Status, StudyList, StudyRow } from '#appliance/api/contract.ts';
import type { Imports, UnassignedList } from '#appliance/api/contract-media.ts';
import { ask } from '#test/demo/socket-client.ts';
import { createLiveBox } from '#test/support/live-box.ts';
import { syntheticSlice } from '#test/support/synthetic-ct.ts';
import { syntheticObject } from '#test/support/synthetic-dataset.ts';

test('a disc and images of nobody are kept, and sent as a person says, also after a rebuild', async (t) => {
  const box = await createLiveBox(t);
  const folder = join(box.dir, 'import');
  await box.configure({ importFolder: folder, importPatienceS: 1 });
  await mkdir(join(folder, 'CD', 'DICOM'), { recursive: true });
  const theirs = syntheticSlice({ seed: 21, slices: 1, rows: 32 }, 0);
  const nobody = syntheticObject(
    { ...syntheticSlice({ seed: 22, slices: 1, rows: 32 }, 0).attributes, patientId: '' },
    [[0x7fe00010, 'OW', new Uint8Array(64)]],
  );
  await writeFile(join(folder, 'CD', 'DICOM', 'IM1'), theirs.part10);
  await writeFile(join(folder, 'CD', 'DICOMDIR'), 'an index');
  await writeFile(join(folder, 'CD', 'VIEWER.EXE'), 'a program');
  await writeFile(join(box.dir, 'nobody'), nobody.part10);
  await rename(join(box.dir, 'nobody'), join(folder, 'nobody.dcm'));

  const program = await box.start();
  await box.instances(2);
  const [outside, unnamed] = [theirs, nobody].map(
    ({ attributes }) => attributes.studyInstanceUid ?? '',
  );
  assert.ok(outside && unnamed);
  const stateOf = async (study: string) =>
    (await ask<StudyRow>(box.socket, `/v1/studies/${study}`))?.state;
  assert.equal(await stateOf(outside), 'outside');
  assert.equal(await stateOf(unnamed), 'needs help');

  const early = await box.command('outside', 'send', outside, '--by', 'NURSE DEMO');
  assert.deepEqual([early.code, /Bind it to a patient first/.test(early.output)], [1, true]);
  const who = ['--patient', 'DEMO-77', '--by', 'NURSE DEMO'];
  const nameless = await box.command('identity', 'assign', unnamed, ...who);
  assert.match(nameless.output, /give the name too/);
  const named = await box.command('identity', 'assign', unnamed, ...who, '--name', 'TEST^BRAVO');
  assert.deepEqual(named, { code: 0, output: 'Written down.\n' });
  const bound = await box.command('outside', 'bind', outside, ...who, '--send');
  assert.equal(bound.code, 0, bound.output);
  assert.match((await box.command('outside', 'list')).output, /TEST\^BRAVO {2}DEMO-77/);
  for (let after = 0, count = 0; count < 1; ) {
    count = (await ask<Imports>(box.socket, '/v1/imports'))?.rejected.count ?? 0;
    const list = await ask<StudyList>(box.socket, `/v1/studies?after=${after}&waitS=4`);
    after = list?.revision ?? 0;
  }
  const imports = await box.command('import');
  assert.match(imports.output, /VIEWER\.EXE\n.*no preamble/);
  const status = await ask<Status>(box.socket, '/v1/status');
  assert.match(
    status?.alerts.find(({ code }) => code === 'IMPORT')?.message ?? '',
    /2 file\(s\) taken/,
  );
  program.child.kill('SIGTERM');
  assert.equal(await program.ended, 0);
  assert.deepEqual((await readdir(folder)).sort(), ['CD', 'rejected']);

  assert.equal((await box.run('rebuild-index')).code, 0);
  const again = await box.start();
  const list = await ask<UnassignedList>(box.socket, '/v1/unassigned');
  const [entry] = list?.studies ?? [];
  assert.equal(list?.studies.length, 1);
  assert.equal(entry?.assigned?.by, 'NURSE DEMO');
  assert.ok(entry.releasedAt !== null);
  const row = await ask<StudyRow>(box.socket, `/v1/studies/${unnamed}`);
  assert.deepEqual([row?.patientName, row?.patientId], ['TEST^BRAVO', 'DEMO-77']);
  assert.notEqual(row?.state, 'needs help');
  again.child.kill('SIGTERM');
  await again.ended;
});
