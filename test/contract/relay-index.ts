import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectOk } from '#sync/core/result.ts';
import type { RelayIndex } from '#sync/relay/ports.ts';
import { idOf, seededBytes } from '#test/support/pack-bytes.ts';

const center = 'aa'.repeat(32);
const other = 'bb'.repeat(32);
const mailbox = '01'.repeat(16);
const handle = '02'.repeat(16);
const day = '2026-01-15';
const ids = [1, 2, 3].map((n) => idOf(seededBytes('row', n)));
const [first = idOf(seededBytes('row', 1)), second = first, third = first] = ids;
const row = { center, mailbox, sizeBytes: 100, class: 2 as const, receivedAtMs: 5 };
const broughtBy = { handle, day };

/** What every index of a relay must do. */
export function relayIndexContract(
  name: string,
  open: () => Promise<{ readonly index: RelayIndex; close(): Promise<void> }>,
): void {
  const check = (sentence: string, body: (index: RelayIndex) => Promise<void>): void => {
    test(`${name}: ${sentence}`, async () => {
      const { index, close } = await open();
      try {
        await body(index);
      } finally {
        await close();
      }
    });
  };

  check('packs of a mailbox come in the order of arrival, behind a cursor', async (index) => {
    for (const packId of ids) expectOk(await index.addPack({ ...row, packId, broughtBy }));
    const all = expectOk(await index.waiting(center, mailbox, 0, 10));
    assert.deepEqual(
      all.map(({ packId }) => packId),
      ids,
    );
    const after = all[0]?.sequence ?? 0;
    const rest = expectOk(await index.waiting(center, mailbox, after, 1));
    assert.deepEqual(
      rest.map(({ packId }) => packId),
      [second],
    );
    assert.deepEqual(expectOk(await index.waiting(other, mailbox, 0, 10)), []);
  });

  check('urgent packs of a mailbox are found behind any number of others', async (index) => {
    const classes = [2, 0, 1] as const;
    for (const [at, packId] of ids.entries()) {
      expectOk(await index.addPack({ ...row, packId, class: classes[at] ?? 3 }));
    }
    const urgent = expectOk(await index.waiting(center, mailbox, 0, 10, 1));
    assert.deepEqual(
      urgent.map((each) => [each.packId, each.class]),
      [
        [second, 0],
        [third, 1],
      ],
    );
    assert.equal(expectOk(await index.waiting(center, mailbox, 0, 1, 1)).length, 1);
    expectOk(await index.take(center, [mailbox], [second]));
    assert.equal(expectOk(await index.waiting(center, mailbox, 0, 10, 1)).length, 1);
  });

  check('adding a pack again changes nothing, not even its place or its quota', async (index) => {
    expectOk(await index.addPack({ ...row, packId: first, broughtBy }));
    const before = expectOk(await index.find(center, first));
    expectOk(await index.take(center, [mailbox], [first]));
    expectOk(await index.addPack({ ...row, packId: first, broughtBy }));
    assert.deepEqual(expectOk(await index.find(center, first)), { ...before, isTaken: true });
    assert.equal(expectOk(await index.spent({ center, handle }, day)), 100);
    assert.equal(expectOk(await index.spent({ center, handle }, '2026-01-16')), 0);
  });

  check('only who brought a pack is told of it', async (index) => {
    expectOk(await index.addPack({ ...row, packId: first, broughtBy }));
    expectOk(await index.addPack({ ...row, packId: second }));
    const mine = expectOk(await index.brought({ center, handle }, ids));
    assert.deepEqual(
      mine.map(({ packId, sizeBytes }) => ({ packId, sizeBytes })),
      [{ packId: first, sizeBytes: 100 }],
    );
    const others = { center, handle: '03'.repeat(16) };
    assert.deepEqual(expectOk(await index.brought(others, ids)), []);
  });

  check('a pack is taken only out of a mailbox of the taker', async (index) => {
    expectOk(await index.addPack({ ...row, packId: first, broughtBy }));
    assert.deepEqual(expectOk(await index.take(center, ['09'.repeat(16)], [first])), []);
    assert.deepEqual(expectOk(await index.take(other, [mailbox], [first])), []);
    assert.deepEqual(expectOk(await index.take(center, [mailbox], [first, third])), [first]);
    assert.deepEqual(expectOk(await index.waiting(center, mailbox, 0, 10)), []);
    assert.deepEqual(expectOk(await index.take(center, [mailbox], [first])), [first]);
  });

  check('a file is free only when no center needs it', async (index) => {
    expectOk(await index.addPack({ ...row, packId: first }));
    expectOk(await index.addPack({ ...row, center: other, packId: first }));
    assert.deepEqual(expectOk(await index.take(center, [mailbox], [first])), []);
    assert.deepEqual([...expectOk(await index.held())], [first]);
    assert.deepEqual(expectOk(await index.take(other, [mailbox], [first])), [first]);
    assert.equal(expectOk(await index.held()).size, 0);
  });

  check('a forgotten pack is unknown, and its sequence does not come back', async (index) => {
    expectOk(await index.addPack({ ...row, packId: first, broughtBy }));
    const before = expectOk(await index.find(center, first));
    expectOk(await index.forget([first]));
    assert.equal(expectOk(await index.find(center, first)), undefined);
    assert.deepEqual(expectOk(await index.brought({ center, handle }, [first])), []);
    expectOk(await index.addPack({ ...row, packId: first, broughtBy }));
    const after = expectOk(await index.find(center, first));
    assert.ok((after?.sequence ?? 0) > (before?.sequence ?? 0));
  });
}
