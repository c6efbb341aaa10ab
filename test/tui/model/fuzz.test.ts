import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  apiFaultSchema,
  statusSchema,
  studyDetailSchema,
  studyListSchema,
} from '#appliance/api/contract.ts';
import { fuzzJson, fuzzText } from '#test/support/fuzz.ts';
import { tuiConfigSchema } from '#tui/config.ts';
import { deviceLines, deviceWords } from '#tui/model/devices-view.ts';
import type { Event } from '#tui/model/event.ts';
import { alertLine, headerLines } from '#tui/model/header.ts';
import { lowLine } from '#tui/model/layout.ts';
import type { Line } from '#tui/model/line.ts';
import { rangeText, tableHead, tableLines, viewsLine } from '#tui/model/list-view.ts';
import { plainLines } from '#tui/model/plain.ts';
import { problemLines } from '#tui/model/problems-view.ts';
import { reportHead, reportLines } from '#tui/model/report-view.ts';
import type { State } from '#tui/model/state.ts';
import { openStudy, studyFacts, studyHead, studySteps } from '#tui/model/study-view.ts';
import { textWidth, wrap } from '#tui/model/text-width.ts';
import {
  after,
  detail,
  empty,
  helpSteps,
  list,
  pressed,
  report,
  stateWith,
  status,
  studies,
} from '../samples.ts';

const rows = studies.slice(0, 6);
const [first] = rows;
assert.ok(first);
const alert = { code: 'DISK-FULL', message: 'The disk is full', next: 'Free space' };

/** Every line of every screen of `state`. */
function linesOf(state: State): readonly Line[] {
  const { row } = openStudy(state);
  return [
    ...[...headerLines(state), alertLine(state), lowLine(state), viewsLine(state)],
    ...[tableHead(state), ...tableLines(state), ...problemLines(state)],
    ...(row ? [...studyHead(state, row), ...studyFacts(state, row)] : []),
    ...[studySteps(state).head, ...studySteps(state).lines],
    ...[...reportHead(state), ...reportLines(state)],
    ...[...deviceLines(state), ...deviceWords(state)],
    ...[rangeText(state), ...plainLines(state)].map((text) => ({ text, tone: 'plain' }) as const),
  ];
}

/** No character that acts on a terminal, and no line that wraps into the next one. */
function assertHarmless(state: State): void {
  for (const { text } of linesOf(state)) {
    assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u, JSON.stringify(text));
    assert.ok(textWidth(text) <= state.size.columns, `${textWidth(text)}: ${JSON.stringify(text)}`);
  }
}

const inside = (): State =>
  after(stateWith(rows), [
    ...pressed('enter'),
    { type: 'detail', studyInstanceUid: first.studyInstanceUid, detail: shownDetail },
    ...pressed('r'),
  ]);
const shownDetail = detail(first, { steps: helpSteps, reports: [report()] });

test('a hostile status, list, study or report cannot act on the terminal or leave its line', async () => {
  const usual = { rounds: 150 };
  await fuzzJson(
    'statusSchema',
    [status({ alerts: [alert] })],
    (value) => {
      const parsed = statusSchema.safeParse(value);
      if (!parsed.success) return;
      assertHarmless(after(stateWith(rows), [{ type: 'status', status: parsed.data, atMs: 0 }]));
    },
    usual,
  );
  await fuzzJson(
    'studyListSchema',
    [list(rows)],
    (value) => {
      const parsed = studyListSchema.safeParse(value);
      if (parsed.success)
        assertHarmless(after(stateWith(rows), [{ type: 'studies', list: parsed.data }]));
    },
    usual,
  );
  await fuzzJson(
    'studyDetailSchema',
    [shownDetail],
    (value) => {
      const parsed = studyDetailSchema.safeParse(value);
      if (!parsed.success) return;
      const given = { ...parsed.data, studyInstanceUid: first.studyInstanceUid };
      const event: Event = {
        type: 'detail',
        studyInstanceUid: first.studyInstanceUid,
        detail: given,
      };
      for (const start of [inside(), after(stateWith(rows), pressed('enter'))]) {
        assertHarmless(after(start, [event]));
      }
    },
    usual,
  );
  await fuzzJson(
    'apiFaultSchema',
    [alert],
    (value) => {
      const parsed = apiFaultSchema.safeParse(value);
      if (!parsed.success) return;
      const { message: why } = parsed.data;
      assertHarmless(after(stateWith(rows), [{ type: 'failed', action: 'export', why }]));
    },
    usual,
  );
});

test('a code without an end stays on its line', () => {
  const code = '9'.repeat(300);
  const alerts = [{ ...alert, code }];
  assertHarmless(after(stateWith(rows), [{ type: 'status', status: status({ alerts }), atMs: 0 }]));
  const trouble = { ...first, help: { code, message: 'm', next: 'n' } };
  const opened = pressed('enter');
  assertHarmless(after(stateWith([trouble]), opened));
});

test('any keys and any pasted text leave a screen that can be drawn', () =>
  fuzzText(
    'update',
    ['/TEST^ALPHA', 'jjjj', '\u001b[200~rm -rf /\u001b[201~', '1234?ahr'],
    (text) => {
      const events = [...text.slice(0, 60)].flatMap((key) => pressed(key));
      assertHarmless(after(stateWith(rows), events));
      assertHarmless(after(empty(), events));
    },
    { rounds: 150 },
  ));

test('a report of one endless line is wrapped in one pass', () => {
  for (const text of ['x'.repeat(400_000), '山'.repeat(100_000), 'a '.repeat(200_000)]) {
    const lines = wrap(text, 77);
    assert.equal(lines.join('').replaceAll(' ', ''), text.replaceAll(' ', ''));
    assert.ok(lines.every((line) => textWidth(line) <= 77));
  }
});

test('a config of the screen is parsed or refused', () =>
  fuzzJson(
    'tuiConfigSchema',
    [{ format: 1, socket: '/run/x.sock', exportDir: '/home/x' }],
    (value) => {
      const parsed = tuiConfigSchema.safeParse(value);
      if (parsed.success) assert.ok((parsed.data.socket ?? '/').startsWith('/'));
    },
    { rounds: 200 },
  ));
