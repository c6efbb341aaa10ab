import type { Report, Status, StudyDetail, StudyList, StudyRow } from '#appliance/api/contract.ts';
import type { ShownCaller } from '#appliance/api/contract-callers.ts';
import type { StudyTurn } from '#appliance/api/contract-sending.ts';
import type { Event } from '#tui/model/event.ts';
import { initialState, type Looks, type Size, type State } from '#tui/model/state.ts';
import { createCalendar } from '#tui/model/time.ts';
import { update } from '#tui/model/update.ts';

export const plainLooks: Looks = { hasColor: false, isUtf8: false, hasLines: false };
export const usualSize: Size = { columns: 80, rows: 24 };
const nowAt = '2026-11-24T18:51:20Z';

export function status(changes: Partial<Status> = {}): Status {
  return {
    siteName: 'DEMO CLINIC',
    boxName: 'imaging box 07',
    version: '0.1.0',
    nowAt,
    zones: 'enforced',
    link: { state: 'up', rateBytesPerS: 12_000, lastContactAt: '2026-11-24T18:50:10Z' },
    disk: { usedPercent: 61, isFull: false },
    pairing: { state: 'active', centerName: 'DEMO READING CENTER' },
    counts: { studies: 14, instances: 1_049, needHelp: 1, onlyHere: 487, unknownCallers: 0 },
    alerts: [],
    ...changes,
  };
}

/** A delivered CR of two images, unless `changes` say otherwise. */
export function study(serial: number, changes: Partial<StudyRow> = {}): StudyRow {
  return {
    studyInstanceUid: `1.2.826.0.1.3680043.10.1.${serial}`,
    patientName: `TEST^NUMBER ${serial}`,
    patientId: `0012-${serial}`,
    patientSex: 'F',
    patientBirthDate: '19920314',
    accessionNumber: `A2026-11-${String(serial).padStart(4, '0')}`,
    studyDescription: 'CHEST PA',
    modality: 'CR',
    isStat: false,
    isLossy: false,
    takenAt: today('15:10'),
    arrivedAt: today('15:11'),
    callingAeTitle: 'CR1',
    seriesCount: 1,
    instanceCount: 2,
    sizeBytes: 16_400_000,
    state: 'delivered',
    sentPercent: 100,
    secondsLeft: null,
    stateAt: today('15:31'),
    help: null,
    ...changes,
  };
}

export function today(time: string): string {
  return `2026-11-24T${time}:00Z`;
}

function turnOf(
  place: number,
  level: StudyTurn['level'],
  secondsLeft: number,
  before: Partial<StudyTurn['ahead']> = {},
): StudyTurn {
  const ahead = { stat: 0, urgent: 0, routine: 0, bulk: 0, ...before };
  return { place, level, secondsLeft, ahead, hold: null };
}

/** The day of the design's sample screen. */
export const studies: readonly StudyRow[] = [
  study(1, {
    patientName: 'TEST^ALPHA',
    patientId: '0012-884',
    accessionNumber: 'A2026-11-0413',
    studyDescription: 'CHEST W/O CONTRAST',
    modality: 'CT',
    takenAt: today('18:02'),
    arrivedAt: today('18:02'),
    callingAeTitle: 'CT1_ROOM',
    seriesCount: 3,
    instanceCount: 312,
    sizeBytes: 161_000_000,
    state: 'needs help',
    sentPercent: 0,
    stateAt: today('18:47'),
    help: {
      code: 'NEEDS-IDENTITY',
      message: 'The images came without a legal study number, so they cannot be sent',
      next: 'Send them again from the device; if it happens again call its service',
    },
  }),
  study(2, {
    patientName: 'TEST^BRAVO',
    isStat: true,
    priority: { level: 'stat', cause: { kind: 'rule', name: 'CT-ER' } },
    turn: turnOf(1, 'stat', 13 * 60),
    takenAt: today('18:31'),
    state: 'sending',
    sentPercent: 42,
    secondsLeft: 13 * 60,
    stateAt: null,
  }),
  study(3, {
    patientName: 'TEST^CHARL',
    modality: 'US',
    takenAt: today('17:40'),
    instanceCount: 48,
    state: 'waiting',
    sentPercent: 7,
    secondsLeft: 40 * 60,
    stateAt: null,
    turn: turnOf(5, 'routine', 40 * 60, { stat: 1, urgent: 3 }),
  }),
  study(4, {
    patientName: 'TEST^DELTA',
    takenAt: today('17:22'),
    instanceCount: 1,
    state: 'waiting',
    sentPercent: 0,
    secondsLeft: 50 * 60,
    stateAt: null,
    turn: turnOf(6, 'routine', 50 * 60, { stat: 1, urgent: 3, routine: 1 }),
  }),
  study(5, {
    patientName: 'TEST^ECHO',
    modality: 'MG',
    takenAt: today('16:55'),
    instanceCount: 4,
    state: 'waiting',
    sentPercent: 0,
    secondsLeft: 3 * 3_600,
    stateAt: null,
    turn: turnOf(7, 'routine', 3 * 3_600, { stat: 1, urgent: 3, routine: 2 }),
  }),
  study(6, {
    patientName: 'TEST^FOXTROT',
    modality: 'CT',
    takenAt: today('18:49'),
    instanceCount: 118,
    callingAeTitle: 'CT1',
    state: 'receiving',
    sentPercent: 0,
    stateAt: null,
  }),
  study(7, { patientName: 'TEST^GOLF', takenAt: today('15:10'), stateAt: today('15:31') }),
  study(8, {
    patientName: 'TEST^HOTEL',
    modality: 'US',
    takenAt: today('14:48'),
    instanceCount: 36,
    stateAt: today('15:20'),
  }),
  study(9, {
    patientName: 'TEST^INDIA',
    takenAt: today('11:05'),
    state: 'report ready',
    stateAt: today('13:47'),
  }),
  study(10, { patientName: 'TEST^JULIET', takenAt: today('10:40'), stateAt: today('11:02') }),
  study(11, { patientName: 'TEST^KILO', takenAt: today('10:12'), stateAt: today('10:35') }),
  study(12, {
    patientName: 'TEST^LIMA',
    modality: 'CT',
    takenAt: today('08:50'),
    instanceCount: 280,
    state: 'report ready',
    stateAt: today('13:05'),
  }),
  study(13, {
    patientName: 'TEST^MIKE',
    takenAt: '2026-11-23T16:20:00Z',
    stateAt: '2026-11-23T17:02:00Z',
  }),
  study(14, {
    patientName: 'TEST^NOVEMBER',
    modality: 'US',
    takenAt: '2026-11-12T09:15:00Z',
    instanceCount: 22,
    stateAt: '2026-11-12T10:00:00Z',
  }),
];

