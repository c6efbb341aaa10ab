import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discard } from '#appliance/housekeeping/deed-discard.ts';
import type { NamedInstance, Tombstones } from '#appliance/housekeeping/ports.ts';
import type { BoxFact } from '#appliance/store/facts.ts';
import { fault } from '#sync/core/fault.ts';
import { fail, ok } from '#sync/core/result.ts';

const alpha = { by: 'Test  Alpha', reason: 'phantom' };
const bravo = { by: 'TEST BRAVO', reason: 'agreed' };

/** A study with so many rejected images, and a disk that takes `room` facts. */
function world(rejected: number, { room = 99, isPinned = false, askedBy = '' } = {}) {
  let left = rejected;
  const facts: BoxFact[] = [];
  const record = async (some: readonly BoxFact[]) => {
    if (facts.length + some.length > room) {
      return fail(fault('store/full', 'the disk is full', 'Free space', 'later'));
    }
    facts.push(...some);
    for (const fact of some) if (fact.fact === 'discarded') left -= fact.instances.length;
    return ok(undefined);
  };
  const named = (state: NamedInstance['state'], count: number): NamedInstance[] =>
    Array.from({ length: count }, (_, n) => ({
      ...{ sopInstanceUid: `2.25.${n}`, datasetSha256: `${state} ${n}`, state, isOut: false },
    }));
  const ports = {
    catalog: {
      study: async () => ({ isPinned, discardAskedBy: askedBy || undefined }),
      instancesOf: async () => [...named('delivered', 1), ...named('rejected', left)],
      tombstones: async (_study: string, _state: string, limit: number) =>
        left === 0
          ? undefined
          : ({ instances: named('rejected', Math.min(limit, left)) } as unknown as Tombstones),
    } as unknown as Parameters<typeof discard>[0]['catalog'],
    clock: { nowMs: () => 7 } as Parameters<typeof discard>[0]['clock'],
    recorder: { record },
  };
  const act = (decision: typeof alpha) =>
    discard(ports, '2.25.9', decision, async (did, some, all) => {
      const recorded = await record(some);
      if (!recorded.ok) throw new Error('not expected');
      return ok({ did, instances: all.length, alreadyOut: 0 });
    });
  return { act, facts, left: () => left };
}

test('the first person only asks', async () => {
  const { act, facts, left } = world(2);
  const done = await act(alpha);
  assert.deepEqual(done.ok && done.value, { did: 'asked', instances: 2, alreadyOut: 0 });
  assert.deepEqual(facts, [{ fact: 'discard-asked', atMs: 7, study: '2.25.9', ...alpha }]);
  assert.equal(left(), 2);
});

test('one person under two spellings is one person', async () => {
  const { act, left } = world(2, { askedBy: 'TEST ALPHA' });
  const done = await act(alpha);
  assert.equal(done.ok ? '' : done.fault.kind, 'deed/same-person');
  assert.equal(left(), 2);
});

test('a pinned study, and one of which nothing is rejected, stay as they are', async () => {
  const kindOf = async (of: ReturnType<typeof world>) => {
    const done = await of.act(bravo);
    assert.deepEqual(of.facts, []);
    return done.ok ? '' : done.fault.kind;
  };
  assert.equal(await kindOf(world(2, { isPinned: true, askedBy: 'A' })), 'deed/pinned');
  assert.equal(await kindOf(world(0, { askedBy: 'A' })), 'deed/nothing-to-do');
});

for (const count of [1, 200, 201, 450]) {
  test(`the second person lets all ${count} go, some in each fact, and nobody else's image`, async () => {
    const { act, facts, left } = world(count, { askedBy: 'TEST ALPHA' });
    const done = await act(bravo);
    assert.deepEqual(done.ok && done.value, {
      ...{ did: 'discarded', instances: count, alreadyOut: 0 },
    });
    assert.equal(left(), 0);
    const gone = facts.flatMap((fact) => (fact.fact === 'discarded' ? [fact] : []));
    assert.equal(gone.length, Math.ceil(count / 200));
    for (const { askedBy, by, instances } of gone) {
      assert.deepEqual([askedBy, by], ['TEST ALPHA', bravo.by]);
      assert.ok(instances.every(({ datasetSha256 }) => datasetSha256.startsWith('rejected')));
    }
  });
}

test('a disk that fills up in the middle is not told as if nothing had gone', async () => {
  const none = await world(450, { askedBy: 'TEST ALPHA', room: 0 }).act(bravo);
  assert.match(none.ok ? '' : none.fault.message, /^Nothing was changed/);
  const some = await world(450, { askedBy: 'TEST ALPHA', room: 1 }).act(bravo);
  assert.equal(some.ok ? '' : some.fault.kind, 'deed/not-written-down');
  assert.match(some.ok ? '' : some.fault.message, /^200 of 450 images are gone/);
});
