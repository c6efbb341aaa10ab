import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sampleOutcomes } from '#test/support/sample-outcomes.ts';
import { samplePaths, samplesDir, skipSamples, studyOfSample } from '#test/support/sample-road.ts';
import { assertFolderRoad, assertNetworkRoad } from '#test/support/sample-roads.ts';

/** All that is broken, and one of each syntax, script, document and medium; the whole is in `samples.slow.ts`. */
const few = /^(broken|charsets|media-fileset|reports|syntaxes)\//;
const skip = skipSamples;

test('every sample of the table of outcomes is there', { skip }, () => {
  const missing = Object.keys(sampleOutcomes).filter((path) => !existsSync(join(samplesDir, path)));
  assert.deepEqual(missing, []);
});

test(
  'real objects that are broken, rare or foreign: stored as they are by C-STORE, or refused with a status',
  {
    skip,
  },
  (t) => assertNetworkRoad(t, samplePaths(few)),
);

test('real files that are broken, rare or foreign: taken as they are from the hot folder, or set aside with a reason', {
  skip,
}, async (t) => {
  const unassigned = await assertFolderRoad(t, samplePaths(/^(broken|media-fileset)\//));
  const ofMedia = samplePaths(/^media-fileset\//).flatMap((path) => studyOfSample(path) ?? []);
  const outside = unassigned.filter(({ kind }) => kind === 'outside');
  assert.deepEqual(
    outside.map(({ studyInstanceUid }) => studyInstanceUid).sort(),
    [...new Set(ofMedia)].sort(),
  );
  assert.ok(outside.length > 3);
  const nobodys = unassigned.filter(({ kind }) => kind === 'needs identity');
  assert.ok(nobodys.length > 3, 'the samples without Patient ID or study');
});
