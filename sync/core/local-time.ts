/** The wall clock of a place. */
export interface LocalTime {
  /** YYYY-MM-DD. */
  readonly date: string;
  /** 0 to 1439. */
  readonly minuteOfDay: number;
}

/** Tells the wall clock of `timeZone` (an IANA name); throws a RangeError for a name that nobody knows. */
export function localTimeIn(timeZone: string): (ms: number) => LocalTime {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
  });
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    const part = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? '';
    return {
      date: `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`,
      minuteOfDay: Number(part('hour')) * 60 + Number(part('minute')),
    };
  };
}
