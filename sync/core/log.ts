/** A field of a log line; never a patient's name, id, birth date, UID or a key. */
export type LogField = string | number | boolean | null | undefined;

/** The log port: one JSON line an event, named like a fault (`agent/link-down`), with flat fields. */
export interface Log {
  info(event: string, fields?: Readonly<Record<string, LogField>>): void;
  warn(event: string, fields?: Readonly<Record<string, LogField>>): void;
  error(event: string, fields?: Readonly<Record<string, LogField>>): void;
}

/** A log that writes nothing, for tests and tools. */
export const silentLog: Log = { info() {}, warn() {}, error() {} };
