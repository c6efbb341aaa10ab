import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAnswers } from '#provisioning/plan/answers.ts';
import { fuzzJson, fuzzText } from '#test/support/fuzz.ts';
import { answersOf } from '../machines.ts';

test('answers of any form are taken or all their faults are told', async () => {
  const check = (text: string): void => {
    const parsed = parseAnswers(text);
    if (parsed.ok) assert.ok(['box', 'center', 'all-in-one'].includes(parsed.value.role));
    else assert.match(parsed.fault.next, /nothing was changed/);
  };
  const samples = Object.values(answersOf);
  await fuzzJson('parseAnswers', samples, (value) => check(JSON.stringify(value) ?? ''), {
    rounds: 300,
  });
  await fuzzText(
    'parseAnswers text',
    samples.map((each) => JSON.stringify(each)),
    check,
    {
      rounds: 200,
    },
  );
});
