import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Fault, fault } from './fault.ts';
import { fail, ok, type Result } from './result.ts';

export type CommandLineFault = Fault<'command-line/refused'>;

type Parsed<T extends ParseArgsConfig> = ReturnType<typeof parseArgs<T>>;

/** Parses the arguments of `outpost <command>` strictly; an unknown option is a fault with one clear sentence. */
export function parseCommandLine<T extends ParseArgsConfig>(
  command: string,
  config: T,
): Result<Parsed<T>, CommandLineFault> {
  try {
    return ok(parseArgs(config));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return fail(
      fault(
        'command-line/refused',
        `Cannot understand the command line: ${reason}`,
        `Run outpost ${command} --help`,
      ),
    );
  }
}
