import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusSchema } from '#appliance/api/contract.ts';
import { textOf } from '#appliance/status-main.ts';
import { fuzzJson } from '#test/support/fuzz.ts';
import { status } from '../tui/samples.ts';

test('whatever a program answers, the printed status cannot act on the terminal', () => {
  const alerts = [{ code: 'DISK-FULL', message: 'The disk is full', next: 'Free space' }];
  const trouble = '"PACS" at 192.0.2.40 port 104: there is no answer';
  const forwarding = [{ destination: 'PACS', waitingSinceAt: '2026-01-01T10:00:00Z', trouble }];
  return fuzzJson(
    'outpost status',
    [status({ alerts, forwarding })],
    (value) => {
      const parsed = statusSchema.safeParse(value);
      if (!parsed.success) return;
      const lines = textOf(parsed.data).split('\n');
      const { alerts: told, forwarding: ways = [] } = parsed.data;
      assert.equal(lines.length, 7 + told.length + ways.length);
      for (const line of lines) assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u);
    },
    { rounds: 300 },
  );
});
