import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { studyStates } from '#appliance/api/contract.ts';
import type { Event } from '#tui/model/event.ts';
import { alertLine } from '#tui/model/header.ts';
import { limitOf, scrollArea } from '#tui/model/layout.ts';
import { cursorIndex, studyAtCursor, visibleStudies } from '#tui/model/list.ts';
import { inOrder } from '#tui/model/order.ts';
import { listRows, type State } from '#tui/model/state.ts';
import { homeMs, idleMs, noteMs, update } from '#tui/model/update.ts';
import {
  after,
  detail,
  list,
  pressed,
  report,
  sampleStudy,
  stateWith,
  status,
  studies,
  study,
  today,
} from '../samples.ts';

test('whatever happens, the cursor is on a row that is on the screen', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
      let state = stateWith();
      for (const event of events) {
        state = update(state, event).state;
        assertSound(state);
      }
    }),
    { numRuns: 300 },
  );
});

test('the cursor follows its study when the order changes', () => {
  const state = stateWith(studies, {}, pressed('down', 'down'));
  const name = studyAtCursor(state)?.patientName;
  const risen = studies.map((row, index) =>
    index === 8 ? { ...row, state: 'needs help' as const } : row,
  );
  const next = after(state, [{ type: 'studies', list: list(risen, 2) }]);
  assert.equal(studyAtCursor(next)?.patientName, name);
  assert.equal(cursorIndex(next, visibleStudies(next)), 3);
});

test('a row does not jump while the cursor is on it', () => {
  const state = stateWith(studies, {}, pressed('down'));
  assert.equal(studyAtCursor(state)?.patientName, 'TEST^BRAVO');
  const arrived = studies.map((row) =>
    row.patientName === 'TEST^BRAVO'
      ? { ...row, state: 'delivered' as const, stateAt: today('18:52') }
      : row,
  );
  const next = after(state, [{ type: 'studies', list: list(arrived, 2) }]);
  assert.equal(visibleStudies(next)[1]?.patientName, 'TEST^BRAVO');
  const left = after(next, [...pressed('down'), { type: 'studies', list: list(arrived, 3) }]);
  assert.notEqual(visibleStudies(left)[1]?.patientName, 'TEST^BRAVO');
  assert.equal(studyAtCursor(left)?.patientName, 'TEST^CHARL');
});

test('in a scrolled list the row under the cursor keeps its line', () => {
  const rows = Array.from({ length: 60 }, (_, index) =>
    study(index, { stateAt: stamp(60 - index) }),
  );
  const state = stateWith(rows, {}, [...pressed('pagedown', 'pagedown', 'up')]);
  const line = cursorIndex(state, visibleStudies(state)) - state.top;
  const newest = [study(900, { stateAt: stamp(90) }), study(901, { stateAt: stamp(91) }), ...rows];
  const next = after(state, [{ type: 'studies', list: list(newest, 2) }]);
  assert.equal(cursorIndex(next, visibleStudies(next)) - next.top, line);
  assert.equal(studyAtCursor(next)?.patientName, studyAtCursor(state)?.patientName);
});

test('an untouched cursor rests on what is most urgent', () => {
  const next = after(stateWith(studies.slice(1)), [{ type: 'studies', list: list(studies, 2) }]);
  assert.equal(studyAtCursor(next)?.patientName, 'TEST^ALPHA');
  assert.equal(next.top, 0);
});

test('when its study leaves the view the cursor stays on its line', () => {
  const state = stateWith(studies, {}, pressed('3', 'down', 'down'));
  const gone = studyAtCursor(state);
  const rows = studies.filter((row) => row !== gone);
  const next = after(state, [{ type: 'studies', list: list(rows, 2) }]);
  assert.equal(cursorIndex(next, visibleStudies(next)), 2);
});

test('what is to be sent stands as it will be sent, whatever the time left says', () => {
  const at = (serial: number, place: number, secondsLeft: number) =>
    study(serial, {
      ...{ state: 'waiting' as const, secondsLeft },
      turn: {
        ...{ place, level: 'routine', secondsLeft, hold: null },
        ahead: { stat: 0, urgent: 0, routine: place - 1, bulk: 0 },
      },
    });
  const rows = inOrder([at(1, 3, 10), at(2, 1, 900), at(3, 2, 20)], undefined);
  assert.deepEqual(
    rows.map(({ turn }) => turn?.place),
    [1, 2, 3],
  );
});

test('the list is ordered: help, STAT, by time left, incoming, then newest arrivals', () => {
  const shuffled = [...studies].reverse();
  assert.deepEqual(
    visibleStudies(stateWith(shuffled))
      .map((row) => row.patientName.slice(5, 8))
      .join(' '),
    'ALP BRA CHA DEL ECH FOX GOL HOT IND LIM JUL KIL MIK NOV',
  );
});

test('finding narrows the list with each letter; Enter keeps it, Esc brings all back', () => {
  const typing = stateWith(studies, {}, pressed('/', ...'lim'));
  assert.deepEqual(namesOf(typing), ['TEST^LIMA']);
  const kept = after(typing, pressed('enter'));
  assert.deepEqual(namesOf(kept), ['TEST^LIMA']);
  const cleared = after(kept, pressed('esc'));
  assert.equal(namesOf(cleared).length, studies.length);
  assert.equal(studyAtCursor(cleared)?.patientName, 'TEST^LIMA');
});

