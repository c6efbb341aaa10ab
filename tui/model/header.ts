import type { Status } from '#appliance/api/contract.ts';
import { words } from '../words/en.ts';
import { type Line, line } from './line.ts';
import { studyAtCursor, visibleStudies } from './list.ts';
import { criticalCode, needsHelp, problemsOf } from './problems.ts';
import { rateText, shown } from './shown.ts';
import type { State } from './state.ts';
import { cut, padEnd, spread, textWidth } from './text-width.ts';
import { agoText, longDateAndTime } from './time.ts';

/**
 * The first two lines of every screen; `title` replaces place and box inside a study. While the box is silent nothing
 * in them looks live.
 */
export function headerLines(state: State, title?: string): readonly Line[] {
  const { status } = state;
  const width = state.size.columns - 1;
  if (!status) return [line(title ?? '', 'title'), line('')];
  const now = state.calendar(status.nowAt);
  const site = shown(status.siteName);
  const place = ` ${padEnd(site, Math.max(15, textWidth(site) + 1))} ${shown(status.boxName)}`;
  const time = now ? longDateAndTime(now) : '';
  const old = state.silence !== undefined;
  const link = padEnd(
    ` ${words.header.link}  ${old ? words.header.unknown : linkText(status)}`,
    31,
  );
  return [
    line(spread(title ?? place, old ? words.silence.asOf(time) : time, width), 'title'),
    old
      ? line(spread(link, words.header.diskUnknown, width))
      : line(spread(link + contactText(status), diskText(status), width)),
  ];
}

/** Title of a screen inside: the way back, what it is, and whose. */
export function titleOf(what: string, whose = ''): string {
  return `${padEnd(` ${words.header.back}`, 18)}${what}  ${whose}`;
}

/** A rule across the screen. The one below the header says when the zones are not enforced (demos and tests only). */
export function ruleText(state: State, dash: string, isHeader: boolean): string {
  const width = state.size.columns;
  if (!isHeader || state.status?.zones !== 'off') return dash.repeat(width);
  const label = ` ${words.header.zonesOff} `;
  return `${dash.repeat(width - label.length - 5)}${label}${dash.repeat(5)}`;
}

/**
 * One sentence and one key: the last action, else the worst problem, else that all is well. Printed lists have no
 * keys (`hasKeys` false).
 */
export function alertLine(state: State, hasKeys = true): Line {
  const { note, silence, isListOld } = state;
  if (note) return line(cut(` ${shown(note.text)}`, state.size.columns), tone(note.isTrouble));
  if (silence) {
    return line(` ! ${words.silence[silence]} ${words.silence.trying}`, 'trouble');
  }
  if (isListOld) return line(` ! ${words.silence.listOld}`, 'trouble');
  const [worst, ...others] = problemsOf(state);
  if (!worst) return line(` ${wellText(state)} ${hasKeys ? words.problems.pressHelp : ''}`);
  const width = state.size.columns - 1;
  const key = hasKeys ? keyFor(state, worst.code) : '';
  const lead = ` ${worst.isTrouble ? '!' : '.'} `;
  const more = others.length === 0 ? '' : ` ${words.problems.more(others.length)}`;
  const room = width - lead.length - key.length - 1;
  const isRoomy = textWidth(worst.sentence + more) <= room;
  const sentence = cut(isRoomy ? worst.sentence + more : worst.sentence, room);
  return line(`${lead}${sentence} ${key}`, tone(worst.isTrouble));
}

function tone(isTrouble: boolean): 'trouble' | 'plain' {
  return isTrouble ? 'trouble' : 'plain';
}

/** The key that leads to a problem from where the cursor is. */
function keyFor(state: State, code: string): string {
  const row = state.place.name === 'list' ? studyAtCursor(state) : undefined;
  if (code === criticalCode)
    return row?.isCritical ? words.critical.pressEnter : words.critical.pressHome;
  if (code !== needsHelp) return words.problems.pressA;
  return row?.state === 'needs help' ? words.problems.pressEnter : words.problems.pressTwo;
}

function wellText(state: State): string {
  const moving = visibleStudies({ ...state, view: 'on the way', find: undefined });
  return moving.length === 0 ? words.problems.wellIdle : words.problems.wellBusy(moving.length);
}

/** Below 256 kbit/s a study of usual size takes an hour. */
const slowBytesPerS = 32_000;

function linkText({ link }: Status): string {
  const rate = rateText(link.rateBytesPerS);
  if (link.state === 'down') return words.header.linkDown;
  if (link.state === 'unknown') return words.header.unknown;
  const isSlow = rate !== '' && link.rateBytesPerS < slowBytesPerS;
  return isSlow ? words.header.linkSlow(rate) : words.header.linkUp(rate);
}

function contactText({ link, nowAt }: Status): string {
  return link.lastContactAt === null
    ? words.header.noContact
    : words.header.lastContact(agoText(link.lastContactAt, nowAt));
}

function diskText(status: Status): string {
  const percent = Math.round(status.disk.usedPercent);
  return words.header.disk(percent, diskWord(status, percent));
}

function diskWord({ disk, alerts }: Status, percent: number): string {
  const { diskFailing, diskFull, diskFilling, diskOk } = words.header;
  const stands = (alarm: string): boolean => alerts.some(({ code }) => code === alarm);
  if (stands('DISK-FAILING')) return diskFailing;
  if (disk.isFull || stands('DISK-FILES')) return diskFull;
  return percent >= 85 ? diskFilling : diskOk;
}
