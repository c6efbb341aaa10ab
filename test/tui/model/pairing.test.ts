import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Effect, Event } from '#tui/model/event.ts';
import { hintsOf } from '#tui/model/keymap.ts';
import type { State } from '#tui/model/state.ts';
import { update } from '#tui/model/update.ts';
import { pressed, stateWith, status, study } from '../samples.ts';

const waiting = [{ center: 'SECOND CENTER', words: ['abandon', 'zoo', 'river', 'lemon'] }];
const withPairing = (): State =>
  stateWith([study(1)], {
    pairing: { ...status().pairing, waiting },
  });

function run(state: State, events: readonly Event[]) {
  const effects: Effect[] = [];
  for (const event of events) {
    const step = update(state, event);
    state = step.state;
    if (step.effect) effects.push(step.effect);
  }
  return { state, effects };
}

test('the key c is there while a pairing waits for its words, and not otherwise', () => {
  const hasKey = (state: State): boolean => hintsOf(state).some(({ key }) => key === 'c');
  assert.ok(hasKey(withPairing()));
  assert.ok(!hasKey(stateWith([study(1)])));
  assert.equal(run(stateWith([study(1)]), pressed('c')).state.place.name, 'list');
});

test('four words are typed and compared by the box; there is no key that says yes', () => {
  const typed = ['c', ...' Apple tree  river MOON '];
  const { state, effects } = run(withPairing(), pressed(...typed, 'enter'));
  assert.deepEqual(effects, [{ type: 'confirm words', words: 'apple tree river moon' }]);
  assert.equal(state.place.name, 'words');
  for (const key of ['y', 'q', '?', 'c']) {
    assert.deepEqual(run(withPairing(), pressed('c', key)).effects, [], 'it is a letter');
  }
  const few = run(withPairing(), pressed('c', ...'apple tree', 'enter'));
  assert.deepEqual(few.effects, []);
  assert.equal(few.state.note?.isTrouble, true);
});

test('wrong words are typed anew, right ones end it, Esc leaves all as it was', () => {
  const open = run(withPairing(), pressed('c', ...'a b c d', 'enter')).state;
  const text = 'These are not the words, attempt 1 of 3';
  const wrong = update(open, { type: 'words compared', isRight: false, text }).state;
  assert.deepEqual(wrong.place, { name: 'words', typed: '' });
  assert.match(wrong.note?.text ?? '', /attempt 1 of 3/);
  const right = update(open, { type: 'words compared', isRight: true, text: 'linked' }).state;
  assert.equal(right.place.name, 'list');
  assert.equal(right.note?.isTrouble, false);
  assert.equal(run(open, pressed('esc')).state.place.name, 'list');
});