test('letters go into the find text while it is typed, not to commands', () => {
  const state = stateWith(studies, {}, pressed('/', 'q', 'n', '1'));
  assert.equal(state.find?.text, 'qn1');
  assert.equal(state.areNamesHidden, false);
  assert.equal(update(state, press('backspace')).state.find?.text, 'qn');
});

test('names hide after five minutes without a key, and the list goes back to its start', () => {
  const state = stateWith(studies, {}, pressed('end'));
  const almost = after(state, [{ type: 'status', status: status(), atMs: idleMs - 1 }]);
  assert.equal(almost.areNamesHidden, false);
  const idle = after(state, [{ type: 'status', status: status(), atMs: idleMs }]);
  assert.equal(idle.areNamesHidden, true);
  assert.equal(idle.cursor, undefined);
  assert.equal(idle.top, 0);
});

test('what the last person did gives way: the note first, then the search, then any page', () => {
  const at = (state: State, atMs: number) =>
    update(state, { type: 'status', status: status(), atMs }).state;
  const noted = after(stateWith(), [{ type: 'exported', path: '/x' }]);
  assert.ok(at(noted, noteMs - 1).note);
  assert.equal(at(noted, noteMs).note, undefined, 'an alarm would not be seen below it');
  const found = after(stateWith(), pressed('4', '/', 'k', 'enter'));
  const start = at(found, idleMs + 10_000);
  assert.deepEqual([start.view, start.find, start.note], ['all', undefined, undefined]);
  const open = stateWith(studies, {}, pressed('enter'));
  assert.equal(at(open, idleMs).place.name, 'study', 'somebody may be reading it');
  assert.equal(at(open, homeMs).place.name, 'list');
});

test('older studies that were looked for are let go when nobody looks any more', () => {
  const many: Event = { type: 'studies', list: { ...list(studies, 2), older: 900 } };
  const found = after(stateWith(), [many, ...pressed('/', 'k', 'enter')]);
  const idle = update(found, { type: 'status', status: status(), atMs: idleMs * 2 });
  assert.deepEqual(idle.effect, { type: 'find', text: undefined });
});

test('what an open page did not get is asked for again', () => {
  const now: Event = { type: 'status', status: status(), atMs: 0 };
  const { studyInstanceUid } = sampleStudy(1);
  const opened = stateWith(studies, {}, pressed('enter'));
  assert.deepEqual(update(opened, now).effect, { type: 'load', studyInstanceUid });
  const known = after(opened, [arrived(sampleStudy(1), [])]);
  assert.equal(update(known, now).effect, undefined);
  const devices = stateWith(studies, {}, pressed('d'));
  assert.deepEqual(update(devices, now).effect, { type: 'load devices' });
});

test('a list that does not come is not taken for a live one', () => {
  const old = after(stateWith(), [
    { type: 'no list' },
    { type: 'status', status: status(), atMs: 0 },
  ]);
  assert.match(alertLine(old).text, /The list below is old/);
  const back = after(old, [{ type: 'studies', list: list(studies, 2) }]);
  assert.doesNotMatch(alertLine(back).text, /old/);
});

test('names hide while the box is silent, too', () => {
  const silent: Event = { type: 'silence', silence: 'no-answer', atMs: idleMs };
  assert.equal(after(stateWith(), [silent]).areNamesHidden, true);
});

test('opening a study asks for its steps, and again when the list changes', () => {
  const state = stateWith();
  const step = update(state, press('enter'));
  const { studyInstanceUid } = sampleStudy(1);
  assert.deepEqual(step.effect, { type: 'load', studyInstanceUid });
  const again = update(step.state, { type: 'studies', list: list(studies, 2) });
  assert.deepEqual(again.effect, { type: 'load', studyInstanceUid });
});

test('the answer for a study that is no longer open is dropped', () => {
  const row = sampleStudy(1);
  const late: Event = {
    type: 'detail',
    studyInstanceUid: row.studyInstanceUid,
    detail: detail(row),
  };
  assert.equal(after(stateWith(), [late]).detail, undefined);
  assert.equal(after(stateWith(studies, {}, pressed('down', 'enter')), [late]).detail, undefined);
});

test('a report stays open when a newer one comes', () => {
  const first = report({ text: 'first' });
  const second = report({ reportId: 'r-2', receivedAt: today('18:00'), text: 'second' });
  const row = sampleStudy(9);
  const open = after(stateWith([row], {}, pressed('enter')), [
    arrived(row, [first]),
    ...pressed('r'),
    arrived(row, [first, second]),
  ]);
  assert.match(JSON.stringify(open.place), /r-1/);
  const other = after(open, pressed('r'));
  assert.match(JSON.stringify(other.place), /r-2/);
});

