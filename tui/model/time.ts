import { words } from '../words/en.ts';

/** A moment on the wall clock of the clinic. */
export interface LocalTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

/** Turns ISO times into the clinic's wall-clock time; undefined when the text is no time. */
export type Calendar = (iso: string) => LocalTime | undefined;

/**
 * A calendar of the IANA time zone `timeZone` (e.g. `Africa/Kampala`). A time without a zone at its end is taken
 * as wall-clock time already, as DICOM dates and times are (PS3.5 6.2, DT without the offset suffix).
 */
export function createCalendar(timeZone: string): Calendar {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  return (iso) => {
    const ms = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(iso) ? iso : `${iso}Z`);
    if (Number.isNaN(ms)) return undefined;
    if (!/(Z|[+-]\d\d:?\d\d)$/.test(iso)) return utcTime(ms);
    const parts = new Map(format.formatToParts(ms).map((part) => [part.type, Number(part.value)]));
    return {
      year: parts.get('year') ?? 0,
      month: parts.get('month') ?? 1,
      day: parts.get('day') ?? 1,
      hour: parts.get('hour') ?? 0,
      minute: parts.get('minute') ?? 0,
    };
  };
}

/** `18:02`. */
export function timeOfDay(time: LocalTime): string {
  return `${twoDigits(time.hour)}:${twoDigits(time.minute)}`;
}

/** `24 Nov 2026`. */
function dateText(time: LocalTime): string {
  return `${time.day} ${words.months[time.month - 1] ?? ''} ${time.year}`;
}

/** `24 Nov 2026 18:02`, or `-` for what is no time. */
export function dateAndTime(time: LocalTime | undefined): string {
  return time ? `${dateText(time)} ${timeOfDay(time)}` : '-';
}

/** `Tue 24 Nov 2026 18:51`. */
export function longDateAndTime(time: LocalTime): string {
  return `${weekday(time)} ${dateAndTime(time)}`;
}

/** At most 11 columns: `today 18:02`, `Mon 18:02` within the last six days, else the date. */
export function nearTime(time: LocalTime | undefined, now: LocalTime): string {
  if (!time) return '-';
  const days = daysBetween(time, now);
  if (days === 0) return `${words.today} ${timeOfDay(time)}`;
  if (days > 0 && days < 7) return `${weekday(time)} ${timeOfDay(time)}`;
  return dateText(time);
}

/** At most 12 columns, for when something came about: `at 15:31`, `Mon 15:31`, else the date. */
export function momentText(time: LocalTime | undefined, now: LocalTime): string {
  if (!time) return '';
  return daysBetween(time, now) === 0 ? `${words.at} ${timeOfDay(time)}` : nearTime(time, now);
}

/** At most 12 columns, rounded the more the longer it is: `about 13 min`, `about 3 h`, `about 2 days`. */
export function aboutText(seconds: number): string {
  const minutes = seconds / 60;
  if (minutes < 1) return words.underAMinute;
  if (minutes < 20) return words.aboutMinutes(Math.round(minutes));
  if (minutes < 95) return words.aboutMinutes(Math.round(minutes / 5) * 5);
  const hours = minutes / 60;
  if (hours < 48) return words.aboutHours(Math.round(hours));
  const days = Math.round(hours / 24);
  return days < 10 ? words.aboutDays(days) : words.manyDays;
}

/** How long ago `iso` was at `nowIso`: `just now`, `1 min ago`, `3 h ago`, `2 days ago`. */
export function agoText(iso: string, nowIso: string): string {
  const minutes = minutesBetween(iso, nowIso);
  if (minutes < 1) return words.justNow;
  if (minutes < 60) return words.minutesAgo(minutes);
  if (minutes < 48 * 60) return words.hoursAgo(Math.floor(minutes / 60));
  return words.daysAgo(Math.floor(minutes / (24 * 60)));
}

/** Whole minutes from one ISO time to a later one; 0 when it is not later or not a time. */
export function minutesBetween(iso: string, laterIso: string): number {
  const minutes = Math.floor((Date.parse(laterIso) - Date.parse(iso)) / 60_000);
  return Number.isFinite(minutes) ? Math.max(0, minutes) : 0;
}

/** Minutes from `time` to `later` by the wall clock; negative when it is not later. */
export function minutesApart(time: LocalTime, later: LocalTime): number {
  const minuteOf = (t: LocalTime): number => dayNumber(t) * 24 * 60 + t.hour * 60 + t.minute;
  return minuteOf(later) - minuteOf(time);
}

/** Age at `time` of a birth date `19920314` or `1992-03-14`: `34 y`, `7 mo`; '' when it cannot be told. */
export function ageText(birthDate: string, time: LocalTime | undefined): string {
  const match = /^(\d{4})-?(\d\d)-?(\d\d)$/.exec(birthDate.trim());
  if (!match || !time) return '';
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const months = (time.year - year) * 12 + time.month - month - (time.day < day ? 1 : 0);
  if (months < 0 || months > 150 * 12) return '';
  return months < 24 ? words.ageMonths(months) : words.ageYears(Math.floor(months / 12));
}

function utcTime(ms: number): LocalTime {
  const date = new Date(ms);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
  };
}

function dayNumber(time: LocalTime): number {
  return Math.floor(Date.UTC(time.year, time.month - 1, time.day) / 86_400_000);
}

function daysBetween(time: LocalTime, later: LocalTime): number {
  return dayNumber(later) - dayNumber(time);
}

/** 1 January 1970 was a Thursday, the fourth day of the week. */
function weekday(time: LocalTime): string {
  return words.weekdays[(((dayNumber(time) + 3) % 7) + 7) % 7] ?? '';
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
