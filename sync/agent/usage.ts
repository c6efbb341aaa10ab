import { isoOf } from '../core/clock.ts';
import type { Connection } from './context.ts';
import type { JournalEntry } from './ports.ts';

/** Counts sealed bytes that a relay acknowledged in the month's ledger. */
export function countSent(connection: Connection, sizeBytes: number): void {
  connection.remember((entry) => {
    const current = inMonth(entry, connection.clock.nowMs());
    return { ...current, sentBytes: current.sentBytes + sizeBytes };
  });
}

/** Counts sealed bytes that were fetched. */
export function countFetched(connection: Connection, sizeBytes: number): void {
  connection.remember((entry) => {
    const current = inMonth(entry, connection.clock.nowMs());
    return { ...current, fetchedBytes: current.fetchedBytes + sizeBytes };
  });
  connection.gate.fetched(sizeBytes);
}

/** The entry with counts that start again when the month changed. */
function inMonth(entry: JournalEntry, nowMs: number): JournalEntry {
  const month = isoOf(nowMs).slice(0, 7);
  return entry.month === month ? entry : { ...entry, month, sentBytes: 0, fetchedBytes: 0 };
}
