import assert from 'node:assert/strict';
import { test } from 'node:test';
import { practise } from '#appliance/adapters/seal-practice.ts';

test('practice goes through the codecs of images, not around them', () => {
  const coded = practise();
  assert.equal(coded.length, 2);
  for (const { coding, payload, plainBytes, fallbacks } of coded) {
    assert.ok(coding >= 2, `coding ${coding}`);
    assert.ok(payload.length < plainBytes / 2.5);
    assert.deepEqual(fallbacks, []);
  }
});
