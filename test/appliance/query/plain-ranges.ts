/** YYYYMMDD. */
export function plainDateOf(date: Date): string {
  return date.toISOString().slice(0, 10).replaceAll('-', '');
}

/** HHMMSS of a second of the day. */
export function plainTimeOf(second: number): string {
  const parts = [second / 3_600, (second / 60) % 60, second % 60];
  return parts.map((part) => String(Math.floor(part)).padStart(2, '0')).join('');
}
