import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SoakReport } from './report.ts';
import { tableOf } from './table.ts';

const report: SoakReport = {
  ...{ seed: '7', minutes: 30, events: { kill: 9, cut: 4 }, skipped: 1, settledS: 1_822 },
  ...{ acknowledged: 90, atPacs: 90, reports: 8, stat: 3 },
  storedAgain: { 'center-1': 1, 'center-2': 0 },
  resentByCenter: { 'center-1': 1, 'center-2': 0 },
  centerKills: { 'center-1': 4, 'center-2': 0 },
  memory: [
    {
      ...{ program: 'appliance-1', runs: 5, kills: 4, ends: { '75': 1 } },
      ...{ peakMB: 151, peakFiles: 60, longestRunS: 402, trend: null },
    },
    {
      ...{ program: 'relay-2', runs: 1, kills: 0, ends: {} },
      ...{ peakMB: 88, peakFiles: 90, longestRunS: 1_822 },
      trend: {
        ...{ fromMB: 70.4, toMB: 71.6, growthMBPerHour: 3.1, growthMB: 1.3 },
        ...{ fromFiles: 41, toFiles: 44 },
      },
    },
  ],
  broken: [],
};

test('figures, memory by program, and that all held', () => {
  const lines = tableOf(report).split('\n');
  assert.deepEqual(lines.slice(2, 4), [
    'events         kill 9, cut 4, 1 not possible here',
    'instances      90 acknowledged, 90 at the PACS',
  ]);
  assert.deepEqual(lines.slice(8, 11), [
    'program      runs  longest s  MB at 5 min  at the end  MB an hour  files at 5 min  at the end  peak MB  peak files  ends',
    'appliance-1  5     402        -            -           -           -               -           151      60          75 1',
    'relay-2      1     1822       70           72          3           41              44          88       90',
  ]);
  assert.equal(lines.at(-1), 'all held');
});

test('what did not hold stands last, a line each', () => {
  const broken = ['clinic 1: 2 instances are nowhere', 'relay-2 grew by 90 MB an hour'];
  const lines = tableOf({ ...report, broken }).split('\n');
  assert.deepEqual(lines.slice(-2), [
    'BROKEN: clinic 1: 2 instances are nowhere',
    'BROKEN: relay-2 grew by 90 MB an hour',
  ]);
});
