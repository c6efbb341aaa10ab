import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { withProcessLock } from '#sync/adapters/process-lock.ts';
import { openSequence } from '#sync/adapters/sequence-file.ts';
import { hex } from '#sync/core/bytes.ts';
import { createSeededRandom } from '#test/support/random-seeded.ts';

async function keysFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-sequence-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('a number is never given twice, however often programs die and whoever else takes a lease', async (t) => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('one' as const, 'other' as const) },
    { weight: 1, arbitrary: fc.constantFrom('one dies' as const, 'other dies' as const) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const folder = await keysFolder(t);
      const random = createSeededRandom('sequence');
      // The file is there before a second program looks: setup makes it while it is alone.
      await (await openSequence(folder, random)).next();
      const given = new Set<bigint>();
      const open = () => openSequence(folder, random);
      const programs = { one: await open(), other: await open() };
      for (const each of steps) {
        if (each === 'one dies') programs.one = await open();
        else if (each === 'other dies') programs.other = await open();
        else {
          const number = await programs[each].next();
          assert.ok(!given.has(number), `number ${number} again`);
          given.add(number);
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('programs that take a lease at the same moment get numbers of their own', async (t) => {
  const folder = await keysFolder(t);
  const open = () => openSequence(folder, createSeededRandom('sequence'), withProcessLock);
  await (await open()).next();
  const programs = await Promise.all([open(), open(), open()]);
  const numbers = await Promise.all(programs.map((program) => program.next()));
  assert.equal(new Set(numbers).size, 3, `${numbers}`);
});

test('calls that overlap get numbers of their own, one behind the other', async (t) => {
  const sequence = await openSequence(await keysFolder(t), createSeededRandom('sequence'));
  const numbers = await Promise.all(Array.from({ length: 50 }, () => sequence.next()));
  assert.deepEqual(
    numbers,
    Array.from({ length: 50 }, (_, n) => BigInt(n + 1)),
  );
});

test('a lost or damaged counter file begins a new stream and says so; no number of the old one comes again', async (t) => {
  const folder = await keysFolder(t);
  const random = createSeededRandom('sequence');
  const first = await openSequence(folder, random);
  assert.equal(first.isNewStream, true);
  await first.next();
  const again = await openSequence(folder, random);
  assert.equal(again.isNewStream, false);
  assert.equal(hex(again.stream), hex(first.stream));
  const path = join(folder, 'sequence.json');
  const streams = new Set([hex(first.stream)]);
  const losses: readonly (() => Promise<void>)[] = [
    () => rm(path),
    () => writeFile(path, ''),
    () => writeFile(path, '{"format":1,"stream":"00","next":"5"}'),
    () => writeFile(path, `{"format":1,"stream":"${hex(first.stream)}","next":"-1"}`),
  ];
  for (const lose of losses) {
    await lose();
    const next = await openSequence(folder, random);
    assert.equal(next.isNewStream, true);
    assert.ok(!streams.has(hex(next.stream)), 'a stream of its own');
    streams.add(hex(next.stream));
    await next.next();
  }
});
