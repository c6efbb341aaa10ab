import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soak } from './soak.ts';

const minutes = Number(process.env['OUTPOST_SOAK_MINUTES'] ?? 1);
const seed = process.env['OUTPOST_SOAK_SEED'] ?? String(Date.now());

test(`four boxes, two relays and two centers hold out ${minutes} minute(s) of chaos`, async (t) => {
  t.diagnostic(`OUTPOST_SOAK_SEED=${seed}`);
  const report = await soak({ seed, minutes, settleS: 900, say: (text) => t.diagnostic(text) });
  t.diagnostic(JSON.stringify(report));
  assert.deepEqual(report.broken, []);
  assert.ok(report.acknowledged > 0, 'the modalities sent nothing');
});
