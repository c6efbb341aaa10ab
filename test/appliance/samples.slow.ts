import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLiveBox, liveDicom } from '#test/support/live-box.ts';
import { samplePaths, samplesDir, skipSamples, storedObjects } from '#test/support/sample-road.ts';
import { assertFolderRoad, assertNetworkRoad } from '#test/support/sample-roads.ts';

const skip = skipSamples;

test('every sample goes in by C-STORE as the table says', { skip }, (t) =>
  assertNetworkRoad(t, samplePaths(/./)),
);

test('every sample goes in by the hot folder as the table says', { skip }, async (t) => {
  await assertFolderRoad(t, samplePaths(/./));
});

/** DCMTK reads and writes datasets anew, and refuses this genuine file; so its objects are counted, not compared. */
const refusedByDcmtk = new Set(['studies/us-cine-acuson/DIRW0007.dcm']);

test('what DCMTK can send of the studies is all stored', { skip }, async (t) => {
  const box = await createLiveBox(t);
  await box.configure({ dicom: liveDicom });
  const program = await box.start();
  const paths = samplePaths(/^studies\//).filter((path) => !refusedByDcmtk.has(path));
  const args = ['--no-halt', '--no-illegal-proposal', '-aet', 'CT1', '-aec', 'OUTPOST'];
  const files = paths.map((path) => join(samplesDir, path));
  const sent = await outputOf('dcmsend', [...args, '-v', '127.0.0.1', `${program.port}`, ...files]);
  t.diagnostic(sent.split('\n').slice(-12).join(' | '));
  program.child.kill('SIGTERM');
  assert.equal(await program.ended, 0);
  const stored = (await storedObjects(box.dataDir)).size;
  const accepted = Number(/with status SUCCESS *: (\d+)/.exec(sent)?.[1] ?? 0);
  assert.ok(accepted >= paths.length * 0.95, `${accepted} of ${paths.length}`);
  assert.equal(stored, accepted);
});

function outputOf(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args);
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
    }
    child.once('error', reject);
    child.once('close', () => resolve(text));
  });
}
