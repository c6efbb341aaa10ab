import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSealingClaims } from '#appliance/intake/sealing-claims.ts';
import type { PendingInstance } from '#appliance/ports-waiting.ts';

const instance = (name: string) =>
  ({ sopInstanceUid: name, datasetSha256: name }) as PendingInstance;
const names = (found: readonly PendingInstance[]) =>
  found.map((each) => each.sopInstanceUid).join('');

test('what one lane has in hand the other does not see, until it is done', async () => {
  const claims = createSealingClaims();
  const read = async () => ['a', 'b', 'c'].map(instance);
  const letGo = claims.take([instance('b')]);
  assert.equal(names(await claims.unclaimed(read)), 'ac');
  letGo();
  assert.equal(names(await claims.unclaimed(read)), 'abc');
});

test('what became sealed while the other lane read is left out of what it read', async () => {
  const claims = createSealingClaims();
  const letGo = claims.take([instance('a')]);
  const answer = Promise.withResolvers<readonly PendingInstance[]>();
  const reading = claims.unclaimed(() => answer.promise);
  letGo();
  answer.resolve([instance('a'), instance('b')]);
  assert.equal(names(await reading), 'b');
  assert.equal(names(await claims.unclaimed(async () => [instance('a')])), 'a', 'it came back');
});

test('a read that fails lets go as well, and an instance in two packs is held by both', async () => {
  const claims = createSealingClaims();
  const first = claims.take([instance('a')]);
  const second = claims.take([instance('a')]);
  const broken = claims.unclaimed(() => Promise.reject(new Error('EIO')));
  first();
  await assert.rejects(broken, /EIO/);
  const read = async () => [instance('a')];
  assert.equal(names(await claims.unclaimed(read)), '');
  second();
  assert.equal(names(await claims.unclaimed(read)), 'a');
});

test('whatever overlaps, nobody is given what another has in hand or finished while it was read', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('begin' as const) }),
    fc.record({ do: fc.constant('answer' as const), at: fc.nat(3) }),
    fc.record({ do: fc.constant('take' as const), name: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ do: fc.constant('done' as const), at: fc.nat(3) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const claims = createSealingClaims();
      const all = ['a', 'b', 'c'];
      const sealed = new Set<string>();
      const inHand: { readonly name: string; readonly letGo: () => void }[] = [];
      /** A read sees what was pending when it began, as a database does. */
      const reads: {
        readonly answer: () => void;
        readonly found: Promise<string>;
        saw: string[];
      }[] = [];
      const give = async (at: number): Promise<void> => {
        const [read] = reads.splice(at % reads.length, 1);
        if (read === undefined) return;
        // In hand at the moment of the answer, or finished since the read began: not for this reader.
        const mine = read.saw.filter((each) => !inHand.some(({ name }) => name === each));
        const expected = mine.filter((each) => !sealed.has(each)).join('');
        read.answer();
        assert.equal(await read.found, expected);
      };
      for (const each of steps) {
        if (each.do === 'begin') {
          const saw = all.filter((name) => !sealed.has(name));
          const gate = Promise.withResolvers<readonly PendingInstance[]>();
          const found = claims.unclaimed(() => gate.promise).then(names);
          reads.push({ saw, found, answer: () => gate.resolve(saw.map(instance)) });
        } else if (each.do === 'answer' && reads.length > 0) await give(each.at);
        else if (each.do === 'take' && !sealed.has(each.name)) {
          inHand.push({ name: each.name, letGo: claims.take([instance(each.name)]) });
        } else if (each.do === 'done' && inHand.length > 0) {
          const [done] = inHand.splice(each.at % inHand.length, 1);
          // What became of it is in the catalog before it is let go of.
          if (done) sealed.add(done.name);
          done?.letGo();
        }
      }
      while (reads.length > 0) await give(0);
      for (const { letGo } of inHand) letGo();
      const back = await claims.unclaimed(async () => all.map(instance));
      assert.equal(names(back), 'abc', 'nothing is held for ever');
    }),
    { numRuns: 500 },
  );
});
