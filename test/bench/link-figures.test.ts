import assert from 'node:assert/strict';
import { test } from 'node:test';
import { casesOf, endToEnd, peerSubjects, preSealed } from './link-cases.ts';
import type { Crossing } from './link-crossing.ts';
import { type Outcome, rowOf, targetsOf } from './link-figures.ts';
import { blow, weathers } from './link-weather.ts';

const crossing: Crossing = {
  ...{ knownS: 10, isFinished: true, cuts: 0, downS: 0, dark: [], darkBytes: 0 },
  ...{ sealedBytes: 2_000_000, upBytes: 2_100_000, downBytes: 100_000 },
};

function outcome(subject: string, weather: string, change: Partial<Crossing>): Outcome {
  const found = weathers.find(({ name }) => name === weather);
  if (!found) throw new Error(`There is no weather "${weather}"`);
  const crossings = [{ ...crossing, ...change }];
  const machine = { congestion: 'bbr', sideBySide: 1 };
  return { slices: 20, weather: found, subject, studyBytes: 10_000_000, crossings, ...machine };
}

const calm = outcome(preSealed, 'steady', {});

test('goodput counts the seconds up, and waste what a crossing without a cut did not send', () => {
  const storm = outcome(preSealed, 'flapping 5 s/5 s', {
    ...{ knownS: 50, cuts: 2, downS: 40, upBytes: 2_100_000 + 512 * 1024 },
  });
  const row = rowOf(storm, [calm, storm]);
  assert.equal(row['goodputPercent'], 80);
  assert.equal(row['wastedPerCutKiB'], 256);
  assert.equal(row['upOfSealedPercent'], 131);
});

test('waste needs a crossing without a cut beside it', () => {
  const storm = outcome(preSealed, 'a cut of 20 s', { cuts: 1, downS: 20 });
  assert.equal(rowOf(storm, [storm])['wastedPerCutKiB'], undefined);
});

test('a crossing that was given up says after how long, and has no time', () => {
  const row = rowOf(outcome('storescu', 'steady', { knownS: 341, isFinished: false }), []);
  assert.equal(row['outcome'], 'not finished after 341 s');
  assert.equal(row['medianS'], undefined);
  assert.equal(row['goodputPercent'], undefined);
});

test('ours that was given up meets no target', () => {
  const plain = outcome('storescu', 'steady', { knownS: 300 });
  const lost = outcome(preSealed, 'steady', { knownS: 1, isFinished: false });
  assert.deepEqual(
    targetsOf([plain, lost]).filter(({ met }) => met),
    [],
  );
});

test('the targets are those of the issue, and a peer that was given up is slower than its limit', () => {
  const found = targetsOf([
    calm,
    outcome(endToEnd, 'steady', { knownS: 13 }),
    outcome('storescu', 'steady', { knownS: 81, isFinished: false }),
    outcome('curl PUT of a tar.gz', 'steady', { knownS: 26 }),
    outcome('Orthanc peer, gzip', 'steady', { knownS: 39 }),
    outcome(preSealed, 'a cut of 20 s', { knownS: 30, downS: 20, cuts: 1, upBytes: 2_400_000 }),
  ]);
  assert.deepEqual(
    found.map(({ value, target, met }) => [value, target, met]),
    [
      [8.1, 8, true],
      [6.23, 6, true],
      [2, 2, true],
      [1.05, 1.08, true],
      [0.8, 0.85, false],
      [0.8, 0.85, false],
      [293, 256, false],
    ],
  );
});

test('cases are asked for by a part of their name or of the subject', () => {
  assert.equal(casesOf(undefined).length, 3 * 3 * (peerSubjects.length + 2));
  assert.equal(casesOf('CT 20').length, 3 * (peerSubjects.length + 2));
  assert.equal(casesOf('CT 40, steady: outpost').length, 2);
  assert.deepEqual(
    casesOf('^CT 140, steady: (storescu|tus)').map(({ subject }) => subject),
    ['storescu', 'tus of a tar.gz'],
  );
});

test('a link that was cut is up again when the crossing is over', async () => {
  const turns: string[] = [];
  const over = new AbortController();
  const link = {
    turn: async (to: 'up' | 'down') => {
      turns.push(to);
      if (turns.length === 3) over.abort();
    },
  };
  const plan = [1, 2, 3].map(() => ({ upMs: 0, downMs: 0 }));
  assert.equal((await blow(plan, link, over.signal)).cuts, 2);
  assert.deepEqual(turns, ['down', 'up', 'down', 'up']);
});
