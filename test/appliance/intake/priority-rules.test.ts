import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createPriorityRules,
  type PriorityRule,
  ruleFor,
} from '#appliance/intake/priority-rules.ts';
import type { BoxFact } from '#appliance/store/facts.ts';
import { fault } from '#sync/core/fault.ts';
import { silentLog } from '#sync/core/log.ts';
import { fail, ok } from '#sync/core/result.ts';

const rules: readonly PriorityRule[] = [
  { name: 'old films', priority: 'bulk', from: ['SCANNER'] },
  { name: 'CT', priority: 'urgent', modalities: ['CT'] },
  { name: 'CT-ER', priority: 'stat', from: ['CT_ER', 'CT_ER2'], modalities: ['CT'] },
  { name: 'high', priority: 'stat', orderPriorities: ['HIGH'] },
];
const ground = { callingAeTitle: 'CT1', modalities: ['CR'], orderPriority: undefined };
const nameFor = (change: Partial<Parameters<typeof ruleFor>[1]>) =>
  ruleFor(rules, { ...ground, ...change })?.name;

test('a rule fits when all that it names does, and the most urgent one counts', () => {
  assert.equal(nameFor({}), undefined);
  assert.equal(nameFor({ modalities: ['SR', 'CT'] }), 'CT');
  assert.equal(nameFor({ callingAeTitle: 'CT_ER' }), undefined, 'a CR from there is none');
  assert.equal(nameFor({ callingAeTitle: 'CT_ER', modalities: ['CT'] }), 'CT-ER');
  assert.equal(nameFor({ callingAeTitle: 'SCANNER' }), 'old films');
  assert.equal(nameFor({ callingAeTitle: 'SCANNER', modalities: ['CT'] }), 'CT');
  assert.equal(nameFor({ orderPriority: 'HIGH' }), 'high');
  assert.equal(nameFor({ orderPriority: 'ROUTINE' }), undefined);
});

function world(byRule: 'stat' | 'urgent' | 'bulk' | undefined, isFull = false) {
  const recorded: BoxFact[] = [];
  let asked = 0;
  const found = { study: '2.25.1', callingAeTitle: 'CT_ER', modalities: ['CT'], byRule };
  const made = createPriorityRules(
    {
      catalog: {
        ruleGrounds: async () => {
          asked++;
          return [{ ...found, orderPriority: undefined }];
        },
      },
      recorder: {
        record: async (facts) => {
          if (isFull) return fail(fault('store/full', 'Cannot write', 'Wait', 'later'));
          recorded.push(...facts);
          return ok(undefined);
        },
      },
      nowMs: () => 7,
      log: silentLog,
    },
    rules,
  );
  return { recorded, made, asked: () => asked };
}

test('what a rule says is written down once, and a more urgent one later', async () => {
  for (const [before, isWritten] of [
    [undefined, true],
    ['bulk', true],
    ['urgent', true],
    ['stat', false],
  ] as const) {
    const { recorded, made } = world(before);
    assert.equal(await made.look(['2.25.1']), isWritten);
    const fact = {
      ...{ fact: 'rule-priority', atMs: 7, study: '2.25.1' },
      ...{ priority: 'stat', rule: 'CT-ER' },
    };
    assert.deepEqual(recorded, isWritten ? [fact] : []);
  }
});

test('a full disk is no priority, and without rules nobody is asked', async () => {
  assert.equal(await world(undefined, true).made.look(['2.25.1']), false);
  const { made, asked } = world(undefined);
  assert.equal(await made.look([]), false);
  assert.equal(asked(), 0);
});
