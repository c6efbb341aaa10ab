import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusSchema } from '#appliance/api/contract.ts';
import { textOf } from '#appliance/commands/status.ts';
import { fuzzJson } from '#test/support/fuzz.ts';
import { status } from '#test/tui/samples.ts';

test('whatever a program answers, the printed status cannot act on the terminal', () => {
  const alerts = [{ code: 'DISK-FULL', message: 'The disk is full', next: 'Free space' }];
  const trouble = '"PACS" at 192.0.2.40 port 104: there is no answer';
  const forwarding = [{ destination: 'PACS', waitingSinceAt: '2026-01-01T10:00:00Z', trouble }];
  const sending = {
    waiting: { stat: 1, urgent: 0, routine: 12, bulk: 3 },
    ...{ capBytesPerS: 64_000, capUntil: '20:00' },
    held: ['bulk' as const],
    heldBy: 'budget' as const,
    budget: { usedBytes: 41e9, monthlyBytes: 50e9, renewsOn: '2026-12-05' },
  };
  return fuzzJson(
    'outpost status',
    [status({ alerts, forwarding }), status({ sending })],
    (value) => {
      const parsed = statusSchema.safeParse(value);
      if (!parsed.success) return;
      const lines = textOf(parsed.data).split('\n');
      const { alerts: told, forwarding: ways = [] } = parsed.data;
      const limits = parsed.data.sending;
      const said = limits
        ? 1 + Number(limits.capBytesPerS !== null) + Number(limits.budget !== null)
        : 0;
      assert.equal(lines.length, 7 + told.length + ways.length + said);
      for (const line of lines) assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u);
    },
    { rounds: 300 },
  );
});
