import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dropPacks } from '#appliance/intake/dropped-packs.ts';
import type { BoxFact } from '#appliance/store/facts.ts';
import { fault } from '#sync/core/fault.ts';
import { fail, ok } from '#sync/core/result.ts';

const packs = ['a'.repeat(64), 'b'.repeat(64)];

/** What happened, in order: packs that a fact gives up, and files that went. */
async function dropped(packIds: readonly string[], isFull: boolean) {
  const happened: string[] = [];
  const record = async (facts: readonly BoxFact[]) => {
    if (isFull) return fail(fault('store/full', 'The disk is full', 'Free space', 'later'));
    for (const fact of facts) if (fact.fact === 'dropped') happened.push(`fact ${fact.packId}`);
    return ok(undefined);
  };
  const spool = { removeSent: async (packId: string) => void happened.push(`file ${packId}`) };
  const ports = { recorder: { record }, spool, clock: { nowMs: () => 7 } };
  return { count: await dropPacks(ports, packIds, 'a reason'), happened };
}

test('all facts are written down before the first file goes', async () => {
  const { count, happened } = await dropped(packs, false);
  assert.equal(count, 2);
  const [a, b] = packs;
  assert.deepEqual(happened, [`fact ${a}`, `fact ${b}`, `file ${a}`, `file ${b}`]);
});

test('what cannot be written down stays in the spool', async () => {
  assert.deepEqual(await dropped(packs, true), { count: 0, happened: [] });
  assert.deepEqual(await dropped([], false), { count: 0, happened: [] });
});
