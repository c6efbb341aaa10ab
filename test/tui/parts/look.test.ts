import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookOf } from '#tui/parts/look.ts';
import { plainLooks } from '../samples.ts';

const colors = { ...plainLooks, hasColor: true };

test('trouble is bold yellow, motion cyan; never red or green', () => {
  assert.deepEqual(lookOf('trouble', colors), { bold: true, color: 'yellow' });
  assert.deepEqual(lookOf('motion', colors), { color: 'cyan' });
  assert.deepEqual(lookOf('plain', colors), {});
});

test('without colour, trouble and keys still stand out', () => {
  assert.deepEqual(lookOf('trouble', plainLooks), { bold: true });
  assert.deepEqual(lookOf('key', plainLooks), { bold: true });
  assert.deepEqual(lookOf('motion', plainLooks), {});
});
