import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inheritedFacts } from '#appliance/intake/inherit.ts';
import type { BoxFact } from '#appliance/store/facts.ts';
import {
  center,
  digestOf,
  otherCenter,
  packOf,
  sealed,
  study,
  uidOf,
  wholePieces,
} from '#test/support/catalog-entries.ts';

const own = {
  segmentOf: (name: string) => `new-${name}`,
  knowsCaller: (aeTitle: string, address: string) => aeTitle === 'CT1' && address === '192.0.2.1',
  atMs: 99,
};

const inherit = (...facts: readonly BoxFact[]) => inheritedFacts(facts, own);

/** Numbers of the packs that are given up. */
const droppedOf = (...facts: readonly BoxFact[]): readonly number[] =>
  inherit(...facts)
    .slice(facts.length)
    .map((fact) => {
      assert.equal(fact.fact, 'dropped');
      return fact.fact === 'dropped' ? Number(fact.packId.replace(/^a+/, '')) : 0;
    });

type Signed = Extract<BoxFact, { fact: 'delivered' }>['instances'][number];

const delivered = (...numbers: readonly number[]): BoxFact => ({
  ...{ fact: 'delivered', atMs: 30, packId: packOf(90), study, manifest: packOf(5) },
  instances: numbers.map((n): Signed => [digestOf(n), digestOf(n), 'PACS', []]),
});
const list = (...numbers: readonly number[]) =>
  sealed(5, { manifest: { version: 1, list: numbers.map((n) => [uidOf(n), digestOf(n)]) } });
const addressed = (to: string): BoxFact => ({
  ...{ fact: 'addressed', atMs: 40, study, center: to, by: 'DR DEMO', reason: 'a test' },
});

test('what the center signed for in whole stays, what it signed for in part is given up', () => {
  const packs = [sealed(1, { pieces: wholePieces(1, 2) }), sealed(2, { pieces: wholePieces(3) })];
  assert.deepEqual(droppedOf(...packs, list(1, 2, 3)), [1, 2, 5]);
  assert.deepEqual(droppedOf(...packs, list(1, 2, 3), delivered(1, 3)), [1, 5]);
  assert.deepEqual(droppedOf(...packs, list(1, 2, 3), delivered(1), delivered(2, 3)), []);
});

test('a pack that was given up before is not given up again, and a receipt never', () => {
  const lost: BoxFact = { fact: 'dropped', atMs: 20, packId: packOf(1), reason: 'gone' };
  const receipt = sealed(3, { kind: 'receipt', study: null, answers: packOf(7) });
  assert.deepEqual(droppedOf(sealed(1, { pieces: wholePieces(1) }), lost, receipt), []);
});

test('what another center had of a study counts no more, delivered or not', () => {
  const before = [sealed(1, { pieces: wholePieces(1) }), delivered(1), addressed(otherCenter)];
  assert.deepEqual(droppedOf(...before), [], 'the word itself gives it up');
  const anew = sealed(2, { center: otherCenter, pieces: wholePieces(1) });
  assert.deepEqual(droppedOf(...before, anew), [2], 'the receipt was of the other one');
  assert.deepEqual(droppedOf(...before, anew, delivered(1)), []);
  const same = [sealed(1, { pieces: wholePieces(1) }), addressed(center)];
  assert.deepEqual(droppedOf(...same), [1], 'the same center again changes nothing');
});

test('segments are called by their new names wherever a fact names one', () => {
  const place = { sopInstanceUid: uidOf(1), datasetSha256: digestOf(1) };
  const damaged: BoxFact = {
    ...{ fact: 'damaged', atMs: 1, ...place, segment: 'lane-0-0000001.seg', recordOffset: 4_096 },
  };
  const [renamed] = inherit(damaged);
  assert.deepEqual(renamed, { ...damaged, segment: 'new-lane-0-0000001.seg' });
});

test("a person's word about a device counts where this box has none", () => {
  const caller = (aeTitle: string, address: string): BoxFact => ({
    ...{ fact: 'caller', atMs: 1, aeTitle, address, verdict: 'accepted', by: 'NURSE DEMO' },
  });
  const kept = inherit(caller('CT1', '192.0.2.1'), caller('CT1', '192.0.2.2'));
  assert.deepEqual(kept, [caller('CT1', '192.0.2.2')]);
});
