import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusSchema } from '#appliance/api/contract.ts';
import { textOf } from '#appliance/status-main.ts';
import { fuzzJson } from '#test/support/fuzz.ts';
import { status } from '../tui/samples.ts';

test('whatever a program answers, the printed status cannot act on the terminal', () => {
  const alerts = [{ code: 'DISK-FULL', message: 'The disk is full', next: 'Free space' }];
  return fuzzJson(
    'outpost status',
    [status({ alerts })],
    (value) => {
      const parsed = statusSchema.safeParse(value);
      if (!parsed.success) return;
      const lines = textOf(parsed.data).split('\n');
      assert.equal(lines.length, 7 + parsed.data.alerts.length);
      for (const line of lines) assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u);
    },
    { rounds: 300 },
  );
});
