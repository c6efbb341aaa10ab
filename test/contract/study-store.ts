import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { StudyStore } from '#sync/center/ports-store.ts';
import { coverObject } from '#sync/center/ranges.ts';
import type { LedgerEntry } from '#sync/center/rows.ts';
import { gather } from '../support/gather.ts';
import { wholeOf } from '../support/outgoing.ts';
import { seededBytes } from '../support/pack-bytes.ts';
import { syntheticSlice } from '../support/synthetic-ct.ts';

const study = '2.25.1';
const slices = { seed: 5, slices: 2, rows: 192 };
const first = syntheticSlice(slices, 0);
const second = syntheticSlice(slices, 1);

const entry = (packId: string, takenAt: string, uid: string | undefined): LedgerEntry => ({
  pack: {
    packId,
    kind: 'data',
    signer: 'aa',
    uid: packId,
    stream: 'bb',
    sequence: '1',
    takenAt,
  },
  ...(uid && { study: { studyInstanceUid: uid, box: 'aa', site: 'S', group: 'cc', firstAt: '' } }),
  instances: [],
});

/** What every study store does; `name` says which one failed. */
export function studyStoreContract(
  name: string,
  open: (t: TestContext) => Promise<StudyStore>,
): void {
  async function readObject(store: StudyStore, digest: string): Promise<Uint8Array | undefined> {
    const object = await store.findObject(study, digest);
    return object && wholeOf(object.read(0));
  }

  async function putHalves(store: StudyStore, object: typeof first, digest: string) {
    const { part10 } = object;
    const cut = Math.floor(part10.length / 2);
    for (const [from, to] of [
      [cut, part10.length],
      [0, cut + 10],
    ] as const) {
      const bytes = part10.subarray(from, to);
      await store.putRanges(study, [{ datasetSha256: digest, from, to, bytes }]);
    }
    return coverObject(await store.ranges(study, digest), part10.length) ?? [];
  }

  test(`${name}: an object is read back as it was put, and the first of a digest stays`, async (t) => {
    const store = await open(t);
    await store.putObjects(study, [first, second]);
    await store.putObjects(study, [{ ...first, part10: second.part10 }]);
    assert.deepEqual(await readObject(store, first.datasetSha256), first.part10);
    assert.deepEqual(await readObject(store, second.datasetSha256), second.part10);
    assert.equal(await store.findObject('2.25.2', first.datasetSha256), undefined);
    const head = await store.readHead(study, first.datasetSha256);
    assert.deepEqual(head, first.part10.subarray(0, 256 * 1024));
    assert.equal(await store.readHead(study, '00'), undefined);
  });

  test(`${name}: a proven copy takes the place of one that is damaged, and of no other`, async (t) => {
    const store = await open(t);
    await store.putObjects(study, [
      { ...first, part10: second.part10 },
      { ...second, part10: first.part10 },
    ]);
    await store.putObjects(study, [first, second], new Set([first.datasetSha256]));
    assert.deepEqual(await readObject(store, first.datasetSha256), first.part10);
    assert.deepEqual(await readObject(store, second.datasetSha256), first.part10);
  });

  test(`${name}: an object is read from any byte on, in pieces, the first of them full`, async (t) => {
    const store = await open(t);
    const part10 = seededBytes('pieces', 600_000);
    await store.putObjects(study, [{ datasetSha256: 'ab', part10 }]);
    const object = await store.findObject(study, 'ab');
    assert.equal(object?.sizeBytes, part10.length);
    for (const from of [0, 1, 300_000, part10.length - 1, part10.length]) {
      const sizes: number[] = [];
      for await (const piece of object.read(from)) sizes.push(piece.length);
      assert.ok(sizes.every((size) => size > 0 && size <= 256 * 1024));
      assert.equal(sizes[0] ?? 0, Math.min(256 * 1024, part10.length - from));
      assert.deepEqual(await wholeOf(object.read(from)), part10.subarray(from));
    }
    for await (const piece of object.read(0)) {
      assert.equal(piece.length, 256 * 1024, 'a reader may leave before the end');
      break;
    }
  });

  test(`${name}: overlapping ranges join to the object, and the ranges go`, async (t) => {
    const store = await open(t);
    const pieces = await putHalves(store, first, first.datasetSha256);
    const head = await store.joinRanges(study, first.datasetSha256, pieces);
    assert.deepEqual(head, first.part10.subarray(0, 256 * 1024));
    assert.deepEqual(await readObject(store, first.datasetSha256), first.part10);
    assert.deepEqual(await store.ranges(study, first.datasetSha256), []);
  });

  test(`${name}: ranges that join to another digest make no object`, async (t) => {
    const store = await open(t);
    const pieces = await putHalves(store, first, second.datasetSha256);
    assert.equal(await store.joinRanges(study, second.datasetSha256, pieces), undefined);
    assert.equal(await store.findObject(study, second.datasetSha256), undefined);
    assert.deepEqual(await store.ranges(study, second.datasetSha256), []);
  });

  test(`${name}: entries come back in the order their packs were taken, of all studies`, async (t) => {
    const store = await open(t);
    const entries = [entry('c1', '2026-01-03', study), entry('a2', '2026-01-01', '2.25.2')];
    for (const each of [...entries, entry('b3', '2026-01-02', undefined)])
      await store.putEntry(each);
    const read = await gather(store.entries());
    assert.deepEqual(
      read.map(({ pack }) => pack.packId),
      ['a2', 'b3', 'c1'],
    );
    assert.deepEqual(read[2], entries[0]);
  });

  test(`${name}: the delivery log gives every line back`, async (t) => {
    const store = await open(t);
    const line = { sopInstanceUid: '2.25.3', datasetSha256: 'aa', destination: 'PACS', at: 'now' };
    await store.appendDelivered(study, [line, { ...line, datasetSha256: 'bb' }]);
    await store.appendDelivered(study, [{ ...line, datasetSha256: 'cc' }]);
    assert.equal((await gather(store.delivered(study))).length, 3);
    const digests = (await gather(store.delivered())).map((each) => each.datasetSha256);
    assert.deepEqual(digests, ['aa', 'bb', 'cc']);
  });

  test(`${name}: quarantine counts all and tells the newest reasons`, async (t) => {
    const store = await open(t);
    const reason = { kind: 'center/refused', reason: 'no', next: 'look' };
    await store.quarantine({ ...reason, packId: 'aa', at: '2026-01-01' }, Uint8Array.of(1));
    await store.quarantine({ ...reason, packId: 'bb', at: '2026-01-02' }, undefined);
    const quarantined = await store.quarantined(1);
    assert.equal(quarantined.count, 2);
    assert.deepEqual(
      quarantined.newest.map(({ packId }) => packId),
      ['bb'],
    );
  });

  test(`${name}: a held pack stays sealed until it is dropped`, async (t) => {
    const store = await open(t);
    const reason = { packId: 'aa', why: 'unknown-box', signer: 'bb', sizeBytes: 2 } as const;
    const later = { ...reason, packId: 'cc', at: '2026-01-16T12:00:00.000Z' };
    await store.hold(later, Uint8Array.of(3));
    await store.hold({ ...reason, at: '2026-01-15T12:00:00.000Z' }, Uint8Array.of(1, 2));
    assert.deepEqual(
      (await store.heldReasons()).map(({ packId }) => packId),
      ['aa', 'cc'],
    );
    await store.dropHeld('cc');
    await store.hold({ ...later, packId: 'aa', why: 'unconfirmed' }, Uint8Array.of(1, 2));
    assert.deepEqual(
      (await store.heldReasons()).map(({ why }) => why),
      ['unconfirmed'],
    );
    assert.deepEqual(await store.held(), ['aa']);
    assert.deepEqual(await store.readHeld('aa'), Uint8Array.of(1, 2));
    await store.dropHeld('aa');
    assert.deepEqual(await store.held(), []);
    assert.deepEqual(await store.heldReasons(), []);
    assert.equal(await store.readHeld('aa'), undefined);
  });
}
