import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { StudyList } from '#appliance/api/contract.ts';
import type { UnassignedList } from '#appliance/api/contract-media.ts';
import { ask } from '#test/demo/socket-client.ts';
import { createLiveBox, liveDicom } from './live-box.ts';
import { sampleOutcomes } from './sample-outcomes.ts';
import {
  bytesOfSample,
  digestOfSample,
  dropSamples,
  leftIn,
  sendSamples,
  storedObjects,
} from './sample-road.ts';

const dicom = { ...liveDicom, privateSopClasses: ['1.3.6.1.4.1.99999.5.1'] };

/** Sends `paths` by C-STORE to a live box and holds each answer, and what lies in the segments, against the table. */
export async function assertNetworkRoad(t: TestContext, paths: readonly string[]): Promise<void> {
  const box = await createLiveBox(t);
  await box.configure({ dicom });
  const program = await box.start();
  const outcomes = await sendSamples(program.port, paths);
  program.child.kill('SIGTERM');
  assert.equal(await program.ended, 0);
  const stored = await storedObjects(box.dataDir);
  for (const path of paths) {
    const expected = sampleOutcomes[path]?.network ?? 'stored';
    assert.equal(outcomes.get(path), expected, path);
    const digest = digestOfSample(path) ?? '';
    assert.equal(stored.has(digest), expected === 'stored', `${path} in the segments`);
  }
}

/**
 * Drops `paths` into the hot folder of a live box and holds what became of each against the table. The studies that
 * need a person are the answer.
 */
export async function assertFolderRoad(
  t: TestContext,
  paths: readonly string[],
): Promise<UnassignedList['studies']> {
  const box = await createLiveBox(t);
  const folder = join(box.dir, 'import');
  await dropSamples(folder, paths);
  await box.configure({ dicom, importFolder: folder, importPatienceS: 1 });
  const program = await box.start();
  for (let after = 0, turns = 0; leftIn(folder).waiting.length > 0; turns += 1) {
    assert.ok(turns < 300, `left: ${leftIn(folder).waiting.slice(0, 5).join(', ')}`);
    const list = await ask<StudyList>(box.socket, `/v1/studies?after=${after}&waitS=1`);
    after = list?.revision ?? after;
  }
  const { rejected } = leftIn(folder);
  const unassigned = await ask<UnassignedList>(box.socket, '/v1/unassigned');
  program.child.kill('SIGTERM');
  assert.equal(await program.ended, 0);
  const stored = await storedObjects(box.dataDir);
  for (const path of paths) {
    const expected = sampleOutcomes[path];
    const objects = stored.get(digestOfSample(path) ?? '');
    assert.equal(objects === undefined, expected !== undefined, `${path} in the segments`);
    assert.match(rejected.get(path.split('/').at(-1) ?? '') ?? '', expected?.folder ?? /^$/, path);
    const whole = Buffer.from(bytesOfSample(path));
    const isPart10 = whole.toString('latin1', 128, 132) === 'DICM';
    if (objects && isPart10) {
      assert.ok(
        objects.some((object) => whole.equals(object)),
        `${path} byte for byte`,
      );
    }
  }
  return unassigned?.studies ?? [];
}
