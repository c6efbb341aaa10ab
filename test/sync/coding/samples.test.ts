import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { codeScans } from '#sync/coding/jpeg-scans.ts';
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

test('JPEG frames of every sample that has them come back, a fifth smaller and more', {
  skip: skipSamples,
}, () => {
  const files = sampleFiles(300_000).filter((path) =>
    /jpeg-?baseline|JPEGProcess1\.|ybr_color/i.test(path),
  );
  assert.ok(files.length >= 4);
  for (const path of files) {
    checkSample(path, 6, false);
    const bytes = new Uint8Array(readFileSync(path));
    const { scans, code } = codeScans(bytes, []);
    const scanBytes = scans.reduce((sum, { from, to }) => sum + to - from, 0);
    assert.ok(scans.length > 0, path);
    if (scanBytes > 20_000) assert.ok(code.length < scanBytes * 0.82, `${path}: ${code.length}`);
  }
});
