import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StudyDetail } from '#appliance/api/contract.ts';
import type { Event } from '#tui/model/event.ts';
import { smallest } from '#tui/model/state.ts';
import { assertScreen, screenLines } from '../golden.ts';
import {
  after,
  callers,
  detail,
  empty,
  helpSteps,
  plainLooks,
  pressed,
  report,
  sampleStudy,
  stateWith,
  status,
  studies,
  study,
  today,
} from '../samples.ts';

test('the study list of a usual day', () => {
  assertScreen('list', stateWith());
});

test('a box that has taken no study yet', () => {
  assertScreen('list-empty', stateWith([]));
});

test('a box with one study', () => {
  assertScreen('list-one', stateWith([sampleStudy(7)]));
});

test('the middle of five hundred studies', () => {
  const rows = Array.from({ length: 500 }, (_, index) =>
    study(index, { stateAt: new Date(Date.UTC(2026, 10, 24, 0, 500 - index)).toISOString() }),
  );
  assertScreen('list-many', stateWith(rows, {}, pressed('end', 'pageup', 'pageup', 'k')));
});

test('the longest texts stay in their columns', () => {
  const rows = [
    study(1, {
      patientName: `${'LONGFAMILYNAME'.repeat(4)}^GIVEN^MIDDLE^DR`,
      isStat: true,
      modality: 'CT\\SR\\PR',
      instanceCount: 123_456,
      state: 'receiving',
      takenAt: today('18:50'),
      callingAeTitle: 'SIXTEENCHARACTER',
    }),
    study(2, {
      patientName: 'YAMADA^TAROU=\u5c71\u7530^\u592a\u90ce',
      state: 'sending',
      sentPercent: 100,
    }),
    study(3, {
      patientName: '=\u5c71\u7530^\u592a\u90ce',
      state: 'waiting',
      secondsLeft: 8_640_000,
    }),
    study(4, { patientName: 'M\u00dcLLER^JOSE\u0301' }),
    study(5, { patientName: '\u001b[31mRED^\u202eOVER' }),
    study(6, { patientName: '', modality: '' }),
  ];
  assertScreen(
    'list-longest',
    stateWith(rows, {
      siteName: 'THE VERY LONG NAME OF A RURAL HOSPITAL..',
      boxName: 'imaging box with a long name of its own',
      disk: { usedPercent: 100, isFull: true },
      link: { state: 'up', rateBytesPerS: 30_000, lastContactAt: '2026-11-24T17:52:00Z' },
    }),
  );
});

test('the link is down since this morning', () => {
  const link = { state: 'down', rateBytesPerS: 0, lastContactAt: today('08:12') } as const;
  assertScreen('link-down', stateWith(studies.slice(1), { link }));
});

test('the disk is full', () => {
  assertScreen('disk-full', stateWith(studies, fullDisk));
});

test('what to do about all that is wrong', () => {
  const link = { state: 'down', rateBytesPerS: 0, lastContactAt: today('08:12') } as const;
  assertScreen('problems', stateWith(studies, { ...fullDisk, link }, pressed('a')));
});

const devices = (...keys: readonly string[]) =>
  stateWith(studies, {}, [
    ...pressed('d'),
    { type: 'devices', devices: callers },
    ...pressed(...keys),
  ]);

test('the devices that call, and a name that is typed for a decision', () => {
  assertScreen('devices', devices('down'));
  assertScreen('devices-name', devices('y', ...'TEST AL'));
});

test('names are hidden from the waiting room', () => {
  assertScreen('names-hidden', stateWith(studies, {}, pressed('n')));
});

test('the view of what is on its way, in a demo without zones', () => {
  assertScreen('view-on-the-way', stateWith(studies, { zones: 'off' }, pressed('3')));
});

test('finding while typing', () => {
  assertScreen('find', stateWith(studies, {}, pressed('/', ...'test^ l')));
});

test('a study that was delivered', () => {
  assertScreen('study', opened(7, { steps: deliveredSteps }));
});

test('a study that needs help', () => {
  assertScreen('needs-help', opened(1, { steps: helpSteps }));
});

test('a study that waits behind others, with the time it takes', () => {
  assertScreen('study-waiting', opened(3, {}));
});

test('a study that is STAT by a rule', () => {
  assertScreen('study-stat', opened(2, {}));
});

test('a study that the timetable or the budget holds says what to do', () => {
  const held = (by: 'link' | 'timetable' | 'budget', until: string | null) => {
    const turn = { place: 1, level: 'routine', secondsLeft: null, hold: { by, until } } as const;
    const ahead = { stat: 0, urgent: 0, routine: 0, bulk: 0 };
    const row = study(3, { state: 'waiting', turn: { ...turn, ahead } });
    return screenLines(stateWith([row], {}, pressed('enter')))[3] ?? '';
  };
  assert.match(
    held('timetable', '20:00'),
    /Only STAT may leave until 20:00. Press s to send it now/,
  );
  assert.match(held('budget', '2026-12-01'), /budget is short until 2026-12-01. Press s/);
  assert.match(held('link', null), /link is down. It goes by itself later/);
});

