import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { afterPiece, freshShares, type SharedClass, turnsOf, weights } from '#sync/agent/shares.ts';

const classes = [1, 2, 3] as const;
const largestPiece = 700_000;
const piece = fc.integer({ min: 1, max: largestPiece });

/** Takes pieces as the agent does: of the first class in turn that has something. */
function serve(sizes: readonly number[], open: (at: number) => readonly SharedClass[]) {
  let shares = freshShares;
  const served = { 1: 0, 2: 0, 3: 0 };
  const taken: SharedClass[] = [];
  for (const [at, size] of sizes.entries()) {
    const of = turnsOf(shares).find((each) => open(at).includes(each));
    if (of === undefined) continue;
    shares = afterPiece(shares, of, size);
    served[of] += size;
    taken.push(of);
  }
  return { served, taken };
}

test('classes that all have work get 70, 25 and 5 parts of the link', () => {
  fc.assert(
    fc.property(fc.array(piece, { minLength: 200, maxLength: 400 }), (sizes) => {
      const { served } = serve(sizes, () => classes);
      // Start-time fair queueing: no two classes differ by more than a piece of each.
      for (const a of classes) {
        for (const b of classes) {
          const apart = served[a] / weights[a] - served[b] / weights[b];
          assert.ok(apart <= largestPiece / weights[a] + largestPiece / weights[b]);
        }
      }
    }),
  );
});

test('no class starves, whatever comes and goes beside it', () => {
  const comings = fc.array(fc.tuple(piece, fc.boolean(), fc.boolean()), { minLength: 300 });
  fc.assert(
    fc.property(comings, fc.constantFrom(...classes), (steps, patient) => {
      const sizes = steps.map(([size]) => size);
      const { taken } = serve(sizes, (at) => {
        const [, first, second] = steps[at] ?? [0, false, false];
        const others = classes.filter((each) => each !== patient);
        return [patient, ...others.filter((_, n) => (n === 0 ? first : second))];
      });
      let sinceBytes = 0;
      for (const [at, of] of taken.entries()) {
        if (of === patient) sinceBytes = 0;
        else sinceBytes += sizes[at] ?? 0;
        const others = 100 - weights[patient];
        assert.ok(sinceBytes <= (largestPiece / weights[patient]) * others + 2 * largestPiece);
      }
    }),
  );
});

test('a class that was quiet saves nothing up', () => {
  const hundred = Array.from({ length: 100 }, () => 100_000);
  const { taken } = serve([...hundred, ...hundred], (at) => (at < 100 ? [3] : [2, 3]));
  const behind = taken.slice(100);
  assert.equal(behind[0], 2);
  const bulk = behind.filter((of) => of === 3).length;
  assert.ok(bulk >= 15 && bulk <= 18, `${bulk} of 100 were bulk, 5 in 30 is its share`);
});

test('the link is never left idle for a share', () => {
  const { served } = serve([500, 500, 500], () => [3]);
  assert.deepEqual(served, { 1: 0, 2: 0, 3: 1_500 });
});
