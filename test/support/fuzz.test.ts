import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchAllocations } from './allocations.ts';
import { fuzzBytes, fuzzJson } from './fuzz.ts';

test('a parser that trips over a mutant is reported with the seed that makes it again', async () => {
  const sample = new TextEncoder().encode('{"length":12}');
  await assert.rejects(
    fuzzBytes('JSON.parse', [sample], (bytes) => JSON.parse(new TextDecoder().decode(bytes))),
    /Round \d+ of "JSON\.parse" failed; again with OUTPOST_FUZZ_SEED=\S+ OUTPOST_FUZZ_ROUNDS=/,
  );
});

test('the same seed gives the same mutants', async () => {
  const runs = [[], []] as string[][];
  for (const run of runs) {
    await fuzzJson('same', [{ a: [1, 'x', { b: null }] }], (value) => {
      run.push(JSON.stringify(value) ?? 'undefined');
    });
  }
  assert.deepEqual(runs[0], runs[1]);
  assert.ok(new Set(runs[0]).size > 500);
});

test('a parser that allocates what a length field says is caught', async () => {
  const sample = Uint8Array.of(0, 0, 0, 4, 1, 2, 3, 4);
  await assert.rejects(
    fuzzBytes('trusting', [sample], (bytes) => {
      if (bytes.length < 4) return;
      const declared = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
      if (declared < 2 ** 28) new Uint8Array(declared);
    }),
    ({ cause }: Error) => /allocate \d+ bytes/.test(String(cause)),
  );
});

test('allocations are counted and the constructors put back', () => {
  const before = globalThis.Uint8Array;
  const watch = watchAllocations();
  const made = new Uint8Array(10);
  new Uint8Array(made.buffer);
  Uint8Array.from([1, 2]);
  assert.equal(watch.sizeBytes, 12);
  assert.ok(made instanceof Uint8Array && made instanceof before);
  watch.stop();
  assert.equal(globalThis.Uint8Array, before);
});
