import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSample, sampleFiles, skipSamples } from '#test/support/coding-samples.ts';

test('small sample objects of all kinds come back from coding 2', { skip: skipSamples }, () => {
  const files = sampleFiles(150_000);
  assert.ok(files.length > 300);
  for (const [index, path] of files.entries()) checkSample(path, 2, index % 2 === 1);
});

test('the smallest sample objects come back from coding 3', { skip: skipSamples }, () => {
  const files = sampleFiles(12_000);
  assert.ok(files.length > 50);
  for (const [index, path] of files.entries()) {
    if (index % 6 === 0) checkSample(path, 3, index % 12 === 0);
  }
});
