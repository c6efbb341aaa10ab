import type { Status, StudyRow } from '#appliance/api/contract.ts';
import { words } from '../words/en.ts';
import { unreadCritical } from './critical.ts';
import { ended, shown } from './shown.ts';
import type { State } from './state.ts';
import { minutesBetween } from './time.ts';

/** Something wrong with the box or its studies: one sentence, what to do, a code for support. */
export interface Problem {
  readonly code: string;
  readonly sentence: string;
  /** The box's own words, where `sentence` is better but says less. */
  readonly why: string | undefined;
  readonly next: string;
  /** False: worth knowing, but nobody needs to act now. */
  readonly isTrouble: boolean;
}

/** All that is wrong, the worst first. */
export function problemsOf(state: State): readonly Problem[] {
  const { status } = state;
  if (!status) return [];
  const alerts = alertsOf(status);
  return [
    ...criticalFindings(state),
    ...diskFull(status),
    ...alerts.filter((alert) => alert.isTrouble),
    ...studiesInNeed(state.studies),
    ...alerts.filter((alert) => !alert.isTrouble),
    ...linkDown(status),
  ];
}

/** Code of the problem that stands for all studies that need help. */
export const needsHelp = 'NEEDS-HELP';

/** Code of the problem that stands for all critical findings that are not read yet. */
export const criticalCode = 'CRITICAL';

function criticalFindings(state: State): readonly Problem[] {
  const count = unreadCritical(state).length;
  if (count === 0) return [];
  const { alarm, next } = words.critical;
  return [{ code: criticalCode, sentence: alarm(count), why: undefined, next, isTrouble: true }];
}

/** What the header says of the link already; a cut link is judged by its length (`linkDown`). */
const linkCodes = ['LINK-DOWN', 'LINK-CLOSED', 'LINK-TIMEOUT', 'LINK-NOT-HTTP'];

const diskFullCode = 'DISK-FULL';

/** Alerts that nobody needs to act on at once. */
const mildCodes = ['UNKNOWN-CALLER', 'CALLER-MOVED', 'IMPORT'];

function alertsOf(status: Status): readonly Problem[] {
  return status.alerts
    .filter(({ code, studyInstanceUid }) => !studyInstanceUid && !linkCodes.includes(code))
    .map(({ code, message, next }) => {
      const known = words.codes[code];
      return {
        code: shown(code),
        sentence: known?.sentence ?? ended(shown(message)),
        why: known?.hasMore ? ended(shown(message)) : undefined,
        next: known?.next ?? ended(shown(next)),
        isTrouble: !mildCodes.includes(code),
      };
    });
}

/** The header says FULL, so the alert line must not say that all is well. */
function diskFull({ disk, alerts }: Status): readonly Problem[] {
  const text = words.codes[diskFullCode];
  if (!disk.isFull || !text || alerts.some(({ code }) => code === diskFullCode)) return [];
  const { sentence, next } = text;
  return [{ code: diskFullCode, sentence, why: undefined, next, isTrouble: true }];
}

function studiesInNeed(studies: readonly StudyRow[]): readonly Problem[] {
  const rows = studies.filter((row) => row.state === 'needs help');
  if (rows.length === 0) return [];
  const { needHelp, needHelpNext: next } = words.problems;
  const sentence = needHelp(rows.length, shortReason(rows));
  return [{ code: needsHelp, sentence, why: undefined, next, isTrouble: true }];
}

/** What all of `rows` have in common, where there are words for it. */
function shortReason(rows: readonly StudyRow[]): string {
  const codes = new Set(rows.map((row) => row.help?.code));
  const [code] = codes;
  return codes.size === 1 && code !== undefined ? (words.codes[code]?.short ?? '') : '';
}

/** A link that is gone for half an hour is trouble; links of this kind come and go all day. */
function linkDown({ link, nowAt }: Status): readonly Problem[] {
  if (link.state !== 'down') return [];
  const isLong = link.lastContactAt === null || minutesBetween(link.lastContactAt, nowAt) >= 30;
  const { linkNever, linkDown: down, linkDownNext: next } = words.problems;
  const sentence = link.lastContactAt === null ? linkNever : down;
  return [{ code: 'LINK-DOWN', sentence, why: undefined, next, isTrouble: isLong }];
}
