import { exitCode } from '#sync/core/exit.ts';
import type { Client } from './client.ts';
import { plainLines } from './model/plain.ts';
import type { State } from './model/state.ts';
import { asciiOnly } from './model/text-width.ts';
import { update } from './model/update.ts';

/** Where a one-shot print writes. */
export interface Printer {
  out(text: string): void;
  error(text: string): void;
}

/** Prints the list once, as text or as one JSON object, and tells the exit code. */
export async function printOnce(
  client: Client,
  empty: State,
  form: 'plain' | 'json',
  printer: Printer,
): Promise<number> {
  const { signal } = new AbortController();
  const [status, studies] = await Promise.all([
    client.status(signal),
    client.studies(undefined, signal),
  ]);
  if (!status.ok || !studies.ok) {
    const problem = status.ok ? studies : status;
    if (problem.ok) throw new Error('One of the two answers failed');
    printer.error(`${problem.fault.message}. ${problem.fault.next}.\n`);
    return exitCode.unavailable;
  }
  if (form === 'json') {
    const text = JSON.stringify({ status: status.value, studies: studies.value.studies });
    printer.out(`${asciiJson(text)}\n`);
    return exitCode.ok;
  }
  const withStatus = update(empty, { type: 'status', status: status.value, atMs: 0 }).state;
  const { state } = update(withStatus, { type: 'studies', list: studies.value });
  const lines = plainLines(state).map((line) => (state.looks.isUtf8 ? line : asciiOnly(line)));
  printer.out(`${lines.join('\n')}\n`);
  return exitCode.ok;
}

/** The same JSON without a character that could act on a terminal. */
function asciiJson(text: string): string {
  return text.replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
