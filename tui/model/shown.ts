import type { StudyRow } from '#appliance/api/contract.ts';
import { sanitize } from '#sync/core/sanitize.ts';
import { words } from '../words/en.ts';
import type { Line, Tone } from './line.ts';
import { padEnd, padStart } from './text-width.ts';

/** Text from outside, fit for one line; `-` for nothing. */
export function shown(text: string): string {
  return sanitize(text.trim()) || '-';
}

/** The box's messages have no final period (house style); sentences on the screen do. */
export function ended(sentence: string): string {
  return /[.!?)]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** A DICOM person name as staff read it: the first group that is not empty, no empty components at its end. */
export function personName(name: string): string {
  const groups = name.split('=').map((group) => group.replace(/[\s^]+$/, '').trim());
  return shown(groups.find((group) => group !== '') ?? '');
}

/** What is half sent and held, by a dead link or the timetable, is not being sent now. */
export function stateOf({ state, turn }: Pick<StudyRow, 'state' | 'turn'>): StudyRow['state'] {
  return state === 'sending' && turn?.hold ? 'waiting' : state;
}

/** Glyph, word and tone of a state, in that order of importance; the word has at most 12 columns. */
export function statusOf(row: Pick<StudyRow, 'state' | 'turn' | 'sentPercent' | 'isCritical'>): {
  readonly glyph: string;
  readonly word: string;
  readonly tone: Tone;
} {
  if (row.isCritical) return { glyph: '!!', word: words.critical.word, tone: 'trouble' };
  const state = stateOf(row);
  const word = words.states[state];
  const percent = `${Math.floor(row.sentPercent)}%`;
  const isCounted = state === 'sending' || (state === 'waiting' && row.sentPercent >= 1);
  return {
    glyph: glyphs[state],
    word: isCounted ? padEnd(word, 8) + padStart(percent, 4) : word,
    tone: tones[state],
  };
}

/** The first modality that makes images, in at most 4 columns: `CT` of `CT\SR`, `RTST` of `RTSTRUCT`. */
export function modalityOf(row: Pick<StudyRow, 'modality'>): string {
  const all = row.modality.split('\\').filter((each) => each !== '');
  const images = all.filter((each) => !['SR', 'PR', 'KO', 'DOC', 'OT'].includes(each));
  return shown(images[0] ?? all[0] ?? '').slice(0, 4);
}

/** `640 kB`, `161 MB`, `1.2 GB`: powers of ten, as disks are sold. */
export function sizeText(bytes: number): string {
  if (bytes < 999_500) return `${Math.max(bytes > 0 ? 1 : 0, Math.round(bytes / 1e3))} kB`;
  if (bytes < 999_500_000) return `${Math.round(bytes / 1e6)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** `96 kbit/s`, `2.4 Mbit/s`; '' while nothing is measured. */
export function rateText(bytesPerS: number): string {
  const bits = bytesPerS * 8;
  if (bits < 500) return '';
  return bits < 999_500 ? `${Math.round(bits / 1e3)} kbit/s` : `${(bits / 1e6).toFixed(1)} Mbit/s`;
}

/** Lines that lead in with `label` and go on below its text. */
export function labelled(label: string, lines: readonly string[], tone: Tone): readonly Line[] {
  return lines.map((text, index) => ({
    text: (index === 0 ? label : ' '.repeat(label.length)) + text,
    tone,
  }));
}

const glyphs = {
  receiving: '<-',
  waiting: '..',
  sending: '>>',
  'at center': '>>',
  delivered: 'ok',
  'report ready': 'ok',
  'read back': 'ok',
  'needs help': '!!',
  'set aside': '--',
  outside: '..',
} as const satisfies Record<StudyRow['state'], string>;

const tones = {
  receiving: 'motion',
  waiting: 'plain',
  sending: 'motion',
  'at center': 'motion',
  delivered: 'plain',
  'report ready': 'plain',
  'read back': 'plain',
  'needs help': 'trouble',
  'set aside': 'plain',
  outside: 'plain',
} as const satisfies Record<StudyRow['state'], Tone>;
