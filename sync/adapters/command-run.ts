import type { CommandLineFault } from '../core/command-line.ts';
import { type ExitCode, exitCode } from '../core/exit.ts';
import type { Result } from '../core/result.ts';
import { complain, systemFaultOf } from './program-start.ts';

/** Options of every command that works by itself; a command's own stand beside them. */
export const commandOptions = {
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

interface CommandLine {
  readonly values: { readonly json: boolean; readonly help: boolean };
}

/** What a command is asked to do, and does. */
export interface Command<Line extends CommandLine, Order> {
  readonly usage: string;
  /** What a line asks for; undefined when it asks for nothing that can be done. */
  orderOf(line: Line): Order | undefined;
  /** May throw what the system throws, which is told. */
  run(order: Order, isJson: boolean): Promise<ExitCode>;
}

/** Runs a command: `--help` prints its usage, a line that asks for nothing prints it as a complaint. */
export async function runCommand<Line extends CommandLine, Order>(
  line: Result<Line, CommandLineFault>,
  { usage, orderOf, run }: Command<Line, Order>,
): Promise<ExitCode> {
  if (!line.ok) return complain(line.fault, exitCode.usage);
  const { help, json } = line.value.values;
  if (help) {
    process.stdout.write(usage);
    return exitCode.ok;
  }
  const order = orderOf(line.value);
  if (order === undefined) {
    process.stderr.write(usage);
    return exitCode.usage;
  }
  try {
    return await run(order, json);
  } catch (cause) {
    return complain(systemFaultOf(cause), exitCode.temporary);
  }
}
