import { words } from '../words/en.ts';
import { askAddressName, movedInAddress, openAddress } from './address.ts';
import { centerRows } from './address-view.ts';
import { askName, movedInDevices, openDevices } from './devices.ts';
import { deviceRows } from './devices-view.ts';
import type { Step } from './event.ts';
import { areaOf, type Command } from './keymap.ts';
import { limitOf } from './layout.ts';
import { moved, studyAtCursor, withFind, withView } from './list.ts';
import { noted } from './note.ts';
import { openWords } from './pairing.ts';
import { changePriority } from './priority.ts';
import { exportable, reportKey, reportsOf } from './reports.ts';
import { listRows, type Place, type State, type View } from './state.ts';

/** Does what the user asked for. The command is known to work in this state. */
export function run(state: State, command: Command): Step {
  switch (command) {
    case 'up':
    case 'scroll up':
      return by(state, -1);
    case 'down':
    case 'scroll down':
      return by(state, 1);
    case 'page up':
      return by(state, -pageRows(state));
    case 'page down':
      return by(state, pageRows(state));
    case 'first':
      return by(state, Number.NEGATIVE_INFINITY);
    case 'last':
      return by(state, Number.POSITIVE_INFINITY);
    case 'open':
      return openStudyAtCursor(state);
    case 'find':
    case 'change find':
      return { state: withFind(state, { text: state.find?.text ?? '', isTyping: true }) };
    case 'clear find':
      return { state: withFind(state, undefined) };
    case 'view all':
    case 'view needs help':
    case 'view on the way':
    case 'view delivered':
      return { state: withView(state, command.slice('view '.length) as View) };
    case 'devices':
      return openDevices(state);
    case 'compare words':
      return openWords(state);
    case 'let in':
      return askName(state, 'accepted');
    case 'keep out':
      return askName(state, 'refused');
    case 'make STAT':
    case 'end STAT':
      return changePriority(state);
    case 'other center':
      return openAddress(state);
    case 'choose center':
      return askAddressName(state);
    case 'try now':
      return { state: noted(state, words.tryNow.asked), effect: { type: 'try now' } };
    case 'hide names':
    case 'show names':
      return { state: { ...state, areNamesHidden: command === 'hide names' } };
    case 'read report':
    case 'other report':
      return readReport(state);
    case 'export':
      return exportReport(state);
    case 'problems':
      return { state: at(state, { name: 'problems', scroll: 0 }) };
    case 'help':
      return { state: at(state, { name: 'help', from: state.place, scroll: 0 }) };
    case 'back':
      return { state: at(state, outside(state.place)) };
    case 'quit':
      return { state, effect: { type: 'quit' } };
  }
}

function by(state: State, rows: number): Step {
  const { place } = state;
  if (place.name === 'list') return { state: moved(state, rows) };
  if (place.name === 'words') return { state };
  if (place.name === 'devices') return { state: movedInDevices(state, place, rows) };
  if (place.name === 'address') return { state: movedInAddress(state, place, rows) };
  const limit = limitOf(areaOf(state));
  const from = Math.min(place.scroll, limit);
  const scroll = Math.max(0, Math.min(limit, from + rows));
  return { state: at(state, { ...place, scroll }) };
}

function pageRows(state: State): number {
  if (state.place.name === 'devices') return deviceRows(state);
  if (state.place.name === 'address') return centerRows(state);
  return state.place.name === 'list' ? listRows(state.size) : areaOf(state).rows;
}

/** The steps open at their end: what happened last is what counts. */
function openStudyAtCursor(state: State): Step {
  const row = studyAtCursor(state);
  if (!row) return { state };
  const { studyInstanceUid } = row;
  const place: Place = { name: 'study', studyInstanceUid, scroll: Number.POSITIVE_INFINITY };
  return {
    state: { ...at(state, place), cursor: studyInstanceUid, held: row, detail: undefined },
    effect: { type: 'load', studyInstanceUid },
  };
}

/** The newest report first, then the next older one, then the newest again. */
function readReport(state: State): Step {
  const { place } = state;
  const reports = reportsOf(state);
  const index =
    place.name === 'report'
      ? reports.findIndex((report) => reportKey(report) === place.reportKey)
      : -1;
  const report = reports[(index + 1) % reports.length];
  if ((place.name !== 'study' && place.name !== 'report') || !report) return { state };
  const { studyInstanceUid } = place;
  const opened: Place = {
    name: 'report',
    studyInstanceUid,
    reportKey: reportKey(report),
    scroll: 0,
  };
  return { state: at(state, opened) };
}

function exportReport(state: State): Step {
  const report = exportable(state);
  if (!report || !state.detail) return { state };
  const { reportId, version } = report;
  const { accessionNumber } = state.detail;
  return {
    state: noted(state, words.notes.exporting),
    effect: { type: 'export', reportId, version, accessionNumber },
  };
}

function outside(place: Place): Place {
  switch (place.name) {
    case 'report':
      return {
        name: 'study',
        studyInstanceUid: place.studyInstanceUid,
        scroll: Number.POSITIVE_INFINITY,
      };
    case 'help':
    case 'address':
      return place.from;
    default:
      return { name: 'list' };
  }
}

function at(state: State, place: Place): State {
  return { ...state, place };
}
