import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StudyRow } from '#appliance/api/contract.ts';
import { addressLines } from '#tui/model/address-view.ts';
import type { Effect, Event } from '#tui/model/event.ts';
import { alertLine } from '#tui/model/header.ts';
import { commandOf } from '#tui/model/keymap.ts';
import type { State } from '#tui/model/state.ts';
import { textWidth } from '#tui/model/text-width.ts';
import { update } from '#tui/model/update.ts';
import { after, pressed, stateWith, study } from '../samples.ts';

const first = { code: '1111-1111-1111', name: 'FIRST READING CENTER', isOpen: true };
const second = { code: '2222-2222-2222', name: 'SECOND READING CENTER', isOpen: true };
const closed = { code: '3333-3333-3333', name: 'THIRD READING CENTER', isOpen: false };

function screenOf(
  changes: Partial<StudyRow> = {},
  centers: NonNullable<State['status']>['centers'] = [first, closed, second],
): State {
  const row = study(1, { state: 'waiting', center: first, ...changes });
  return stateWith([row], centers && { centers });
}

function run(state: State, events: readonly Event[]) {
  const effects: Effect[] = [];
  for (const event of events) {
    const step = update(state, event);
    state = step.state;
    if (step.effect) effects.push(step.effect);
  }
  return { state, effects: effects.filter(({ type }) => type === 'address') };
}

const opened = (): State => after(screenOf(), pressed('enter'));

const text = (state: State): string =>
  addressLines(state)
    .map((each) => each.text)
    .join('\n');

test('a key of the open study sends it to another center, in the name of a person', () => {
  const { state, effects } = run(opened(), pressed('t', 'enter', 'A', 'd', 'a', 'enter'));
  const { studyInstanceUid } = study(1);
  assert.deepEqual(effects, [{ type: 'address', studyInstanceUid, center: second, by: 'Ada' }]);
  assert.equal(state.place.name, 'study');
});

test('the page opens on the first center that can be chosen; where it goes now and a closed one cannot', () => {
  const open = run(opened(), pressed('t')).state;
  assert.match(text(open), /TEST\^NUMBER 1: goes to "FIRST READING CENTER"/);
  assert.match(text(open), /^ > {3}SECOND READING CENTER/m);
  assert.match(text(open), /^ {2}>> FIRST READING CENTER .*goes there now/m);
  assert.match(text(open), /^ {2}-- THIRD READING CENTER .*takes no studies now/m);
  for (const up of [['up'], ['up', 'up'], ['home']]) {
    const { state, effects } = run(open, pressed(...up, 'enter', 'A', 'd', 'a', 'enter'));
    assert.deepEqual(effects, []);
    assert.equal(state.place.name, 'address');
  }
});

test('without a name nothing is sent, and Esc leaves all as it was', () => {
  const nameless = run(opened(), pressed('t', 'enter', ' ', 'enter'));
  assert.deepEqual(nameless.effects, []);
  assert.match(text(nameless.state), /type your name first/);
  const left = run(nameless.state, pressed('esc', 'esc'));
  assert.deepEqual(left.effects, []);
  assert.equal(left.state.place.name, 'study');
});

test('the key is not offered where there is no other center, or the study is delivered', () => {
  const notOffered = (state: State): void => {
    assert.equal(commandOf(after(state, pressed('enter')), 't'), undefined);
  };
  assert.equal(commandOf(opened(), 't'), 'other center');
  assert.equal(commandOf(screenOf(), 't'), undefined, 'not from the list: look at the study first');
  notOffered(stateWith([study(1, { state: 'waiting' })]));
  notOffered(screenOf({}, [first, closed]));
  notOffered(screenOf({ center: second }, [second]));
  for (const state of ['delivered', 'report ready', 'read back', 'set aside', 'outside'] as const) {
    notOffered(screenOf({ state }));
  }
});

test('a center that closes while the name is typed is not sent to', () => {
  const typing = run(opened(), pressed('t', 'enter', 'A', 'd', 'a')).state;
  const { status } = typing;
  assert.ok(status);
  const closing: Event = {
    ...{ type: 'status', atMs: 0 },
    status: { ...status, centers: [first, closed, { ...second, isOpen: false }] },
  } as const;
  const { effects } = run(typing, [closing, ...pressed('enter')]);
  assert.deepEqual(effects, []);
});

test('a study that is gone from the box says so', () => {
  const open = run(opened(), pressed('t')).state;
  const { state } = run(open, [
    { type: 'studies', list: { revision: 9, studies: [], older: 0 } },
    ...pressed('enter'),
  ]);
  assert.match(text(state), /can go to no other center/);
  assert.equal(run(state, pressed('esc')).state.place.name, 'study');
});

test('what came of it is said on one line, also with the longest name', () => {
  const told = (event: Event): string => alertLine(run(screenOf(), [event]).state).text;
  assert.match(told({ type: 'addressed', center: 'B', alreadyOut: 0 }), /sealed anew for "B"/);
  const out = told({ type: 'addressed', center: 'SECOND CENTER', alreadyOut: 12 });
  assert.match(out, /12 images had left for the center of before: call it\.$/);
  assert.match(
    told({ type: 'addressed', center: 'B', alreadyOut: 99_999 }),
    /99999 images .*: call it\.$/,
  );
  assert.ok(textWidth(told({ type: 'addressed', center: 'X'.repeat(90), alreadyOut: 2 })) <= 80);
  const refused = (why: string): string => told({ type: 'failed', action: 'address', why }).trim();
  assert.equal(refused('Nothing was changed: it left'), 'Nothing was changed: it left');
  assert.equal(refused('It left this box'), 'Nothing was changed: It left this box');
  const long = `${'It left this box, and '.repeat(3)}so on`;
  assert.equal(refused(long), long, 'what happened stays when not all has room');
});

test('names are hidden here too, and every line fits, at any size', () => {
  const many = Array.from({ length: 30 }, (_, index) => ({
    code: `${String(index).padStart(4, '0')}-0000-0000`,
    name: `CENTER ${index} ${'LONG'.repeat(20)}`,
    isOpen: index % 3 > 0,
  }));
  for (const size of [
    { columns: 80, rows: 20 },
    { columns: 80, rows: 24 },
    { columns: 120, rows: 40 },
  ]) {
    const sized = update(screenOf({}, [first, ...many]), { type: 'size', size }).state;
    const { state } = run(sized, pressed('n', 'enter', 't', 'end', 'up', 'enter', 'A', 'd', 'a'));
    const lines = addressLines(state);
    assert.ok(!text(state).includes('TEST^'));
    assert.match(text(state), /^ >.*CENTER 28 /m);
    assert.match(text(state), /Your name: Ada_/);
    assert.ok(lines.length <= size.rows - 6, `${lines.length} lines of ${size.rows} rows`);
    for (const each of lines) assert.ok(textWidth(each.text) <= size.columns, each.text);
  }
});
