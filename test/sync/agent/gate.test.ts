import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGate, freeGateRules, type GateRules, utcTime } from '#sync/agent/gate.ts';
import { createLedger } from '#sync/agent/ledger.ts';
import { budgetFault } from '#sync/agent/limits.ts';
import { createMemory } from '#sync/agent/memory.ts';
import { parseTimetable } from '#sync/agent/timetable.ts';
import { expectOk } from '#sync/core/result.ts';
import { agentStateSchema } from '#sync/wire/agent-state.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

const mib = 1024 ** 2;
const entry = { cursors: {}, month: '', sentBytes: 0, fetchedBytes: 0 };

async function gateOf(rules: Partial<GateRules>, startMs = Date.UTC(2026, 10, 28, 6, 59)) {
  const clock = createVirtualClock(startMs);
  const memory = await createMemory({ read: async () => entry, write: async () => undefined });
  const gate = createGate(clock, { ...freeGateRules, ...rules }, createLedger(memory));
  return { clock, gate };
}

const limitsSchema = agentStateSchema.shape.limits.unwrap();

test('without rules everything may leave at once', async () => {
  const { gate } = await gateOf({});
  await gate.spend(2, 100 * mib);
  assert.deepEqual([...gate.turns()].sort(), [1, 2, 3]);
  assert.equal(gate.waitMs(false), 0);
  const limits = limitsSchema.parse(gate.limits());
  assert.deepEqual([limits.capBytesPerS, limits.heldBy, limits.budget], [null, null, null]);
});

test('the timetable slows everything but STAT, from the minute on', async () => {
  const timetable = expectOk(parseTimetable('07:00 100k 20:00 off'));
  const { clock, gate } = await gateOf({ timetable });
  await gate.spend(2, 10 * mib);
  assert.equal(gate.waitMs(false), 0, 'before seven');
  clock.advance(60_000);
  await gate.spend(2, 100 * 1024);
  await gate.spend(2, 200 * 1024);
  assert.ok(gate.waitMs(false) > 1_900 && gate.waitMs(false) < 2_100, `${gate.waitMs(false)}`);
  assert.equal(gate.waitMs(true), 0);
  assert.equal(gate.limits().capBytesPerS, 100 * 1024);
  assert.equal(gate.limits().capUntilMinuteOfDay, 20 * 60);
  clock.advance(13 * 3_600_000);
  assert.equal(gate.waitMs(false), 0, 'in the evening');
});

test('what is fetched is of the same cap', async () => {
  const timetable = expectOk(parseTimetable('00:00 100k'));
  const { gate } = await gateOf({ timetable });
  gate.fetched(300 * 1024);
  assert.ok(gate.waitMs(false) > 1_900 && gate.waitMs(false) < 2_100, `${gate.waitMs(false)}`);
});

test('"none" lets nothing but STAT leave, and says so', async () => {
  const timetable = expectOk(parseTimetable('06:00 none 20:00 off'));
  const { clock, gate } = await gateOf({ timetable });
  assert.deepEqual(gate.turns(), []);
  assert.deepEqual(gate.limits().heldClasses, [1, 2, 3]);
  assert.equal(gate.limits().heldBy, 'timetable');
  clock.advance(14 * 3_600_000);
  assert.equal(gate.turns().length, 3);
});

test('the budget holds bulk, then routine, then all but STAT, until it is renewed', async () => {
  const budget = { monthlyBytes: 1_000 * mib, resetDay: 1 };
  const { clock, gate } = await gateOf({ budget });
  const after = async (part: number) => {
    await gate.spend(1, part * mib);
    return [...gate.turns()].sort();
  };
  assert.deepEqual(await after(700), [1, 2, 3]);
  assert.deepEqual(await after(60), [1, 2]);
  assert.deepEqual(await after(140), [1]);
  assert.deepEqual(await after(50), []);
  const { budget: shown, heldBy } = limitsSchema.parse(gate.limits());
  assert.equal(heldBy, 'budget');
  assert.ok(shown && shown.usedBytes >= 1_000 * mib);
  assert.equal(shown.renewsOn, '2026-12-01');
  assert.equal(budgetFault(shown)?.kind, 'agent/budget-spent');
  assert.equal(gate.waitMs(true), 0, 'STAT overdraws');
  await gate.spend(0, 100 * mib);
  clock.advance(3 * 86_400_000);
  assert.equal(gate.turns().length, 3, 'December');
});

test('what is fetched counts, and a byte costs what the interface says', async () => {
  const budget = { monthlyBytes: 1_000 * mib, resetDay: 1 };
  const { gate } = await gateOf({ budget });
  gate.calibrate(0);
  gate.fetched(100 * mib);
  for (let round = 1; round <= 40; round++) {
    await gate.spend(2, 10 * mib);
    gate.calibrate((100 + round * 10) * mib * 1.2);
  }
  const used = gate.limits().budget?.usedBytes ?? 0;
  assert.ok(used > 500 * mib * 1.12 && used < 500 * mib * 1.2, `${used / mib} MiB`);
});

test('staff hear of each stage with the day on which it ends', () => {
  const at = (usedBytes: number) =>
    budgetFault({ usedBytes, monthlyBytes: 1_000, renewsOn: '2026-12-01' });
  assert.equal(at(799), undefined);
  assert.equal(at(800)?.kind, 'agent/budget-short');
  assert.equal(at(950)?.kind, 'agent/budget-reserve');
  assert.match(at(2_000)?.message ?? '', /until 2026-12-01 only STAT/);
  assert.equal(utcTime(0).date, '1970-01-01');
});
