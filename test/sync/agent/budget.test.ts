import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  calibrated,
  heldByBudget,
  type Ledger,
  periodOf,
  renewalOf,
  usedIn,
  withCounted,
} from '#sync/agent/budget.ts';
import { createLedger, leaseBytes } from '#sync/agent/ledger.ts';
import { createMemory } from '#sync/agent/memory.ts';
import type { JournalEntry } from '#sync/agent/ports.ts';

test('a period begins on the day of the contract', () => {
  assert.equal(periodOf('2026-11-28', 1), '2026-11');
  assert.equal(periodOf('2026-11-04', 5), '2026-10');
  assert.equal(periodOf('2026-11-05', 5), '2026-11');
  assert.equal(periodOf('2027-01-01', 28), '2026-12');
  assert.equal(renewalOf('2026-12', 5), '2027-01-05');
  assert.equal(renewalOf('2026-10', 28), '2026-11-28');
});

test('what waits grows with what is used, and STAT never waits', () => {
  const rules = { monthlyBytes: 1_000, resetDay: 1 };
  const held = [799, 800, 949, 950, 999, 1_000, 5_000].map((used) => heldByBudget(used, rules));
  assert.deepEqual(held, [[], [3], [3], [2, 3], [2, 3], [1, 2, 3], [1, 2, 3]]);
});

test('a new month begins at nothing', () => {
  const ledger = withCounted({ '2026-10': 700 }, '2026-11', 5);
  assert.equal(usedIn(ledger, '2026-11'), 5);
  assert.equal(usedIn(ledger, '2026-12'), 0);
});

test('a clock that jumps ahead and comes back hides nothing, and is forgotten next month', () => {
  let ledger: Ledger = withCounted({}, '2026-11', 500);
  ledger = withCounted(ledger, '2099-01', 40);
  assert.equal(usedIn(ledger, '2026-11'), 540);
  ledger = withCounted(ledger, '2026-12', 7);
  assert.equal(usedIn(ledger, '2026-12'), 7);
  assert.equal(ledger['2099-01'], undefined);
});

test('a clock that lost its time goes on with the newest month', () => {
  const ledger = withCounted({ '2026-10': 300, '2026-11': 500 }, '1970-01', 10);
  assert.equal(usedIn(ledger, '1970-01'), 510);
  assert.equal(usedIn(ledger, '2026-11'), 510);
});

test('whatever the clock does within known months, no byte is left out of the month it was sent in', () => {
  const months = ['2026-09', '2026-10', '2026-11', '1970-01', '2031-05'];
  const steps = fc.array(fc.tuple(fc.constantFrom(...months), fc.nat({ max: 1_000 })));
  fc.assert(
    fc.property(steps, fc.nat({ max: 1_000 }), (jumps, last) => {
      let ledger: Ledger = { '2026-09': 1, '2026-10': 1, '2026-11': 1 };
      let sentInNovember = 0;
      for (const [month, bytes] of jumps) {
        // A wrong clock counts somewhere; what a right one counts into November has to stay in it.
        ledger = withCounted(ledger, month, bytes);
        if (month === '2026-11') sentInNovember += bytes;
        if (month === '2031-05' || month === '1970-01') sentInNovember += bytes;
      }
      ledger = withCounted(ledger, '2026-11', last);
      assert.ok(usedIn(ledger, '2026-11') >= sentInNovember + last);
    }),
  );
});

test('the factor follows the interface and takes no strange traffic for ours', () => {
  const mib = 1024 ** 2;
  assert.equal(calibrated(1.06, mib, 2 * mib), 1.06, 'too little');
  assert.equal(calibrated(1.06, 100 * mib, 500 * mib), 1.06, 'somebody else');
  assert.equal(calibrated(1.06, 100 * mib, 50 * mib), 1.06, 'another interface');
  let factor = 1.06;
  for (let round = 0; round < 30; round++) factor = calibrated(factor, 100 * mib, 110 * mib);
  assert.ok(Math.abs(factor - 1.1) < 0.001);
});

/** A journal that a kill leaves as it was written last. */
function journalOf(entry: JournalEntry) {
  let kept = entry;
  let writes = 0;
  return {
    kept: () => kept,
    writes: () => writes,
    read: async () => kept,
    write: async (next: JournalEntry) => {
      writes++;
      await Promise.resolve();
      kept = next;
    },
  };
}

const empty: JournalEntry = { cursors: {}, month: '', sentBytes: 0, fetchedBytes: 0 };

test('a kill at any time never counts too little, and a lease too much at most', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.integer({ min: 1, max: 700_000 }), { maxLength: 12 }), { maxLength: 6 }),
      async (lives) => {
        const journal = journalOf(empty);
        let sent = 0;
        for (const [life, pieces] of lives.entries()) {
          const ledger = createLedger(await createMemory(journal));
          assert.ok(ledger.usedBytes('2026-11') >= sent);
          assert.ok(ledger.usedBytes('2026-11') <= sent + life * leaseBytes);
          for (const bytes of pieces) {
            await ledger.count('2026-11', bytes);
            sent += bytes;
            assert.ok(
              usedIn(journal.kept().budget ?? {}, '2026-11') >= sent,
              'covered before it left',
            );
          }
          // The end of this life is a kill: nothing is settled.
        }
      },
    ),
  );
});

test('an orderly end leaves the bare count, and small pieces cost few writes', async () => {
  const journal = journalOf(empty);
  const memory = await createMemory(journal);
  const ledger = createLedger(memory);
  for (let n = 0; n < 100; n++) await ledger.count('2026-11', 64 * 1024);
  assert.ok(journal.writes() <= 8, `${journal.writes()} writes for 6.25 MiB`);
  ledger.settle();
  await memory.save();
  assert.equal(usedIn(journal.kept().budget ?? {}, '2026-11'), 100 * 64 * 1024);
});

test('a journal that takes nothing is told to whoever counts', async () => {
  const memory = await createMemory({
    read: async () => empty,
    write: () => Promise.reject(new Error('EIO')),
  });
  const ledger = createLedger(memory);
  await assert.rejects(ledger.count('2026-11', 5), /EIO/);
  assert.equal(ledger.usedBytes('2026-11'), 5);
});