test('exporting names the report by accession number and version, never by patient', () => {
  const row = sampleStudy(9);
  const state = after(stateWith([row], {}, pressed('enter')), [
    arrived(row, [report({ version: 3 })]),
  ]);
  assert.deepEqual(update(state, press('e')).effect, {
    type: 'export',
    reportId: 'r-1',
    version: 3,
    accessionNumber: 'A2026-11-0009',
  });
});

test('a note is shown until the next key', () => {
  const noted = after(stateWith(), [{ type: 'failed', action: 'export', why: 'no room' }]);
  assert.equal(noted.note?.isTrouble, true);
  assert.equal(after(noted, pressed('down')).note, undefined);
});

test('Esc leads out of everything, one step at a time', () => {
  const row = sampleStudy(9);
  const state = after(stateWith([row], {}, pressed('enter')), [
    arrived(row, [report()]),
    ...pressed('r', '?'),
  ]);
  const places = ['help', 'report', 'study', 'list'];
  let current = state;
  for (const place of places) {
    assert.equal(current.place.name, place);
    current = after(current, pressed('esc'));
  }
  assert.equal(current.place.name, 'list');
});

test('q leaves the screen from the list only', () => {
  assert.deepEqual(update(stateWith(), press('q')).effect, { type: 'quit' });
  assert.equal(update(stateWith(studies, {}, pressed('?')), press('q')).effect, undefined);
});

function assertSound(state: State): void {
  const rows = visibleStudies(state);
  const index = cursorIndex(state, rows);
  assert.equal(index === -1, rows.length === 0);
  if (index >= 0) {
    assert.ok(state.top <= index && index < state.top + listRows(state.size));
  }
  assert.ok(state.top >= 0);
  if (state.cursor !== undefined) assert.equal(rows[index]?.studyInstanceUid, state.cursor);
  if ('scroll' in state.place) assert.ok(limitOf(scrollArea(state)) >= 0);
}

const keys = [
  ...['up', 'down', 'pageup', 'pagedown', 'home', 'end', 'enter', 'esc', 'left', 'right'],
  ...['backspace', '/', 'a', 'e', 'r', 'n', 'q', '?', '1', '2', '3', '4', 'j', 'k', 'g', 'G', 't'],
];

const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  { arbitrary: fc.constantFrom(...keys).map(press), weight: 6 },
  fc.record({
    type: fc.constant('size' as const),
    size: fc.record({
      columns: fc.integer({ min: 1, max: 200 }),
      rows: fc.integer({ min: 1, max: 60 }),
    }),
  }),
  fc
    .array(
      fc.record({
        serial: fc.integer({ min: 1, max: 30 }),
        state: fc.constantFrom(...studyStates),
        isStat: fc.boolean(),
      }),
      { maxLength: 30 },
    )
    .map((rows): Event => {
      const unique = new Map(rows.map((row) => [row.serial, row]));
      const changed = [...unique.values()].map(({ serial, ...changes }) => study(serial, changes));
      return { type: 'studies', list: list(changed, 2) };
    }),
  fc.constant<Event>({ type: 'silence', silence: 'no-answer', atMs: idleMs * 2 }),
  fc.integer({ min: 1, max: 30 }).map((serial): Event => arrived(study(serial), [report()])),
);

function press(key: string): Event {
  return { type: 'key', key, atMs: 0 };
}

function arrived(row: ReturnType<typeof study>, reports: ReturnType<typeof report>[]): Event {
  return {
    type: 'detail',
    studyInstanceUid: row.studyInstanceUid,
    detail: detail(row, { reports }),
  };
}

function namesOf(state: State): readonly string[] {
  return visibleStudies(state).map((row) => row.patientName);
}

function stamp(minute: number): string {
  return new Date(Date.UTC(2026, 10, 24, 8, minute)).toISOString();
}

test('where the box has older studies it looks among them, each time the text to find changes', () => {
  const key = (state: State, name: string) => update(state, { type: 'key', key: name, atMs: 0 });
  const few = stateWith(studies, {}, pressed('/'));
  assert.equal(key(few, 'b').effect, undefined, 'all studies are here');
  const many = after(few, [{ type: 'studies', list: { ...list(studies, 2), older: 900 } }]);
  const typed = key(many, 'b');
  assert.deepEqual(typed.effect, { type: 'find', text: 'b' });
  const kept = key(typed.state, 'enter');
  assert.equal(kept.effect, undefined, 'the text is as it was');
  assert.deepEqual(key(kept.state, 'esc').effect, { type: 'find', text: undefined });
});

test('r tries the link while there is none, and means nothing while there is', () => {
  const withLink = (link: 'up' | 'down') => {
    const now = { ...status(), link: { ...status().link, state: link } };
    return after(stateWith(), [{ type: 'status', status: now, atMs: 0 }]);
  };
  const key: Event = { type: 'key', key: 'r', atMs: 0 };
  assert.equal(update(withLink('up'), key).effect, undefined);
  const step = update(withLink('down'), key);
  assert.deepEqual(step.effect, { type: 'try now' });
  assert.match(step.state.note?.text ?? '', /Trying the link/);
  const failed = update(step.state, { type: 'failed', action: 'try now', why: 'no' }).state;
  assert.deepEqual(failed.note?.isTrouble, true);
});
