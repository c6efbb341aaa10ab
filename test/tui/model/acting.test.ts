import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Effect, Event } from '#tui/model/event.ts';
import type { State } from '#tui/model/state.ts';
import { update } from '#tui/model/update.ts';
import { pressed, stateWith, status, study } from '../samples.ts';

const waiting = [{ center: 'SECOND CENTER', words: ['abandon', 'zoo', 'river', 'lemon'] }];
const screen = (): State =>
  stateWith([study(1, { state: 'waiting' })], { pairing: { ...status().pairing, waiting } });

function run(state: State, events: readonly Event[]) {
  const effects: Effect[] = [];
  for (const event of events) {
    const step = update(state, event);
    state = step.state;
    if (step.effect) effects.push(step.effect);
  }
  return { state, effects };
}

test('Enter twice is one attempt at the words of a pairing: three wrong ones cost a card', () => {
  const typed = pressed('c', ...'a b c d', 'enter', 'enter');
  const { state, effects } = run(screen(), typed);
  assert.deepEqual(effects, [{ type: 'confirm words', words: 'a b c d' }]);
  assert.match(state.note?.text ?? '', /Wait/);
  const wrong: Event = { type: 'words compared', isRight: false, text: 'attempt 1 of 3' };
  const again = run(state, [wrong, ...pressed(...'e f g h', 'enter')]);
  assert.deepEqual(again.effects, [{ type: 'confirm words', words: 'e f g h' }]);
});

test('no action starts before the last one was answered, whatever the answer is', () => {
  const first = run(screen(), pressed('s', 's'));
  assert.equal(first.effects.length, 1);
  const answers: readonly Event[] = [
    { type: 'prioritised', priority: 'stat' },
    { type: 'failed', action: 'prioritise', why: 'The disk takes no write' },
    { type: 'failed', action: 'prioritise', why: undefined },
    { type: 'tried' },
  ];
  for (const answer of answers) {
    assert.equal(run(first.state, [answer, ...pressed('s')]).effects.length, 1);
  }
});

test('without an answer the screen does not claim that nothing was changed', () => {
  const asked = run(screen(), pressed('s')).state;
  const lost = run(asked, [{ type: 'failed', action: 'prioritise', why: undefined }]).state;
  assert.doesNotMatch(lost.note?.text ?? '', /Nothing was/);
  assert.match(lost.note?.text ?? '', /look whether it was done/);
});

test('who has left the page of the words stays where they are when the answer comes', () => {
  const left = run(screen(), pressed('c', ...'a b c d', 'enter', 'esc', 'enter')).state;
  assert.equal(left.place.name, 'study');
  const right: Event = { type: 'words compared', isRight: true, text: 'linked' };
  assert.equal(run(left, [right]).state.place.name, 'study');
});
