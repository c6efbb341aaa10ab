import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';

/** From `minuteOfDay` on, by the wall clock of the place, until the next entry. */
interface TimetableEntry {
  readonly minuteOfDay: number;
  /** Bytes a second; `undefined`: no limit; 0: nothing but STAT. */
  readonly bytesPerS: number | undefined;
}

/** What the link may carry at which time of the day; empty: no limit. Entries in order of their time. */
export type Timetable = readonly TimetableEntry[];

/** What counts now, and the minute of the day at which the next entry begins. */
export interface Cap {
  readonly bytesPerS: number | undefined;
  readonly untilMinuteOfDay: number | undefined;
}

const entryPattern = /^([01]\d|2[0-3]):([0-5]\d)$/;
const ratePattern = /^(\d{1,6}(?:\.\d{1,3})?)(k|M|kbit|Mbit)$/;
const units: Readonly<Record<string, number>> = { k: 1024, M: 1024 ** 2, kbit: 125, Mbit: 125_000 };

/**
 * Reads times and rates in turns, as `07:00 512k 20:00 off`: 512 KiB a second from seven, no limit from eight in the
 * evening. A rate is in `k` or `M` (KiB, MiB a second, as rclone has it), in `kbit` or `Mbit` a second, `off` (no
 * limit) or `none` (nothing but STAT). The last entry of a day goes on behind midnight.
 */
export function parseTimetable(text: string): Result<Timetable, Fault<'agent/timetable'>> {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  const entries: TimetableEntry[] = [];
  for (let at = 0; at < words.length; at += 2) {
    const [time = '', rate = ''] = words.slice(at, at + 2);
    const [, hour, minute] = entryPattern.exec(time) ?? [];
    if (hour === undefined) return refused(`"${time}" is no time like 07:00`);
    const bytesPerS = rateOf(rate);
    if (bytesPerS === null) return refused(`"${rate}" is no rate like 512k, 4Mbit, off or none`);
    entries.push({ minuteOfDay: Number(hour) * 60 + Number(minute), bytesPerS });
  }
  entries.sort((a, b) => a.minuteOfDay - b.minuteOfDay);
  const isTwice = entries.some((each, at) => each.minuteOfDay === entries[at + 1]?.minuteOfDay);
  return isTwice ? refused('a time comes twice') : ok(entries);
}

/** What counts at `minuteOfDay` (0 to 1439). */
export function capAt(timetable: Timetable, minuteOfDay: number): Cap {
  const current = timetable.findLast((entry) => entry.minuteOfDay <= minuteOfDay);
  const next = timetable.find((entry) => entry.minuteOfDay > minuteOfDay) ?? timetable[0];
  return {
    bytesPerS: (current ?? timetable.at(-1))?.bytesPerS,
    untilMinuteOfDay: timetable.length > 1 ? next?.minuteOfDay : undefined,
  };
}

function rateOf(text: string): number | undefined | null {
  if (text === 'off') return undefined;
  if (text === 'none') return 0;
  const [, number, unit = ''] = ratePattern.exec(text) ?? [];
  const bytesPerS = Math.floor(Number(number) * (units[unit] ?? Number.NaN));
  // Below this no request would ever be over in time; nobody means it.
  return bytesPerS >= 1_000 ? bytesPerS : null;
}

function refused(why: string): Result<never, Fault<'agent/timetable'>> {
  const next = 'Write times and rates in turns, as "07:00 512k 20:00 off"';
  return fail(fault('agent/timetable', `Cannot read the timetable: ${why}`, next));
}
