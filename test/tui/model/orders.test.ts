import assert from 'node:assert/strict';
import { test } from 'node:test';
import { viewsLine } from '#tui/model/list-view.ts';
import { studyFacts } from '#tui/model/study-view.ts';
import { empty, status, study } from '../samples.ts';

test('a study that no order leads to and images that never came are told on its own screen', () => {
  const textOf = (changes: object): string => {
    const row = study(1, changes);
    return studyFacts(empty(), row)
      .map(({ text }) => text)
      .join('\n');
  };
  assert.doesNotMatch(textOf({}), /Order|Missing|asked again/);
  assert.match(textOf({ isAskedAgain: true }), /Center {6}was put back from a backup: it is asked/);
  assert.match(textOf({ isUnordered: true }), /Order {7}none leads to this study/);
  assert.match(
    textOf({ missingCount: 3 }),
    /Missing {5}3 images that the device reports did not come/,
  );
});

test('the list says how many orders wait', () => {
  const counts = (worklist: number) => ({ ...status().counts, worklist });
  const lineOf = (worklist: number) =>
    viewsLine({ ...empty(), status: status({ counts: counts(worklist) }) }).text;
  assert.match(lineOf(1), / {2}1 order$/);
  assert.match(lineOf(12), / {2}12 orders$/);
  assert.doesNotMatch(lineOf(0), /order/);
});
