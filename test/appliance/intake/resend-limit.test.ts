import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { resendRefusal, spentOn } from '#appliance/intake/resend-limit.ts';

const mib = 1024 ** 2;

test('a study goes twice more, then a person is needed, whatever the budget says', () => {
  const ground = { sizeBytes: 1, spentBytes: 0, monthlyBytes: undefined };
  assert.deepEqual(
    [0, 1, 2, 3].map((resends) => resendRefusal({ ...ground, resends })),
    [undefined, undefined, 'twice', 'twice'],
  );
});

test('a tenth of the budget may cross the link again, to the byte', () => {
  const ground = { resends: 0, spentBytes: 60 * mib, monthlyBytes: 1_000 * mib };
  assert.equal(resendRefusal({ ...ground, sizeBytes: 40 * mib }), undefined);
  assert.equal(resendRefusal({ ...ground, sizeBytes: 40 * mib + 1 }), 'budget');
});

test('whatever is asked in whatever order, no month spends more than its tenth', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.array(fc.integer({ min: 0, max: 50_000 }), { maxLength: 50 }),
      (monthlyBytes, sizes) => {
        let spentBytes = 0;
        for (const sizeBytes of sizes) {
          const refusal = resendRefusal({ resends: 0, sizeBytes, spentBytes, monthlyBytes });
          if (refusal === undefined) spentBytes += sizeBytes;
        }
        assert.ok(10 * spentBytes <= monthlyBytes);
      },
    ),
  );
});

test('what was spent before the budget was renewed is forgotten, over the turn of the year too', () => {
  const at = (text: string) => Date.parse(`${text}T12:00:00Z`);
  const resends = ['2026-12-14', '2026-12-15', '2027-01-03'].map((day, index) => ({
    ...{ study: '1.2', atMs: at(day), sizeBytes: 10 ** index, asked: null },
  }));
  assert.equal(spentOn(resends, { renewsOn: '2027-01-15' }), 110);
  assert.equal(spentOn(resends, { renewsOn: '2027-02-15' }), 0);
  assert.equal(spentOn(resends, { renewsOn: '2027-01-01' }), 111);
});
