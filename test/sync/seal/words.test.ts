import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areWordsTyped } from '#sync/seal/words.ts';

const words = ['spray', 'latin', 'across', 'permit'];

test('words count as typed whatever the case and the gaps', () => {
  for (const typed of [
    'spray latin across permit',
    ' Spray  LATIN\tacross\npermit ',
    'spray-latin, across. permit',
  ]) {
    assert.ok(areWordsTyped(typed, words), typed);
  }
});

test('another order, number or spelling of words is wrong', () => {
  const wrong = [
    '',
    'spray latin across',
    'spray latin across permit permit',
    'latin spray across permit',
    'spray latin across permi',
    'spraylatin across permit',
  ];
  for (const typed of wrong) assert.equal(areWordsTyped(typed, words), false, typed);
});
