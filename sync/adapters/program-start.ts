import type { z } from 'zod';
import { type CommandLineFault, parseCommandLine } from '../core/command-line.ts';
import type { DatabaseFault } from '../core/database.ts';
import { type ExitCode, exitCode } from '../core/exit.ts';
import { type Fault, fault } from '../core/fault.ts';
import type { Log } from '../core/log.ts';
import type { Result } from '../core/result.ts';
import { readConfig } from './config-file.ts';

/** What a program starts from: its config, or the exit code when it has said all there is to say. */
export type Start<T> = { readonly config: T } | { readonly exit: ExitCode };

/**
 * The start that every program has in common: `--config FILE` (default `/etc/outpost/<program>.json`) and `--help`,
 * which prints `usage`. What is wrong is told on standard error, all faults of a config at once.
 */
export function startProgram<T>(
  program: string,
  schema: z.ZodType<T>,
  usage: string,
  args: readonly string[],
): Promise<Start<T>> {
  const line = parseCommandLine(program, { args: [...args], options: optionsOf(program) });
  return configOf(line, program, schema, usage);
}

/** The start of a command that works on the data of `program`: it reads that program's config, and takes `--json`. */
export async function startTool<T>(
  command: string,
  program: string,
  schema: z.ZodType<T>,
  usage: string,
  args: readonly string[],
): Promise<Start<T> & { readonly isJson: boolean }> {
  const json = { type: 'boolean', default: false } as const;
  const options = { ...optionsOf(program), json };
  const line = parseCommandLine(command, { args: [...args], options });
  const start = await configOf(line, program, schema, usage);
  return { ...start, isJson: line.ok && line.value.values.json };
}

/** Tells on standard error what happened and what to do, and gives the exit code back. */
export function complain({ message, next }: Pick<Fault, 'message' | 'next'>, code: ExitCode) {
  // A list of faults has a line for each, and so for the next step.
  process.stderr.write(`${message}${message.includes('\n') ? '\n' : '. '}${next}.\n`);
  return code;
}

/** A folder that is not there, a stick that is full: the fault of what the system threw. A bug is thrown on. */
export function systemFaultOf(cause: unknown): Fault {
  if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
  return fault(
    'command/file',
    `Cannot finish: ${cause.message}`,
    'Check the folder, its disk and your rights',
    'never',
    cause,
  );
}

/** Tells in the log why a program ends at its start, and gives the exit code back. */
export function refuseStart(log: Log, { kind, message, next }: Fault, code: ExitCode): ExitCode {
  log.error(kind, { message, next });
  return code;
}

function optionsOf(program: string) {
  return {
    config: { type: 'string', default: `/etc/outpost/${program}.json` },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
}

async function configOf<T>(
  line: Result<
    { readonly values: { readonly config: string; readonly help: boolean } },
    CommandLineFault
  >,
  program: string,
  schema: z.ZodType<T>,
  usage: string,
): Promise<Start<T>> {
  if (!line.ok) return { exit: complain(line.fault, exitCode.usage) };
  const { values } = line.value;
  if (values.help) {
    process.stdout.write(usage);
    return { exit: exitCode.ok };
  }
  const config = await readConfig(program, schema, values.config);
  return config.ok ? { config: config.value } : { exit: complain(config.fault, exitCode.config) };
}

/** The exit code for a database that could not be opened: another process has it, or the disk fails. */
export function exitOfDatabase(kind: DatabaseFault['kind']): ExitCode {
  return kind === 'database/busy' ? exitCode.unavailable : exitCode.temporary;
}
