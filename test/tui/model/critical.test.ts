import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertLine } from '#tui/model/header.ts';
import { studyAtCursor, visibleStudies } from '#tui/model/list.ts';
import { problemsOf } from '#tui/model/problems.ts';
import type { State } from '#tui/model/state.ts';
import {
  after,
  detail,
  list,
  pressed,
  report,
  stateWith,
  studies,
  study,
  today,
} from '../samples.ts';

const red = study(50, { state: 'report ready', stateAt: today('13:47'), isCritical: true });
const arrived = {
  type: 'detail',
  studyInstanceUid: red.studyInstanceUid,
  detail: detail(red, { reports: [report({ critical: 'Bleeding' })] }),
} as const;
const read = (...keys: readonly string[]): State =>
  after(stateWith([...studies, red], {}, pressed('enter')), [arrived, ...pressed('r', ...keys)]);
const alarm = (state: State): boolean => problemsOf(state).some(({ code }) => code === 'CRITICAL');

test('a critical finding stands above all and its key leads to it from anywhere', () => {
  const state = stateWith([...studies, red]);
  assert.equal(studyAtCursor(state), red);
  assert.match(alertLine(state).text, /critical finding\..* Press Enter, then r/);
  const elsewhere = after(state, pressed('3', 'down'));
  assert.match(alertLine(elsewhere).text, /Press 1, Home and Enter/);
  assert.equal(studyAtCursor(after(elsewhere, pressed('1', 'home'))), red);
});

test('the alarm ends when the report can be read, not when it is open with names hidden', () => {
  assert.ok(alarm(stateWith([...studies, red])));
  assert.ok(!alarm(read('esc', 'esc')));
  const hidden = after(stateWith([...studies, red], {}, pressed('n', 'enter')), [
    arrived,
    ...pressed('r'),
  ]);
  assert.ok(alarm(hidden));
  assert.ok(!alarm(after(hidden, pressed('n'))));
});

test('a newer critical report is an alarm again', () => {
  const newer = { ...red, stateAt: today('18:00') };
  assert.ok(alarm(after(read(), [{ type: 'studies', list: list([...studies, newer], 2) }])));
});

test('after a week it takes its place among the others, and its row still says it', () => {
  const old = { ...red, stateAt: '2026-11-16T13:47:00Z' };
  const state = stateWith([...studies, old]);
  assert.ok(!alarm(state));
  assert.notEqual(visibleStudies(state)[0], old);
});
