import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectOk } from '#sync/core/result.ts';
import type { PackStore, PartKey } from '#sync/relay/ports.ts';
import { idOf, seededBytes } from '#test/support/pack-bytes.ts';

const pack = seededBytes('pack store', 5_000);
const packId = idOf(pack);
const key: PartKey = { center: 'aa'.repeat(32), handle: 'bb'.repeat(16), packId };

/** What every pack store must do. */
export function packStoreContract(
  name: string,
  open: () => Promise<{ readonly store: PackStore; close(): Promise<void> }>,
): void {
  const check = (sentence: string, body: (store: PackStore) => Promise<void>): void => {
    test(`${name}: ${sentence}`, async () => {
      const { store, close } = await open();
      try {
        await body(store);
      } finally {
        await close();
      }
    });
  };

  check('a part grows, is listed, and becomes a pack when it hashes to its id', async (store) => {
    expectOk(await store.writePart(key, 0, pack.subarray(0, 2_000)));
    expectOk(await store.writePart(key, 2_000, pack.subarray(2_000)));
    assert.deepEqual(await store.parts(), [{ ...key, sizeBytes: 5_000 }]);
    assert.deepEqual(expectOk(await store.readPartHead(key, 10)), pack.subarray(0, 10));
    assert.equal(expectOk(await store.finishPart(key, 5_000)), true);
    assert.deepEqual(await store.parts(), []);
    assert.deepEqual(await store.packs(), [{ packId, sizeBytes: 5_000 }]);
    assert.equal(expectOk(await store.finishPart(key, 5_000)), true, 'a second time is fine');
    assert.deepEqual(
      expectOk(await store.readPack(packId, 4_990, 100)),
      pack.subarray(4_990),
      'a read ends with the pack',
    );
    await store.removePack(packId);
    await store.removePack(packId);
    assert.equal(expectOk(await store.readPack(packId, 0, 10)), undefined);
  });

  check('a part with a wrong byte or length is dropped', async (store) => {
    const bad = pack.slice();
    bad[100] = (bad[100] ?? 0) ^ 1;
    expectOk(await store.writePart(key, 0, bad));
    assert.equal(expectOk(await store.finishPart(key, 5_000)), false);
    expectOk(await store.writePart(key, 0, pack));
    assert.equal(expectOk(await store.finishPart(key, 5_001)), false);
    assert.deepEqual(await store.parts(), []);
    assert.deepEqual(await store.packs(), []);
  });

  check('parts of two callers are two parts', async (store) => {
    const other = { ...key, handle: 'cc'.repeat(16) };
    expectOk(await store.writePart(key, 0, pack));
    expectOk(await store.writePart(other, 0, Uint8Array.of(1)));
    assert.equal((await store.parts()).length, 2);
    await store.dropPart(other);
    await store.dropPart(other);
    assert.equal(expectOk(await store.finishPart(key, 5_000)), true);
  });

  check('documents of a center are kept by name', async (store) => {
    assert.equal(await store.readDocument(key.center, 'center.keys'), undefined);
    expectOk(await store.writeDocument(key.center, 'center.keys', 'one'));
    expectOk(await store.writeDocument(key.center, 'center.keys', 'two'));
    assert.equal(await store.readDocument(key.center, 'center.keys'), 'two');
    assert.equal(await store.readDocument(key.center, 'access.json'), undefined);
    assert.ok((await store.freeBytes()) > 0);
  });
}
