import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMllpReader, mllpFrame } from '#appliance/orders/mllp.ts';
import { concat } from '#sync/core/bytes.ts';

test('messages come out whole, however the network cuts them', () => {
  const message = fc
    .uint8Array({ maxLength: 40 })
    .map((bytes) => bytes.map((b) => (b === 0x1c ? 0x1d : b)));
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 5 }),
      fc.infiniteStream(fc.nat({ max: 9 })),
      (messages, cuts) => {
        const wire = concat(
          ...messages.map((each) => concat(mllpFrame(each), Uint8Array.of(0x0a))),
        );
        const reader = createMllpReader(1_000);
        const read: Uint8Array[] = [];
        for (let at = 0; at < wire.length; ) {
          const length = 1 + (cuts.next().value ?? 0);
          read.push(...(reader.push(wire.subarray(at, at + length)) ?? assert.fail()));
          at += length;
        }
        assert.deepEqual(
          read.map((each) => [...each]),
          messages.map((each) => [...each]),
        );
        assert.equal(reader.isOpen(), false);
      },
    ),
  );
});

test('what is no MLLP ends the connection: noise, no end, too much', () => {
  const pushed = (...parts: readonly (readonly number[])[]) => {
    const reader = createMllpReader(8);
    return parts.map((part) => reader.push(Uint8Array.from(part))).at(-1);
  };
  assert.equal(pushed([0x47, 0x45, 0x54]), undefined);
  assert.equal(pushed([0x0b, 1], [0x1c, 0x0b]), undefined);
  assert.equal(pushed([0x0b, 1, 2, 3, 4], [5, 6, 7, 8, 9]), undefined);
  assert.deepEqual(pushed([0x0b, 1, 2, 3, 4], [5, 6, 7, 8, 0x1c], [0x0d])?.length, 1);
});
