import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCallersApp } from '#appliance/api/callers-app.ts';
import {
  type CallerList,
  callerListSchema,
  callerVerdictSchema,
} from '#appliance/api/contract-callers.ts';
import { createCallerBook } from '#appliance/callers/book.ts';
import { createCallerDesk } from '#appliance/callers/desk.ts';
import type { SeenCaller } from '#appliance/callers/ports.ts';
import type { BoxFact } from '#appliance/store/facts.ts';
import { fault } from '#sync/core/fault.ts';
import { fail, ok } from '#sync/core/result.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';
import { fuzzJson } from '#test/support/fuzz.ts';

const seen = (callingAeTitle: string, address: string, lastAtMs: number): SeenCaller => ({
  ...{ callingAeTitle, calledAeTitle: 'OUTPOST', address, firstAtMs: 1, lastAtMs },
});

function open(isFull = false) {
  const clock = createVirtualClock();
  const book = createCallerBook([{ aeTitle: 'CT1', address: '192.0.2.7' }]);
  const facts: BoxFact[] = [];
  let changes = 0;
  const desk = createCallerDesk({
    callers: {
      seen: async () => [
        seen('CT1', '192.0.2.7', 9_000),
        seen('CT1', '192.0.2.8', 3_000),
        seen('NEW', '192.0.2.30', 2_000),
        { ...seen('NEW', '192.0.2.30', 2_500), calledAeTitle: 'OLD_PACS' },
      ],
    },
    book,
    recorder: {
      record: async (written) => {
        if (isFull) return fail(fault('store/full', 'Cannot write', 'Wait', 'later'));
        facts.push(...written);
        return ok(undefined);
      },
    },
    clock,
    onChange: () => {
      changes += 1;
    },
  });
  const app = createCallersApp(desk);
  const post = (body: unknown) =>
    app.request('/', { method: 'POST', body: JSON.stringify(body) ?? '' });
  const list = async () => ((await (await app.request('/')).json()) as CallerList).callers;
  return { app, desk, book, facts, post, list, changes: () => changes };
}

const accept = { aeTitle: 'NEW', address: '192.0.2.30', verdict: 'accepted', by: 'TEST ALPHA' };

test('what waits for a decision comes first, and each device is one question', async () => {
  const { desk, list } = open();
  assert.deepEqual(
    (await list()).map(({ aeTitle, standing }) => `${aeTitle} ${standing}`),
    ['NEW unknown', 'NEW unknown', 'CT1 moved', 'CT1 known'],
  );
  assert.deepEqual(
    (await desk.questions()).map(({ aeTitle, standing }) => `${aeTitle} ${standing}`),
    ['CT1 moved', 'NEW unknown'],
  );
});

test('a decision is a fact with name and time, holds at once, and shows who decided', async () => {
  const { post, facts, book, list, desk, changes } = open();
  assert.equal((await post(accept)).status, 200);
  assert.deepEqual(facts, [{ fact: 'caller', atMs: createVirtualClock().nowMs(), ...accept }]);
  const caller = { callingAeTitle: 'NEW', calledAeTitle: 'OUTPOST', address: '192.0.2.30' };
  assert.equal(book.standingOf(caller), 'known');
  assert.equal((await desk.questions()).length, 1);
  assert.equal((await list()).find(({ aeTitle }) => aeTitle === 'NEW')?.decidedBy, 'TEST ALPHA');
  assert.equal(changes(), 1);
});

test('nothing is decided without a name, or for what is no address', async () => {
  const { post, facts } = open();
  for (const change of [{ by: ' ' }, { by: undefined }, { address: 'ct1.local' }, { verdict: 1 }]) {
    const answer = await post({ ...accept, ...change });
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /NOT-UNDERSTOOD/);
  }
  assert.deepEqual(facts, []);
});

test('a decision that cannot be written down does not hold', async () => {
  const { post, book } = open(true);
  assert.equal((await post(accept)).status, 503);
  const caller = { callingAeTitle: 'NEW', calledAeTitle: 'OUTPOST', address: '192.0.2.30' };
  assert.equal(book.standingOf(caller), 'unknown');
});

test('any body is a decision in bounds or refused in JSON', () =>
  fuzzJson('createCallersApp', [accept], async (body) => {
    const { post, facts } = open();
    const answer = await post(body);
    assert.ok([200, 400].includes(answer.status), `status ${answer.status}`);
    assert.equal(callerVerdictSchema.safeParse(body).success, answer.status === 200);
    assert.equal(facts.length, answer.status === 200 ? 1 : 0);
    const [fact] = facts;
    if (fact?.fact === 'caller') assert.doesNotMatch(fact.by, /[\p{Cc}\p{Cf}]/u);
  }));

test('the list of the contract is read again as it was read', () => {
  const caller = {
    ...{ aeTitle: 'CT1', address: '192.0.2.7', calledAeTitle: 'OUTPOST', standing: 'known' },
    ...{ firstAt: '2026-01-05T10:00:00.000Z', lastAt: '2026-01-05T10:00:00.000Z' },
    ...{ decidedBy: null, decidedAt: null },
  };
  return fuzzJson(
    'callerListSchema',
    [{ callers: [caller] }],
    (value) => {
      const parsed = callerListSchema.safeParse(value);
      if (parsed.success) assert.deepEqual(callerListSchema.parse(parsed.data), parsed.data);
    },
    { rounds: 200 },
  );
});
