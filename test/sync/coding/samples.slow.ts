import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSample, sampleFiles, skipSamples } from '#test/support/coding-samples.ts';

for (const coding of [2, 4, 5, 6] as const) {
  test(`every sample object comes back from coding ${coding}`, { skip: skipSamples }, () => {
    const files = sampleFiles(Number.POSITIVE_INFINITY);
    assert.ok(files.length >= 612);
    for (const [index, path] of files.entries()) checkSample(path, coding, index % 2 === 1);
  });
}
