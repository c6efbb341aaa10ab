import process from 'node:process';
import type { z } from 'zod';
import { apiFaultSchema } from '#appliance/api/contract.ts';
import { askUnix } from '#sync/adapters/http-unix-client.ts';
import { complain } from '#sync/adapters/program-start.ts';
import type { CommandLineFault } from '#sync/core/command-line.ts';
import { type ExitCode, exitCode } from '#sync/core/exit.ts';
import { type Fault, fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { sanitize } from '#sync/core/sanitize.ts';

/** Options of every command that asks a running program; a command's own stand beside them. */
export const askingOptions = {
  socket: { type: 'string', default: '/run/outpost/appliance.sock' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

interface AskingLine {
  readonly values: { readonly socket: string; readonly json: boolean; readonly help: boolean };
}

/** What a command has to say: `text` for people, `value` for `--json`. */
export interface Told {
  readonly text: string;
  readonly value: unknown;
  /** Unless it is 0. */
  readonly exit?: ExitCode;
}

/** `answer` is what the program said, for `--json`. */
export interface AskFault extends Fault {
  readonly answer?: unknown;
}

/** One request to the program's local API: GET, or POST of `body`. */
export type Ask = (
  path: string,
  body?: unknown,
  timeoutMs?: number,
) => Promise<Result<unknown, AskFault>>;

const noAnswer = 'command/no-answer';
const misuse = 'command/misused';

/**
 * Runs a command that asks a running program: `--help` prints `usage`, what `run` tells goes to standard output, a fault
 * to standard error (with `--json` the program's own no goes to standard output, too).
 */
export async function runAsking<Line extends AskingLine>(
  usage: string,
  line: Result<Line, CommandLineFault>,
  run: (line: Line, ask: Ask) => Promise<Result<Told, AskFault>>,
): Promise<ExitCode> {
  if (!line.ok) return complain(line.fault, exitCode.usage);
  const { socket, json, help } = line.value.values;
  if (help) {
    process.stdout.write(usage);
    return exitCode.ok;
  }
  const told = await run(line.value, (...request) => askAt(socket, ...request));
  if (told.ok) {
    const { text, value, exit = exitCode.ok } = told.value;
    process.stdout.write(json ? `${JSON.stringify(value)}\n` : text);
    return exit;
  }
  const { kind, answer } = told.fault;
  if (json && answer !== undefined) {
    process.stdout.write(`${JSON.stringify(answer)}\n`);
    return exitCode.no;
  }
  const codes: Readonly<Record<string, ExitCode>> = {
    [noAnswer]: exitCode.unavailable,
    [misuse]: exitCode.usage,
  };
  return complain(told.fault, codes[kind] ?? exitCode.no);
}

/** The fault of a command line that says nothing that can be done. */
export function misused(message: string, next: string): Fault {
  return fault(misuse, message, next);
}

/** What a program answered, read by `schema`; another version of it may answer what nobody understands. */
export function understood<T>(
  answer: Result<unknown, AskFault>,
  schema: z.ZodType<T>,
): Result<T, AskFault> {
  if (!answer.ok) return answer;
  const parsed = schema.safeParse(answer.value);
  return parsed.success ? ok(parsed.data) : fail(strange(answer.value));
}

async function askAt(
  socket: string,
  ...request: Parameters<Ask>
): Promise<Result<unknown, AskFault>> {
  try {
    const { status, body } = await askUnix(socket, ...request);
    if (status === 200 && body !== undefined) return ok(body);
    const said = apiFaultSchema.safeParse(body).data;
    if (!said) return fail(strange(body));
    const refused = fault('command/refused', sanitize(said.message), sanitize(said.next));
    return fail({ ...refused, answer: body });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `Cannot ask the program at "${socket}": ${why}`;
    const next = 'Start it, or name its socket with --socket PATH';
    return fail(fault(noAnswer, message, next, 'later', cause));
  }
}

function strange(answer: unknown): AskFault {
  const message = 'The program gave an answer that cannot be read';
  const next = 'Look whether it is of the same version; if it is, call support';
  return { ...fault('command/not-understood', message, next), answer };
}
