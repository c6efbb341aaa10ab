import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { BoxFact } from '#appliance/store/facts.ts';
import { uid } from '#sync/dicom/uid.ts';
import {
  digestOf,
  entryOf,
  openEmptyCatalog,
  packOf,
  payloadSizeBytes,
  sealed,
  study,
  uidOf,
} from '#test/support/catalog-entries.ts';

type Receipted = [string, string, string, string[]];

const { center } = sealed(1, {});
const ledger = (id: string, list: number): BoxFact => ({
  ...{ fact: 'ledger', atMs: 40 + list, center, ledger: id.repeat(16), list },
});
const delivered = (receipt: number, manifest: number): BoxFact => ({
  ...{
    fact: 'delivered',
    atMs: receipt,
    packId: packOf(receipt),
    study,
    manifest: packOf(manifest),
  },
  instances: [1, 2].map((n): Receipted => [digestOf(n), digestOf(n), 'PACS', []]),
});
const custody = (n: number): BoxFact => ({
  ...{ fact: 'custody', atMs: n, packId: packOf(n), relay: 'relay-1' },
});
const list: [string, string][] = [1, 2].map((n) => [uidOf(n), digestOf(n)]);
const pieces = (n: number): [string, string, number, number][] => [
  [uidOf(n), digestOf(n), 0, payloadSizeBytes],
];

/** A study is delivered, its center restored, one image of it lost there and sent again. */
const facts: readonly BoxFact[] = [
  ledger('aa', 3),
  sealed(1, { pieces: pieces(1) }),
  sealed(2, { pieces: pieces(2) }),
  sealed(3, { manifest: { version: 1, list } }),
  ...[1, 2, 3].map(custody),
  delivered(90, 3),
  ledger('bb', 5),
  delivered(91, 3),
  sealed(4, { manifest: { version: 2, list, again: true } }),
  custody(4),
  {
    ...{ fact: 'resent', atMs: 50, study, sizeBytes: 10, asked: 'x please-resend restored 1' },
    instances: [digestOf(2)],
  },
  sealed(5, { pieces: pieces(2) }),
  custody(5),
  delivered(92, 4),
];

async function openCatalog(t: TestContext) {
  const box = await openEmptyCatalog(t);
  await box.add(entryOf(1), entryOf(2));
  return {
    ...box,
    states: async () => (await box.catalog.instances()).map(({ state }) => state),
  };
}

test('each step of a restore, and a list of before that is answered late proves nothing', async (t) => {
  const { apply, states, catalog } = await openCatalog(t);
  const expected = new Map([
    [7, ['delivered', 'delivered']],
    [8, ['packed', 'packed']],
    [9, ['packed', 'packed']],
    [12, ['packed', 'stored']],
    [13, ['packed', 'packed']],
    [15, ['delivered', 'delivered']],
  ]);
  for (const [n, fact] of facts.entries()) {
    await apply(fact);
    const after = expected.get(n);
    if (after) assert.deepEqual(await states(), after, `after fact ${n}`);
  }
  assert.deepEqual(await catalog.offers(center), { offered: 0, gone: 0 });
});

test('facts of a restore that are applied again from any place on change nothing', async (t) => {
  for (let until = 1; until <= facts.length; until++) {
    const { apply, states, catalog } = await openCatalog(t);
    const some = facts.slice(0, until);
    await apply(...some);
    const before = [await states(), await catalog.ledgers(), await catalog.resends()];
    for (let from = 0; from < until; from++) {
      await apply(...some.slice(from));
      const after = [await states(), await catalog.ledgers(), await catalog.resends()];
      assert.deepEqual(after, before, `${from} to ${until}`);
    }
  }
});

test('of hundreds of studies the newest are offered first, and the others behind them', async (t) => {
  const { catalog, add, apply } = await openEmptyCatalog(t);
  const numbers = Array.from({ length: 203 }, (_, at) => at + 1);
  const studyOf = (n: number) => uid(`2.25.7000${n}`);
  await add(...numbers.map((n) => entryOf(n, { studyInstanceUid: studyOf(n) })));
  await apply(ledger('aa', 3));
  const listOf = (n: number): [string, string][] => [[uidOf(n), digestOf(n)]];
  for (const n of numbers) {
    const of = { study: studyOf(n) };
    await apply(
      sealed(n, { ...of, pieces: pieces(n) }),
      sealed(1_000 + n, { ...of, manifest: { version: 1, list: listOf(n) } }),
    );
  }
  assert.deepEqual(await catalog.sealingStudies(), []);
  await apply(ledger('bb', 4));
  const due = async () => new Set((await catalog.sealingStudies()).map((each) => each.study));
  const first = await due();
  assert.equal(first.size, 200);
  assert.ok(!first.has(studyOf(3)) && first.has(studyOf(4)));
  const again = { version: 2, list: listOf(203), again: true } as const;
  await apply(sealed(2_000, { study: studyOf(203), manifest: again }));
  const next = await due();
  assert.ok(next.has(studyOf(3)) && !next.has(studyOf(203)));
});
