import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  center,
  digestOf,
  entryOf,
  openEmptyCatalog,
  packOf,
  sealed,
  study,
  uidOf,
  wholePieces,
} from '#test/support/catalog-entries.ts';

const [old, other] = ['0'.repeat(16), '1'.repeat(16)];

test('packs to a key are those that the center may still need it for', async (t) => {
  const { catalog, add, apply } = await openEmptyCatalog(t);
  await add(...[1, 2, 3, 4].map((n) => entryOf(n)));
  await apply(
    sealed(1, { kid: old, pieces: wholePieces(1) }),
    sealed(2, { kid: old, pieces: wholePieces(2) }),
    sealed(3, { kid: other, pieces: wholePieces(3) }),
    // Sealed before keys were noted.
    sealed(4, { pieces: wholePieces(4) }),
    sealed(5, { kid: old, manifest: { version: 2, list: [[uidOf(1), digestOf(1)]] } }),
    { fact: 'custody', atMs: 20, packId: packOf(1), relay: 'relay-1' },
    { fact: 'custody', atMs: 20, packId: packOf(5), relay: 'relay-1' },
  );
  assert.deepEqual(await catalog.packsTo([old]), [packOf(1), packOf(2), packOf(5)]);
  assert.deepEqual(await catalog.packsTo([other, old]), [1, 2, 3, 5].map(packOf));
  assert.deepEqual(await catalog.packsTo([]), []);
  assert.deepEqual(await catalog.packsTo(['2'.repeat(16)]), []);
  await apply(
    { fact: 'dropped', atMs: 21, packId: packOf(2), reason: 'gone from the spool' },
    {
      ...{ fact: 'delivered', atMs: 22, packId: packOf(90), study, manifest: packOf(5) },
      instances: [[digestOf(1), digestOf(1), center, []]],
    },
  );
  assert.deepEqual(await catalog.packsTo([old]), [], 'given up, or confirmed');
});
