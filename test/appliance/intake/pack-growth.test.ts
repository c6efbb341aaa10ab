import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPackGrowth } from '#appliance/intake/pack-growth.ts';

test('the next pack may be twice the last one of a study that was broken off, and of no other', () => {
  const step = fc.record({
    study: fc.constantFrom('2.25.1', '2.25.2', '2.25.3'),
    lastBytes: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 14 * 1024 * 1024 })),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const growth = createPackGrowth();
      const last = new Map<string, number>();
      for (const { study, lastBytes } of steps) {
        growth.brokeOff(study, lastBytes);
        last.set(study, lastBytes);
      }
      for (const study of ['2.25.1', '2.25.2', '2.25.3']) {
        assert.equal(growth.nextBytes(study), 2 * (last.get(study) ?? 0));
      }
    }),
  );
});
