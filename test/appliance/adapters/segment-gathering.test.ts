import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type BlockPool,
  blockSizeBytes,
  createBlockPool,
} from '#appliance/adapters/segment-blocks.ts';
import { createGathering } from '#appliance/adapters/segment-gathering.ts';
import { concat } from '#sync/core/bytes.ts';
import { seededBytes } from '#test/support/pack-bytes.ts';

const bytes = seededBytes('segment gathering', 4 * blockSizeBytes);

/** A pool that knows what is out, and fails when a block comes back that is not. */
function createCountingPool(): BlockPool & { readonly out: ReadonlySet<Uint8Array> } {
  const pool = createBlockPool();
  const out = new Set<Uint8Array>();
  return {
    out,
    take: () => {
      const block = pool.take();
      out.add(block);
      return block;
    },
    giveBack: (block) => {
      assert.ok(out.delete(block), 'a block is given back once');
      pool.giveBack(block);
    },
  };
}

test('whatever the parts and whenever full blocks are taken, the record is what was added', () => {
  const part = fc.oneof(
    fc.integer({ min: 0, max: 2_000 }),
    fc.constantFrom(blockSizeBytes - 1, blockSizeBytes, blockSizeBytes + 1),
    fc.integer({ min: 0, max: 2 * blockSizeBytes }),
  );
  const steps = fc.array(fc.record({ sizeBytes: part, isTaken: fc.boolean() }), { maxLength: 12 });
  fc.assert(
    fc.property(steps, fc.constantFrom(0, 1, 512, blockSizeBytes), (list, reservedBytes) => {
      const pool = createCountingPool();
      const gathering = createGathering(pool, reservedBytes);
      const taken: Uint8Array[] = [];
      let at = 0;
      for (const { sizeBytes, isTaken } of list) {
        const added = bytes.subarray(at, at + sizeBytes);
        gathering.add(added);
        at += added.length;
        const first = Math.min(blockSizeBytes, reservedBytes + at);
        const behind = reservedBytes + at - first;
        const takenBytes = taken.length * blockSizeBytes;
        assert.equal(gathering.sizeBytes(), first + behind - takenBytes);
        assert.equal(gathering.isInFirst(), behind === 0);
        assert.equal(gathering.hasFull(), behind - takenBytes > blockSizeBytes);
        if (isTaken) taken.push(...gathering.takeFull());
      }
      taken.push(...gathering.takeFull());
      const isInFirst = gathering.isInFirst();
      const record = isInFirst
        ? gathering.last()
        : concat(gathering.first, ...taken, gathering.last());
      assert.deepEqual(
        Buffer.compare(record.subarray(reservedBytes), bytes.subarray(0, at)),
        0,
        'bytes in order',
      );
      for (const block of taken) pool.giveBack(block);
      gathering.end();
      gathering.end();
      assert.equal(pool.out.size, 0, 'every block came back');
    }),
    { numRuns: 60 },
  );
});

test('a record that is given up gives back what nobody took', () => {
  const pool = createCountingPool();
  const gathering = createGathering(pool, 512);
  gathering.add(bytes);
  assert.equal(pool.out.size, 5);
  gathering.end();
  assert.equal(pool.out.size, 0);
  assert.equal(gathering.takeFull().length, 0, 'nothing is left to take');
});

test('a block is taken when there is something for it: a record that fits the first one costs one', () => {
  const pool = createCountingPool();
  const gathering = createGathering(pool, 512);
  gathering.add(bytes.subarray(0, blockSizeBytes - 512));
  assert.equal(pool.out.size, 1);
  assert.ok(gathering.isInFirst() && gathering.last().length === blockSizeBytes);
  gathering.add(bytes.subarray(0, 1));
  assert.equal(pool.out.size, 2);
  gathering.end();
});
