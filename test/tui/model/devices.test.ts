import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Effect, Event } from '#tui/model/event.ts';
import type { State } from '#tui/model/state.ts';
import { update } from '#tui/model/update.ts';
import { after, callers, pressed, stateWith } from '../samples.ts';

const open = (): State =>
  after(stateWith(), [...pressed('d'), { type: 'devices', devices: callers }]);

/** The state after `events`, and all work they asked for. */
function run(state: State, events: readonly Event[]) {
  const effects: Effect[] = [];
  for (const event of events) {
    const step = update(state, event);
    state = step.state;
    if (step.effect) effects.push(step.effect);
  }
  return { state, effects };
}

test('a device is let in with the name of a person, and with no other key', () => {
  const { state, effects } = run(open(), pressed('y', ...'TEST ALPHx', 'backspace', 'A', 'enter'));
  const verdict = { aeTitle: 'NEW', address: '192.0.2.30', verdict: 'accepted', by: 'TEST ALPHA' };
  assert.deepEqual(effects, [{ type: 'decide', verdict }]);
  const kept = run(state, [{ type: 'decided', verdict: { ...verdict, verdict: 'accepted' } }]);
  assert.equal(kept.state.note?.text, '"NEW" is let in.');
  assert.deepEqual(kept.effects, [{ type: 'load devices' }]);
});

test('nothing is decided without a name, and Esc leaves all as it was', () => {
  const nameless = run(open(), pressed('x', ' ', ' ', 'enter'));
  assert.deepEqual(nameless.effects, []);
  assert.match(nameless.state.note?.text ?? '', /type your name/);
  const left = run(nameless.state, pressed('esc'));
  assert.deepEqual(left.state.place, { name: 'devices', cursor: 0, naming: undefined });
  assert.equal(run(left.state, pressed('esc')).state.place.name, 'list');
});

test('what the box refuses is said, and the device stays as it is', () => {
  const { state } = run(open(), [
    { type: 'failed', action: 'decide', why: 'The disk takes no writes' },
  ]);
  assert.match(state.note?.text ?? '', /Nothing was decided: The disk takes no writes/);
});

test('the decision is about the device that was asked about, whatever the list does meanwhile', () => {
  const { effects } = run(open(), [
    ...pressed('down', 'x'),
    { type: 'devices', devices: callers.slice(2) },
    ...pressed(...'TEST', 'enter'),
  ]);
  const [effect] = effects;
  assert.ok(effect?.type === 'decide');
  assert.deepEqual(effect.verdict.aeTitle, 'CT1');
  assert.equal(effect.verdict.verdict, 'refused');
});

test('a device that has to bring a certificate cannot be let in by a key', () => {
  const { state, effects } = run(open(), pressed('end', 'y', 'x'));
  assert.deepEqual(effects, []);
  assert.equal(state.place.name === 'devices' && state.place.naming, undefined);
});