test('a study that came on a disc, with lossy images', () => {
  const row = study(1, { state: 'outside', callingAeTitle: '', isLossy: true, stateAt: null });
  assertScreen('study-outside', stateWith([row], {}, pressed('enter')));
});

test('a study that needs help for a reason without own words', () => {
  const help = {
    code: 'SEAL-403',
    message: "The center does not know this clinic's key (it was changed today)",
    next: 'Call the reading center and ask for a new pairing card. Then call the field engineer, who pairs this box again with that card',
  };
  const row = study(1, { state: 'needs help', help });
  const state = stateWith([row], {}, pressed('enter'));
  assertScreen(
    'needs-help-other',
    after(state, [{ type: 'detail', studyInstanceUid: row.studyInstanceUid, detail: detail(row) }]),
  );
});

test('a study never says that nothing is lost when images are damaged', () => {
  const help = { code: 'DAMAGED', message: '3 image(s) can no longer be read', next: 'Send again' };
  const lines = screenLines(
    stateWith([study(1, { state: 'needs help', help })], {}, pressed('enter')),
  );
  assert.doesNotMatch(lines.join('\n'), /Nothing is lost/);
  assert.match(lines.join('\n'), /Code: DAMAGED/);
});

test('a study while its steps have not come', () => {
  assertScreen('study-loading', stateWith(studies, {}, pressed('down', 'enter')));
});

test('a study with names hidden', () => {
  assertScreen('study-names-hidden', after(opened(9, { reports: [report()] }), pressed('n')));
});

test('the text of a report', () => {
  assertScreen('report-text', after(opened(9, { reports: [report()] }), pressed('r')));
});

test('a report with names hidden shows no text', () => {
  const lines = screenLines(after(opened(9, { reports: [report()] }), pressed('r', 'n')));
  assert.doesNotMatch(lines.join('\n'), /TEST\^INDIA|pneumothorax/);
  assert.match(lines.join('\n'), /Press n to show names and this report/);
});

test('a long report that was amended', () => {
  const text = Array.from({ length: 60 }, (_, index) => `Line ${index + 1} of the report.`).join(
    '\r\n',
  );
  const old = report({ receivedAt: today('12:00'), text: 'old' });
  const newest = report({ version: 2, status: 'amended', text, isOlderThanImages: true });
  const state = after(opened(9, { reports: [old, newest] }), pressed('r', 'pagedown', 'j'));
  assertScreen('report-long', state);
});

test('a report that is a PDF', () => {
  const pdf = report({ documentType: 'application/pdf', text: null });
  assertScreen('report-pdf', after(opened(9, { reports: [pdf] }), pressed('r')));
});

test('a report that does not fit the patient is not shown', () => {
  const refused = report({
    refusal: 'Cannot show a report: the report does not fit this patient',
    text: null,
  });
  const state = after(opened(9, { reports: [refused] }), pressed('r'));
  assertScreen('report-refused', state);
});

test('where a report was written to', () => {
  const state = after(opened(9, { reports: [report()] }), pressed('r'));
  assertScreen(
    'report-exported',
    after(state, [
      { type: 'exported', path: '/home/clinic/outpost-reports/report-A2026-11-0009-v1.pdf' },
    ]),
  );
});

const critical = study(9, {
  ...{ patientName: 'TEST^INDIA', state: 'report ready', stateAt: today('13:47') },
  isCritical: true,
});
const finding = report({ critical: 'Tension pneumothorax on the left; call 0123-45 at once.' });

test('a report that names a critical finding is the first thing one sees', () => {
  const rows = [...studies.filter((row) => row.studyInstanceUid !== critical.studyInstanceUid)];
  assertScreen('critical-list', stateWith([...rows, critical], fullDisk));
  const open = after(stateWith([critical], {}, pressed('enter')), [
    {
      type: 'detail',
      studyInstanceUid: critical.studyInstanceUid,
      detail: detail(critical, { reports: [finding] }),
    },
  ]);
  assertScreen('critical-study', open);
  assertScreen('critical-report', after(open, pressed('r')));
  const hidden = screenLines(after(open, pressed('r', 'n'))).join('\n');
  assert.doesNotMatch(hidden, /pneumothorax/);
  assert.match(hidden, /Critical finding: \(hidden\)/);
});

test('the words of a pairing are compared with the center', () => {
  const waiting = [{ center: 'SECOND CENTER', words: ['abandon', 'zoo', 'river', 'lemon'] }];
  const pairing = { state: 'active', centerName: 'DEMO READING CENTER', waiting };
  assertScreen('words', stateWith(studies, { pairing }, pressed('c', ...'apple tree')));
});

