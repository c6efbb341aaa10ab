import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEvidence, isProvenComplete } from '#appliance/orders/evidence.ts';
import { silentLog } from '#sync/core/log.ts';

const whole = { finalSteps: 1, openSteps: 0, named: 3, missing: 0 };

test('only a finished step of which everything is here proves that a study is complete', () => {
  assert.equal(isProvenComplete(whole), true);
  for (const change of [{ finalSteps: 0 }, { openSteps: 1 }, { named: 0 }, { missing: 1 }])
    assert.equal(isProvenComplete({ ...whole, ...change }), false, JSON.stringify(change));
});

test('what is proven is told, and a catalog that does not answer stops nothing', async () => {
  const finished: string[] = [];
  const weigh = createEvidence({
    catalog: {
      evidenceOf: async (study) => {
        if (study === 'broken') throw new Error('no answer');
        return study === 'whole' ? whole : { ...whole, missing: 1 };
      },
    },
    quiet: { finished: (study) => void finished.push(study) },
    log: silentLog,
  });
  await weigh(['short', 'whole', 'broken']);
  assert.deepEqual(finished, ['whole']);
});