export function list(rows: readonly StudyRow[] = studies, revision = 1): StudyList {
  return { revision, studies: [...rows], older: 0 };
}

/** The row of `serial`, as the sample day has it. */
export function sampleStudy(serial: number): StudyRow {
  const row = studies[serial - 1];
  if (!row) throw new Error(`There is no sample study ${serial}`);
  return row;
}

export function detail(row: StudyRow, changes: Partial<StudyDetail> = {}): StudyDetail {
  return { ...row, steps: [], reports: [], ...changes };
}

export const helpSteps: StudyDetail['steps'] = [
  {
    at: today('18:02'),
    glyph: 'ok',
    text: 'Received from CT1_ROOM, 312 of 312 images, all checks passed',
  },
  {
    at: today('18:03'),
    glyph: '!!',
    text: 'The images came without a legal study number, so they cannot be sent',
  },
];

export function report(changes: Partial<Report> = {}): Report {
  return {
    reportId: 'r-1',
    version: 1,
    status: 'final',
    author: { name: 'DEMO READER', registerNo: 'MED-0001' },
    signedOffAt: today('13:40'),
    receivedAt: today('13:47'),
    documentType: 'text/plain',
    text: reportText,
    isOlderThanImages: false,
    refusal: null,
    ...changes,
  };
}

const reportText = `Chest radiograph, one view, compared with nothing.

Findings: The lungs are clear. The heart is of normal size. No pleural effusion and no pneumothorax is seen. The bones that are in the picture look normal for the age of the patient.

Impression:
  1. Normal chest radiograph.
  2. No follow-up is needed.

This text is synthetic; it is about nobody.`;

/** Devices in every standing. */
export const callers: readonly ShownCaller[] = [
  caller('NEW', '192.0.2.30', 'unknown'),
  caller('CT1', '192.0.2.8', 'moved'),
  { ...caller('CR1', '192.0.2.21', 'known'), decidedBy: 'TEST ALPHA', decidedAt: today('08:00') },
  {
    ...caller('OLDPACS', '192.0.2.66', 'refused'),
    decidedBy: 'TEST BRAVO',
    decidedAt: today('08:01'),
  },
  caller('SIXTEENCHARACTER', '2001:db8::aaaa:bbbb:cccc', 'uncertified'),
];

function caller(aeTitle: string, address: string, standing: ShownCaller['standing']): ShownCaller {
  return {
    ...{ aeTitle, address, standing, calledAeTitle: 'OUTPOST', decidedBy: null, decidedAt: null },
    ...{ firstAt: today('07:12'), lastAt: today('13:41') },
  };
}

/** A state that the box has answered with `rows`, after `events`. */
export function stateWith(
  rows: readonly StudyRow[] = studies,
  statusChanges: Partial<Status> = {},
  events: readonly Event[] = [],
): State {
  return after(empty(), [
    { type: 'status', status: status(statusChanges), atMs: 0 },
    { type: 'studies', list: list(rows) },
    ...events,
  ]);
}

export function empty(size: Size = usualSize, looks: Looks = plainLooks): State {
  return initialState(size, looks, createCalendar('UTC'));
}

export function after(state: State, events: readonly Event[]): State {
  return events.reduce((current, event) => update(current, event).state, state);
}

/** Key presses, one after another, a second apart. */
export function pressed(...keys: readonly string[]): readonly Event[] {
  return keys.map((key, index) => ({ type: 'key', key, atMs: index * 1_000 }));
}
