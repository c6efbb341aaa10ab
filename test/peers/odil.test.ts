import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { StudyList } from '#appliance/api/contract.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import { syntheticStudy } from '#test/support/synthetic-ct.ts';
import { type LiveBox, runPeer, startBox } from './live-box.ts';

const isInstalled = spawnSync('odil', ['--help']).status === 0;
const skip = isInstalled ? false : 'odil (Debian package odil) is not installed';

const study = syntheticStudy({ seed: 53, slices: 3, rows: 64, patientName: 'TEST^BRAVO' });
const studyUid = study[0]?.attributes.studyInstanceUid ?? '';

const boxOf = (t: TestContext): Promise<LiveBox> =>
  startBox(t, {
    dicom: {
      ...{ host: '127.0.0.1', port: 0, aeTitles: ['OUTPOST'] },
      callers: [{ aeTitle: 'CT1' }, { aeTitle: 'VIEWER', address: '127.0.0.1', mayQuery: true }],
    },
  });

/** One command of odil, which asks as `title`. */
const odil = (box: LiveBox, command: string, title: string, ...more: readonly string[]) =>
  runPeer('odil', [command, '127.0.0.1', String(box.port), title, 'OUTPOST', ...more]);

test('odil is answered, stores, finds and gets', { skip }, async (t) => {
  const box = await boxOf(t);
  const echo = await odil(box, 'echo', 'CT1');
  assert.equal(echo.code, 0, echo.output);
  await store(box);

  const found = await odil(
    box,
    ...(['find', 'VIEWER', 'study'] as const),
    ...['QueryRetrieveLevel=STUDY', 'PatientName=test^b*', 'StudyInstanceUID'],
    ...['NumberOfStudyRelatedInstances', 'ModalitiesInStudy'],
  );
  assert.equal(found.code, 0, found.output);
  assert.match(found.output, new RegExp(studyUid.replaceAll('.', '\\.')));

  const folder = join(box.dir, 'got');
  await mkdir(folder);
  const got = await odil(
    box,
    ...(['get', 'VIEWER', 'study', '--directory', folder] as const),
    ...['QueryRetrieveLevel=STUDY', `StudyInstanceUID=${studyUid}`],
  );
  assert.equal(got.code, 0, got.output);
  const pixels = await Promise.all(
    (await readdir(folder)).map(async (name) => digestOfEnd(await readFile(join(folder, name)))),
  );
  assert.deepEqual(pixels.sort(), study.map(({ part10 }) => digestOfEnd(part10)).sort());
});

test('odil as a stranger finds nothing', { skip }, async (t) => {
  const box = await boxOf(t);
  await store(box);
  const keys = ['QueryRetrieveLevel=STUDY', 'StudyInstanceUID'];
  const found = await odil(box, 'find', 'CT1', 'study', ...keys);
  assert.doesNotMatch(found.output, new RegExp(studyUid.replaceAll('.', '\\.')));
});

async function store(box: LiveBox): Promise<void> {
  const folder = join(box.dir, 'to-store');
  await mkdir(folder);
  const files = study.map(({ part10 }, index) => ({ path: join(folder, `${index}.dcm`), part10 }));
  for (const { path, part10 } of files) await writeFile(path, part10);
  const stored = await odil(box, 'store', 'CT1', ...files.map(({ path }) => path));
  assert.equal(stored.code, 0, stored.output);
  for (let after = 0; ; ) {
    const list = (await box.api('GET', `/v1/studies?after=${after}&waitS=4`)).json as StudyList;
    if (list.studies[0]?.instanceCount === study.length) return;
    after = list.revision;
  }
}

/** The pixels end the object; odil writes a file header of its own in front of the dataset. */
function digestOfEnd(part10: Uint8Array): string {
  return Buffer.from(sha256(part10.subarray(-64 * 64 * 2))).toString('hex');
}