test('the help is the key table', () => {
  assertScreen('help', stateWith(studies, {}, pressed('?')));
});

test('every line of the help can be reached in the smallest window', () => {
  const open = after(stateWith(), [{ type: 'size', size: smallest }, ...pressed('?')]);
  const top = screenLines(open).join('\n');
  assert.match(top, /Move the cursor/);
  assert.match(top, /Up\/Down scroll/);
  assert.match(screenLines(after(open, pressed('end'))).join('\n'), /Ctrl\+C leaves/);
});

test('the box has never answered', () => {
  assertScreen('not-answering', after(empty(), [silent]));
});

test('the box stops answering: what was known stays, with a warning', () => {
  assertScreen('went-silent', stateWith(studies, {}, [silent]));
});

test('a window that is too small shows one sentence', () => {
  assertScreen(
    'too-small',
    after(stateWith(), [{ type: 'size', size: { columns: 60, rows: 12 } }]),
  );
});

test('a wide and high window is filled', () => {
  const state = after(stateWith(), [{ type: 'size', size: { columns: 132, rows: 43 } }]);
  const lines = screenLines(state);
  assert.equal(lines.length, 42);
  assert.equal(lines[2], '-'.repeat(132));
  assert.match(lines.at(-1) ?? '', /q quit/);
  assert.match(lines[8] ?? '', /^ > !! NEEDS HELP {4}TEST\^ALPHA {65}.*press Enter$/);
});

test('with UTF-8 the names are shown as they are, and columns still line up', () => {
  const looks = { ...plainLooks, isUtf8: true };
  const row = study(1, { patientName: '\u5c71\u7530^\u592a\u90ce' });
  const state = after(empty({ columns: 80, rows: 24 }, looks), [
    { type: 'status', status: status(), atMs: 0 },
    { type: 'studies', list: { revision: 1, studies: [row], older: 0 } },
  ]);
  assert.match(
    screenLines(state)[8] ?? '',
    /^ > ok DELIVERED {5}\u5c71\u7530\^\u592a\u90ce {14}CR {3}/,
  );
});

const silent: Event = { type: 'silence', silence: 'no-answer', atMs: 0 };

const fullDisk = {
  disk: { usedPercent: 97, isFull: true },
  alerts: [
    {
      code: 'DISK-FULL',
      message: 'The disk is full: new studies are refused',
      next: 'Call support; keep the images on the device',
    },
  ],
};

const deliveredSteps: StudyDetail['steps'] = [
  { at: today('15:11'), glyph: 'ok', text: 'Received from CR1, 2 images' },
  {
    at: today('15:11'),
    glyph: 'ok',
    text: 'Sealed for the reading center (only the center can open it)',
  },
  { at: today('15:20'), glyph: 'ok', text: 'All packs are at the relay' },
  { at: today('15:31'), glyph: 'ok', text: 'Delivered to PACS, 2 images, receipt checked' },
];

/** Sample study `serial`, opened from the list, with what the box tells of it. */
function opened(serial: number, changes: Parameters<typeof detail>[1]) {
  const row = sampleStudy(serial);
  const state = stateWith([row], {}, pressed('enter'));
  return after(state, [
    { type: 'detail', studyInstanceUid: row.studyInstanceUid, detail: detail(row, changes) },
  ]);
}

test('a study is sent to another center', () => {
  const first = { code: '1111-1111-1111', name: 'FIRST READING CENTER' };
  const second = { code: '2222-2222-2222', name: 'SECOND READING CENTER' };
  const row = study(1, { state: 'waiting', center: first });
  const centers = [first, second].map((center) => ({ ...center, isOpen: true }));
  const keys = pressed('enter', 't', 'enter', 'A', 'd', 'a');
  assertScreen('address', stateWith([row], { centers }, keys));
});

test('a report for a study that is not on this box', () => {
  const help = {
    code: 'REPORT-UNKNOWN-STUDY',
    message: 'A report came for patient ID 0012-884, and its study is not on this box',
    next: 'Call the center',
  };
  const row = study(1, {
    ...{ isNotHere: true, patientName: '', patientId: '0012-884', state: 'needs help', help },
    ...{ accessionNumber: '', studyDescription: '', modality: '', callingAeTitle: '' },
    ...{ seriesCount: 0, instanceCount: 0, sizeBytes: 0 },
  });
  assertScreen('report-stray-list', stateWith([row, sampleStudy(2)]));
  const open = stateWith([row], {}, pressed('enter'));
  assertScreen('report-stray', open);
  assert.ok(!screenLines(open).some((line) => line.includes('images are safe')));
  assert.ok(!screenLines(open).some((line) => line.includes('s STAT')));
});
