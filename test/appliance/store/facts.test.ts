import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BoxFact, decodeFact, encodeFact } from '#appliance/store/facts.ts';

const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const fact: fc.Arbitrary<BoxFact> = fc.oneof(
  fc.record({
    fact: fc.constant('custody' as const),
    atMs: fc.nat(),
    packId: digest,
    relay: fc.string(),
  }),
  fc.record({
    fact: fc.constant('delivered' as const),
    atMs: fc.nat(),
    packId: digest,
    study: fc.string({ maxLength: 64 }),
    manifest: digest,
    instances: fc.array(fc.tuple(digest, digest, fc.string(), fc.array(fc.string()))),
  }),
);

test('a fact is one line, and reads back as it was written', () => {
  fc.assert(
    fc.property(fact, (given) => {
      const line = encodeFact(given);
      assert.equal(line.indexOf(0x0a), line.length - 1);
      assert.deepEqual(decodeFact(line.subarray(0, -1)), { ...given });
    }),
  );
});

test('a line with any byte changed or any length cut is refused', () => {
  fc.assert(
    fc.property(fact, fc.nat(), fc.integer({ min: 1, max: 255 }), (given, place, change) => {
      const line = encodeFact(given).subarray(0, -1);
      const at = place % line.length;
      assert.equal(decodeFact(line.subarray(0, at)), undefined);
      const changed = Uint8Array.from(line);
      changed[at] = (changed[at] ?? 0) ^ change;
      assert.equal(decodeFact(changed), undefined);
    }),
  );
});

test('noise never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      assert.equal(decodeFact(noise), undefined);
    }),
  );
});
