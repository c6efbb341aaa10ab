import type { Fault } from '../core/fault.ts';
import { sanitize } from '../core/sanitize.ts';
import type { Refused } from './courier.ts';
import type { Exported, Progress } from './courier-export.ts';
import type { Imported } from './courier-import.ts';

/** One line for a terminal of 80 columns: a bar, packs, bytes and bytes a second. */
export function progressLine(progress: Progress, elapsedMs: number): string {
  const { packs, ofPacks, bytes, ofBytes } = progress;
  const share = ofBytes > 0 ? Math.min(1, bytes / ofBytes) : 1;
  const filled = Math.round(share * barWidth);
  const bar = '#'.repeat(filled).padEnd(barWidth, '.');
  const rate = elapsedMs > 0 ? `${sizeText((bytes / elapsedMs) * 1_000)}/s` : '';
  const percent = `${Math.floor(share * 100)} %`.padStart(6);
  return `[${bar}]${percent}  ${packs} of ${ofPacks} packs  ${sizeText(ofBytes)}  ${rate}`;
}

const barWidth = 24;

/** What an export came to, for a person. */
export function exportText(report: Exported): string {
  const { written, writtenBytes, there, refused, leftOut, leftOutBytes, ignored } = report;
  return textOf([
    `${written.length} pack(s) written, ${sizeText(writtenBytes)}`,
    ...(there.length > 0 ? [`${there.length} pack(s) were there already and are whole`] : []),
    ...(leftOut.length > 0
      ? [`${leftOut.length} pack(s), ${sizeText(leftOutBytes)}, have no room: take another stick`]
      : []),
    ...refusedLines(refused),
    ...ignoredLines(ignored),
    ...stoppedLines(report.stopped),
  ]);
}

/** What an import came to, for a person. */
export function importText(report: Imported): string {
  const { taken, takenBytes, there, foreign, refused, ignored, missing, noRoom } = report;
  return textOf([
    `${taken.length} pack(s) taken, ${sizeText(takenBytes)}`,
    ...(there.length > 0 ? [`${there.length} pack(s) were here already`] : []),
    ...(foreign.length > 0
      ? [`${foreign.length} pack(s) are for somebody else and stay there`]
      : []),
    ...(noRoom.length > 0
      ? [`${noRoom.length} pack(s) find no room on this disk: free space, then run this again`]
      : []),
    ...(missing.length > 0
      ? [`${missing.length} pack(s) that the stick lists are not on it: ${someOf(missing)}`]
      : []),
    ...refusedLines(refused),
    ...ignoredLines(ignored),
    ...stoppedLines(report.stopped),
  ]);
}

/** A number of bytes in three figures. */
export function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${Math.round(bytes)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1_000;
  let at = 0;
  while (value >= 999.5 && at < units.length - 1) {
    value /= 1_000;
    at++;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[at]}`;
}

/** Names of strangers, a line each; the JSON has them all. */
const linesAtMost = 20;

function refusedLines(refused: readonly Refused[]): readonly string[] {
  const lines = refused
    .slice(0, linesAtMost)
    .map(({ name, reason }) => `Not taken: ${sanitize(name, 80)}: ${reason}`);
  const rest = refused.length - lines.length;
  if (refused.length === 0) return [];
  const more = rest > 0 ? [`Not taken: ${rest} more; --json names them all`] : [];
  return [...lines, ...more, 'What was not taken is not lost: its sender still has it'];
}

function ignoredLines(ignored: readonly string[]): readonly string[] {
  if (ignored.length === 0) return [];
  return [`${ignored.length} other file(s) on the stick were left alone: ${someOf(ignored)}`];
}

function stoppedLines(stopped: Fault | undefined): readonly string[] {
  return stopped === undefined ? [] : [`Stopped. ${stopped.message}. ${stopped.next}`];
}

function someOf(names: readonly string[]): string {
  const some = names.slice(0, 3).map((name) => sanitize(name, 40));
  return `${some.join(', ')}${names.length > some.length ? ', ...' : ''}`;
}

function textOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
