import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAnswering } from '#appliance/commitment/answering.ts';
import type { Commitment, CommitmentReport, KnownObject } from '#appliance/commitment/ports.ts';
import type { BoxFact } from '#appliance/store/facts.ts';
import { silentLog } from '#sync/core/log.ts';
import { ok } from '#sync/core/result.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

const image = { sopClassUid: '1.2', sopInstanceUid: '1.2.3' };

/** A device that hears as `hears` says, a box that knows `objects`, and time that is moved by hand. */
function open(objects: KnownObject[], hears: () => boolean) {
  const clock = createVirtualClock();
  const asked: Commitment[] = [
    {
      ...{ transactionUid: '1.9', callingAeTitle: 'CT1', calledAeTitle: 'OUTPOST' },
      ...{ address: '192.0.2.7', askedAtMs: clock.nowMs(), references: [image] },
    },
  ];
  const facts: BoxFact[] = [];
  const attempts: { readonly withRole: boolean; readonly report: CommitmentReport }[] = [];
  const stop = new AbortController();
  const answering = createAnswering({
    catalog: {
      open: async () => asked.filter(() => facts.length === 0),
      objects: async () => objects,
    },
    recorder: {
      record: async (written) => {
        facts.push(...written);
        return ok(undefined);
      },
    },
    reporter: {
      report: async (_commitment, report, { withRole }) => {
        attempts.push({ withRole, report });
        return hears() ? 'told' : 'not-told';
      },
    },
    policyOf: () => 'delivered',
    catalogued: async () => undefined,
    ...{ clock, random: { fraction: () => 0.999 }, log: silentLog },
  });
  const running = answering.run(stop.signal);
  return {
    answering,
    attempts,
    facts,
    /** Lets time pass in steps, and all that is due happen. */
    pass: async (ms: number, stepMs = 60_000) => {
      for (let at = 0; at <= ms; at += stepMs) {
        clock.advance(stepMs);
        for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      }
    },
    end: async () => {
      stop.abort();
      await running;
    },
  };
}

test('nothing is said while an image is on its way; when it is delivered, the device is told once', async () => {
  const objects: KnownObject[] = [{ ...image, state: 'packed', isInCustody: true }];
  const world = open(objects, () => true);
  await world.pass(3_600_000);
  assert.equal(world.attempts.length, 0);
  objects[0] = { ...image, state: 'delivered', isInCustody: true };
  await world.pass(120_000);
  assert.equal(world.attempts.length, 1);
  assert.deepEqual(world.attempts[0]?.report, { committed: [image], failed: [] });
  assert.deepEqual(
    world.facts.map((fact) => (fact.fact === 'commitment-answered' ? fact.outcome : fact.fact)),
    ['told'],
  );
  await world.end();
});

test('a device that is off at night is called again, with and without the role, until it hears', async () => {
  let isOn = false;
  const world = open([{ ...image, state: 'delivered', isInCustody: true }], () => isOn);
  await world.pass(12 * 3_600_000);
  assert.ok(world.attempts.length > 12 * 3, `${world.attempts.length} attempts`);
  assert.ok(world.attempts.length < 12 * 60);
  assert.deepEqual(
    world.attempts.slice(0, 4).map(({ withRole }) => withRole),
    [true, false, true, false],
  );
  assert.deepEqual(world.facts, []);
  isOn = true;
  await world.pass(20 * 60_000);
  assert.equal(world.facts.length, 1);
  await world.end();
});

test('an image that never arrives is a failure after a week, and a deaf device is given up after three', async () => {
  const world = open([{ ...image, state: 'stored', isInCustody: false }], () => false);
  await world.pass(8 * 86_400_000, 3_600_000);
  assert.ok(world.attempts.length > 0);
  assert.equal(world.attempts[0]?.report.failed[0]?.failureReason, 0x0110);
  assert.equal(world.facts.length, 0);
  await world.pass(15 * 86_400_000, 3_600_000);
  const [fact] = world.facts;
  assert.ok(fact?.fact === 'commitment-answered');
  assert.equal(fact.outcome, 'given-up');
  await world.end();
});
