import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atLeast, atMost, median, medianRatio, rounded } from './measured.ts';
import { tableOf } from './table.ts';

test('the median is the middle, or the mean of the two in the middle', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([1, 2, 4, 100]), 3);
  assert.ok(Number.isNaN(median([])));
});

test('a ratio is taken within each round, so that a slow hour of the machine does not count', () => {
  assert.equal(medianRatio([100, 10, 120], [200, 20, 200]), 0.5);
});

test('a target that was not measured is not met', () => {
  assert.deepEqual(atLeast('speed', 0.62, 0.6), {
    name: 'speed',
    value: 0.62,
    target: 0.6,
    met: true,
  });
  assert.equal(atLeast('speed', 0.59, 0.6).met, false);
  assert.deepEqual(atLeast('speed', Number.NaN, 0.6), {
    name: 'speed',
    value: null,
    target: 0.6,
    met: false,
  });
});

test('a value just below its target is not rounded up to it', () => {
  assert.equal(atLeast('speed', 0.59996, 0.6).met, false);
});

test('figures have three significant digits', () => {
  assert.equal(rounded(123_456.7), 123_457);
  assert.equal(rounded(12.345), 12.3);
  assert.equal(rounded(0.012345), 0.0123);
});

test('the table has a line a row, a column a figure, and the targets', () => {
  const text = tableOf({
    rows: [
      { case: 'one', subject: 'outpost', megabytes: 12.5 },
      { case: 'one', subject: 'peer', megabytes: 100, note: 'old' },
    ],
    targets: [atLeast('outpost, times peer', 0.125, 0.6)],
    notes: ['Not installed here: Orthanc'],
  });
  assert.deepEqual(text.split('\n'), [
    'case  subject  megabytes  note',
    'one   outpost       12.5',
    'one   peer           100  old',
    '',
    'NOT MET  outpost, times peer: 0.125, target 0.6',
    '* Not installed here: Orthanc',
    '',
  ]);
});

test('a target of at most so much is met below it', () => {
  assert.equal(atMost('size', 0.99, 1).met, true);
  assert.equal(atMost('size', 1.01, 1).met, false);
  assert.deepEqual(atMost('size', Number.NaN, 1), {
    name: 'size',
    value: null,
    target: 1,
    met: false,
  });
});
