import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMeter } from '#sync/agent/meter.ts';

test('letters of a few KB say nothing of the link', () => {
  const meter = createMeter();
  meter.acknowledged({ fromMs: 0, toMs: 620, sizeBytes: 3_400 });
  assert.equal(meter.line(600), 0);
  meter.acknowledged({ fromMs: 1_000, toMs: 2_000, sizeBytes: 100_000 });
  for (let n = 0; n < 9; n++) {
    meter.acknowledged({ fromMs: n * 60_000, toMs: n * 60_000 + 620, sizeBytes: 3_400 });
  }
  assert.equal(meter.line(600), 250_000);
});
