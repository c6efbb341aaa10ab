import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, resend } from '#appliance/housekeeping/deed-sending.ts';
import type { NamedInstance } from '#appliance/housekeeping/ports.ts';
import type { BoxFact } from '#appliance/store/facts.ts';
import { ok } from '#sync/core/result.ts';

const alpha = { by: 'TEST ALPHA', reason: 'asked for' };
const centers = [
  { root: 'a'.repeat(64), code: '00aa', name: 'Day Center', isOpen: true },
  { root: 'b'.repeat(64), code: '00bb', name: 'Night Center', isOpen: true },
  { root: 'c'.repeat(64), code: '00cc', name: 'Night Center', isOpen: false },
  { root: 'd'.repeat(64), code: '00dd', name: 'Old Center', isOpen: false },
];

/** A study with these instances: a state, and whether the relay has it. */
function world(...states: readonly (readonly [NamedInstance['state'], boolean?])[]) {
  const facts: BoxFact[] = [];
  const instances = states.map(([state, isOut = false], n) => ({
    ...{ sopInstanceUid: `2.25.${n}`, datasetSha256: `${n}`, state, isOut },
  }));
  const known = { isPinned: false, discardAskedBy: undefined };
  const ports = {
    catalog: {
      study: async (study: string) => (study === '2.25.9' ? known : undefined),
      instancesOf: async () => instances,
    } as unknown as Parameters<typeof address>[0]['catalog'],
    clock: { nowMs: () => 7 } as Parameters<typeof address>[0]['clock'],
    centers: () => centers,
  };
  const done: Parameters<typeof address>[4] = async (did, some, all) => {
    facts.push(...some);
    return ok({ did, instances: all.length, alreadyOut: 0 });
  };
  return {
    facts,
    address: (named: string, study = '2.25.9') => address(ports, study, named, alpha, done),
    resend: (study = '2.25.9') => resend(ports, study, alpha, done),
  };
}

const kindOf = (outcome: Awaited<ReturnType<typeof address>>): string =>
  outcome.ok ? outcome.value.did : outcome.fault.kind;

test('a center is named by its code, or by its name in any spelling', async () => {
  for (const named of ['00aa', 'Day Center', ' day  CENTER ']) {
    const { address, facts } = world(['packed', true], ['discarded']);
    const done = await address(named);
    assert.deepEqual(done.ok && done.value, { did: 'addressed', instances: 1, alreadyOut: 0 });
    const [fact] = facts;
    assert.ok(fact?.fact === 'addressed');
    assert.deepEqual([fact.center, fact.by, fact.reason], ['a'.repeat(64), alpha.by, alpha.reason]);
  }
});

test('a name of two centers, a center that takes nothing, and one that nobody knows change nothing', async () => {
  for (const named of ['Night Center', 'Old Center', '00dd', '00ee', '']) {
    const { address, facts } = world(['stored']);
    const refused = await address(named);
    assert.equal(kindOf(refused), 'deed/which-center', named);
    assert.match(refused.ok ? '' : refused.fault.next, /00aa Day Center, 00bb Night Center$/);
    assert.deepEqual(facts, []);
  }
  assert.equal(kindOf(await world(['stored']).address('00bb')), 'addressed', 'by its code it can');
});

test('a study of which images have left this box goes to no other center from here', async () => {
  assert.equal(kindOf(await world(['stored'], ['purged']).address('00aa')), 'deed/left-box');
  assert.equal(kindOf(await world(['stored']).address('00aa', '2.25.8')), 'deed/unknown-study');
});

test('only what waits at the relay for the word of the center is sent once more', async () => {
  const { resend, facts } = world(['packed', true], ['packed'], ['stored'], ['delivered', true]);
  const done = await resend();
  assert.deepEqual(done.ok && done.value, { did: 'resending', instances: 1, alreadyOut: 0 });
  assert.deepEqual(facts, [{ fact: 'resend-said', atMs: 7, study: '2.25.9', ...alpha }]);
  const nothing = world(['packed'], ['stored'], ['delivered', true]);
  assert.equal(kindOf(await nothing.resend()), 'deed/nothing-to-do');
  assert.equal(kindOf(await nothing.resend('2.25.8')), 'deed/unknown-study');
});
