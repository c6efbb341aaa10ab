import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StudyRow } from '#appliance/api/contract.ts';
import type { Effect, Event } from '#tui/model/event.ts';
import { hintsOf } from '#tui/model/keymap.ts';
import type { State } from '#tui/model/state.ts';
import { update } from '#tui/model/update.ts';
import { after, pressed, stateWith, study } from '../samples.ts';

const screenWith = (changes: Partial<StudyRow>): State =>
  after(stateWith(), [
    { type: 'studies', list: { revision: 2, studies: [study(1, changes)], older: 0 } },
  ]);

function run(state: State, events: readonly Event[]) {
  const effects: Effect[] = [];
  for (const event of events) {
    const step = update(state, event);
    state = step.state;
    if (step.effect) effects.push(step.effect);
  }
  return { state, effects };
}

const asked = (changes: Partial<StudyRow>, ...keys: readonly string[]) =>
  run(screenWith({ state: 'waiting', ...changes }), pressed(...keys)).effects.flatMap((effect) =>
    effect.type === 'prioritise' ? [effect.priority] : [],
  );
const stat = (kind: 'person' | 'rule' | 'order') =>
  ({ isStat: true, priority: { level: 'stat', cause: { kind, name: 'X' } } }) as const;

test('one key makes a study STAT, in the list and when it is open', () => {
  assert.deepEqual(asked({}, 's'), ['stat']);
  assert.deepEqual(asked({}, 'enter', 's'), ['stat']);
});

test('the same key lowers it: a word is taken back, a rule or an order overruled', () => {
  assert.deepEqual(asked(stat('person'), 's'), [null]);
  assert.deepEqual(asked(stat('rule'), 's'), ['routine']);
  assert.deepEqual(asked(stat('order'), 'enter', 's'), ['routine']);
});

test('what is at the center already has no such key', () => {
  for (const state of ['at center', 'delivered', 'report ready', 'set aside'] as const) {
    assert.deepEqual(asked({ state }, 's'), []);
    assert.ok(!hintsOf(screenWith({ state })).some(({ key }) => key === 's'));
  }
  assert.deepEqual(
    hintsOf(screenWith({ state: 'waiting' })).find(({ key }) => key === 's'),
    { key: 's', text: 'STAT' },
  );
});

test('what came of it is said', () => {
  const told = (event: Event) => run(screenWith({}), [event]).state.note;
  assert.match(told({ type: 'prioritised', priority: 'stat' })?.text ?? '', /before all others/);
  assert.match(told({ type: 'prioritised', priority: null })?.text ?? '', /No longer STAT/);
  const failed = told({ type: 'failed', action: 'prioritise', why: 'The disk takes no writes' });
  assert.deepEqual(failed, {
    text: 'Nothing was changed: The disk takes no writes',
    isTrouble: true,
  });
});
