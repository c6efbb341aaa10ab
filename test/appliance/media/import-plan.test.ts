import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type FoundEntry,
  type ImportStep,
  keyOf,
  planImport,
  type SeenEntry,
} from '#appliance/media/import-plan.ts';

const rules = { patienceMs: 60_000 };
const file = (path: string, shape = 'a'): FoundEntry => ({
  path: path.split('/'),
  kind: 'file',
  shape,
});

/** Looks at `found` every two seconds; the steps of the last look. */
function lastOf(looks: readonly (readonly FoundEntry[])[], everyMs = 2_000) {
  let seen: ReadonlyMap<string, SeenEntry> = new Map();
  let steps: readonly ImportStep[] = [];
  for (const [index, found] of looks.entries()) {
    ({ seen, steps } = planImport(found, seen, index * everyMs, rules));
  }
  return steps.map((step) => {
    const name = step.entry.path.join('/');
    return step.do === 'take'
      ? `take ${name}${step.isFromMedium ? ' outside' : ''}`
      : `${step.do} ${name}`;
  });
}

test('a file is taken at the second look that finds it the same', () => {
  assert.deepEqual(lastOf([[file('a')]]), []);
  assert.deepEqual(lastOf([[file('a')], [file('a')]]), ['take a']);
  assert.deepEqual(lastOf([[file('a')], [file('a', 'b')]]), []);
});

test('a file that was renamed while it was written starts anew', () => {
  assert.deepEqual(lastOf([[file('a.tmp')], [file('a')]]), []);
  assert.deepEqual(lastOf([[file('a.tmp')], [file('a')], [file('a')]]), ['take a']);
});

test('files of one folder wait for each other, and those beside it do not', () => {
  const cd = [file('CD/DIR/1'), file('CD/DIR/2'), file('b')];
  const growing = [file('CD/DIR/1'), file('CD/DIR/2', 'b'), file('b')];
  assert.deepEqual(lastOf([cd, growing]), ['take b']);
  assert.deepEqual(lastOf([cd, growing, growing]), ['take CD/DIR/1', 'take CD/DIR/2', 'take b']);
});

test('an export that never stands still is taken after half an hour all the same', () => {
  const looks = Array.from({ length: 5 }, (_, index) => [
    file('US/1'),
    file('US/log', String(index)),
  ]);
  assert.deepEqual(lastOf(looks, 5 * 60_000), []);
  assert.deepEqual(lastOf([...looks, ...looks], 5 * 60_000), ['take US/1']);
});

test('what lies below the index of a medium is outside, whichever came first', () => {
  const cd = [file('CD/DIR/1'), file('b')];
  const whole = [...cd, file('CD/dicomdir')];
  assert.deepEqual(lastOf([cd, whole]), ['take b']);
  assert.deepEqual(lastOf([cd, whole, whole]), ['take CD/DIR/1 outside', 'take b']);
  const atTop = [file('DICOMDIR'), file('DIR/1')];
  assert.deepEqual(lastOf([atTop, atTop]), ['take DIR/1 outside']);
});

test('the index stays as long as anything of its medium does, and a minute more', () => {
  const looks = (found: readonly FoundEntry[], count: number) =>
    Array.from({ length: count }, () => found);
  const index = [file('CD/DICOMDIR')];
  assert.deepEqual(lastOf(looks(index, 30)), []);
  assert.deepEqual(lastOf(looks(index, 31)), ['forget CD/DICOMDIR']);
  assert.ok(!lastOf(looks([...index, file('CD/1')], 40)).includes('forget CD/DICOMDIR'));
});

test('links and devices are refused with a reason', () => {
  const odd: readonly FoundEntry[] = [
    { path: ['l'], kind: 'link', shape: '' },
    { path: ['d'], kind: 'other', shape: '' },
  ];
  assert.deepEqual(lastOf([odd, odd]), ['refuse l', 'refuse d']);
});

test('a doubtful file rests for a minute; one that is done with is left alone', () => {
  const entry = file('a');
  const marked = (mark: 'doubtful' | 'done'): ReadonlyMap<string, SeenEntry> =>
    new Map([[keyOf(entry), { shape: 'a', sinceMs: 0, mark }]]);
  const stepsAt = (mark: 'doubtful' | 'done', nowMs: number, shape = 'a') =>
    planImport([file('a', shape)], marked(mark), nowMs, rules).steps.length;
  assert.equal(stepsAt('doubtful', 59_999), 0);
  assert.equal(stepsAt('doubtful', 60_000), 1);
  assert.equal(stepsAt('done', 600_000), 0);
  const { seen } = planImport([file('a', 'b')], marked('done'), 600_000, rules);
  assert.equal(seen.get(keyOf(entry))?.mark, undefined);
});

test('nothing is ever taken at the look at which it changed, nor twice in one', () => {
  const entry = fc.record({
    path: fc
      .constantFrom('a', 'D/1', 'D/E/2', 'D/DICOMDIR', 'DICOMDIR')
      .map((path) => path.split('/')),
    kind: fc.constantFrom('file', 'link', 'other'),
    shape: fc.constantFrom('1', '2'),
  }) as fc.Arbitrary<FoundEntry>;
  const found = fc.uniqueArray(entry, { selector: keyOf });
  fc.assert(
    fc.property(found, found, fc.nat(7_200_000), (first, second, passedMs) => {
      const before = planImport(first, new Map(), 0, rules).seen;
      const { steps, seen } = planImport(second, before, passedMs, rules);
      const keys = steps.map(({ entry }) => keyOf(entry));
      assert.equal(new Set(keys).size, keys.length);
      for (const { entry } of steps) assert.equal(before.get(keyOf(entry))?.shape, entry.shape);
      assert.deepEqual(new Set(seen.keys()), new Set(second.map(keyOf)));
    }),
  );
});
