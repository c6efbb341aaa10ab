import type { z } from 'zod';
import { parseCommandLine } from '../core/command-line.ts';
import { type ExitCode, exitCode } from '../core/exit.ts';
import type { Fault } from '../core/fault.ts';
import type { Log } from '../core/log.ts';
import { readConfig } from './config-file.ts';

/** What a program starts from: its config, or the exit code when it has said all there is to say. */
export type Start<T> = { readonly config: T } | { readonly exit: ExitCode };

/**
 * The start that every program has in common: `--config FILE` (default `/etc/outpost/<program>.json`) and `--help`,
 * which prints `usage`. What is wrong is told on standard error, all faults of a config at once.
 */
export async function startProgram<T>(
  program: string,
  schema: z.ZodType<T>,
  usage: string,
  args: readonly string[],
): Promise<Start<T>> {
  const line = parseCommandLine(program, {
    args: [...args],
    options: {
      config: { type: 'string', default: `/etc/outpost/${program}.json` },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (!line.ok) {
    process.stderr.write(`${line.fault.message}. ${line.fault.next}.\n`);
    return { exit: exitCode.usage };
  }
  if (line.value.values.help) {
    process.stdout.write(usage);
    return { exit: exitCode.ok };
  }
  const config = await readConfig(program, schema, line.value.values.config);
  if (config.ok) return { config: config.value };
  process.stderr.write(`${config.fault.message}\n${config.fault.next}\n`);
  return { exit: exitCode.config };
}

/** Tells in the log why a program ends at its start, and gives the exit code back. */
export function refuseStart(log: Log, { kind, message, next }: Fault, code: ExitCode): ExitCode {
  log.error(kind, { message, next });
  return code;
}
