import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '#tui/model/event.ts';
import { bindings, commandOf, helpLines, hintsOf } from '#tui/model/keymap.ts';
import type { State } from '#tui/model/state.ts';
import { words } from '#tui/words/en.ts';
import {
  after,
  callers,
  detail,
  pressed,
  report,
  sampleStudy,
  stateWith,
  studies,
  study,
} from '../samples.ts';

test('no key means two things at once', () => {
  for (const [name, state] of situations()) {
    const working = bindings.filter(
      ({ places, when }) => places.includes(state.place.name) && (when?.(state) ?? true),
    );
    const keys = working.flatMap((binding) => binding.keys);
    assert.deepEqual(
      keys.filter((key, index) => keys.indexOf(key) !== index),
      [],
      name,
    );
  }
});

test('every command can be reached somewhere', () => {
  const reached = new Set(
    situations().flatMap(([, state]) =>
      bindings.flatMap(({ keys }) => keys.map((key) => commandOf(state, key))),
    ),
  );
  assert.deepEqual(
    Object.keys(words.commands).filter((command) => ![...reached].some((each) => each === command)),
    [],
  );
});

test('the footer fits into 80 columns wherever the user is', () => {
  for (const [name, state] of situations()) {
    const footer = hintsOf(state).map(({ key, text }) => `${key} ${text}`);
    assert.ok(` ${footer.join('  ')}`.length <= 80, `${name}: ${footer.join('  ')}`);
  }
});

test('the footer always tells the way out', () => {
  for (const [name, state] of situations()) {
    const keys = hintsOf(state).map((hint) => hint.key);
    assert.ok(keys.includes(state.place.name === 'list' ? 'q' : 'Esc'), name);
  }
});

test('a key without effect is neither shown nor taken', () => {
  const empty = stateWith([]);
  assert.deepEqual(
    hintsOf(empty).map((hint) => hint.key),
    ['n', '?', 'q'],
  );
  assert.equal(commandOf(empty, 'enter'), undefined);
  const [, noReport] = situations().find(([name]) => name === 'study') ?? [];
  assert.equal(noReport && commandOf(noReport, 'r'), undefined);
});

test('a report that was refused, withdrawn or replaced cannot be exported', () => {
  const cases = [
    [report({ refusal: 'does not fit' })],
    [report({ status: 'withdrawn' })],
    [report({ version: 2, receivedAt: '2026-11-24T10:00:00Z', status: 'withdrawn' }), report()],
  ];
  for (const reports of cases) assert.equal(commandOf(opened(reports, ['r']), 'e'), undefined);
  assert.equal(commandOf(opened([report()], ['r']), 'e'), 'export');
});

test('the help has one line for every command, and no key twice', () => {
  const lines = helpLines().map(({ text }) => text);
  for (const { help } of Object.values(words.commands)) {
    assert.equal(lines.filter((line) => line.endsWith(help)).length, 1, help);
  }
  for (const line of lines) assert.ok(line.length <= 80, line);
});

test('when all keys mean something at once the footer still tells help and the way out', () => {
  const found = after(
    stateWith([study(1, { state: 'sending', isStat: true })], {
      link: { state: 'down', rateBytesPerS: 0, lastContactAt: null },
      alerts: [{ code: 'QUARANTINE', message: 'Something', next: 'Call' }],
      pairing: { state: 'active', centerName: 'A', waiting: [{ center: 'B', words: ['a'] }] },
    }),
    pressed('n', '/', 't', 'enter'),
  );
  const hints = hintsOf(found).map(({ key, text }) => `${key} ${text}`);
  assert.ok(` ${hints.join('  ')}`.length <= 80, hints.join('  '));
  for (const hint of ['s end STAT', 'r try link', 'a alarms', '? help', 'q quit']) {
    assert.ok(hints.includes(hint), hint);
  }
});

/** A state of every place, with everything that adds a key. */
function situations(): readonly (readonly [string, State])[] {
  const long = report({ text: 'line\n'.repeat(100) });
  const many = Array.from({ length: 40 }, () => ({
    at: '2026-11-24T10:00:00Z',
    glyph: 'ok' as const,
    text: 'A step',
  }));
  const alert = { code: 'QUARANTINE', message: 'Something', next: 'Call' };
  const all = (keys: readonly string[]): State =>
    stateWith(studies, { alerts: Array(9).fill(alert) }, pressed(...keys));
  const centers = ['A', 'B'].map((name) => ({ code: name, name, isOpen: true }));
  const bound = study(1, { state: 'waiting', center: { code: 'A', name: 'A' } });
  const several = (keys: readonly string[]): State =>
    stateWith([bound], { centers, alerts: Array(9).fill(alert) }, pressed(...keys));
  return [
    ['list', all([])],
    ['list, names hidden', all(['n'])],
    ['list, found', all(['/', 't', 'enter'])],
    ['STAT on its way', stateWith([study(1, { state: 'waiting', isStat: true })])],
    [
      'list, no link',
      stateWith(studies, { link: { state: 'down', rateBytesPerS: 0, lastContactAt: null } }),
    ],
    [
      'list, a pairing waits for its words',
      stateWith(studies, {
        pairing: { state: 'active', centerName: 'A', waiting: [{ center: 'B', words: ['a'] }] },
      }),
    ],
    ['list, several centers', several([])],
    ['centers', several(['enter', 't'])],
    ['study, several centers', several(['enter'])],
    ['empty list', stateWith([])],
    ['study', opened([], [])],
    ['study with report and many steps', opened([report()], [], many)],
    ['report', opened([report()], ['r'])],
    ['long report of two', opened([long, report({ version: 2 })], ['r'])],
    ['long report, names hidden', opened([long, report({ version: 2 })], ['r', 'n'])],
    ['problems', all(['a'])],
    ['devices, asking', all(['d'])],
    ['devices', after(all(['d']), [{ type: 'devices', devices: callers }])],
    ['help', all(['?'])],
  ];
}

function opened(
  reports: readonly ReturnType<typeof report>[],
  keys: readonly string[],
  steps: Parameters<typeof detail>[1] extends { steps?: infer S } | undefined
    ? S & object
    : never = [],
): State {
  const row = study(1);
  const arrival: Event = {
    type: 'detail',
    studyInstanceUid: row.studyInstanceUid,
    detail: detail(row, { reports: [...reports], steps }),
  };
  const state = stateWith([row, sampleStudy(2)], {}, pressed('end', 'enter'));
  return after(state, [arrival, ...pressed(...keys)]);
}
