import type { z } from 'zod';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { type ExitCode, exitCode } from '#sync/core/exit.ts';
import type { Fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { type ApplianceConfig, applianceConfigSchema } from '../config.ts';

/** What a command line of the appliance's programs says. */
export interface ProgramOptions {
  readonly config: ApplianceConfig;
  readonly isJson: boolean;
}

/** Reads and parses one program's config file. */
export type ReadConfig = <T>(
  program: string,
  schema: z.ZodType<T>,
  path: string,
) => Promise<Result<T, Fault>>;

/**
 * Reads `--config FILE`, `--json` and `--help`, and the config itself. A failure has been told on the right stream
 * already; its value is the exit code.
 */
export async function readOptions(
  command: string,
  args: readonly string[],
  usage: string,
  readConfig: ReadConfig,
): Promise<Result<ProgramOptions, ExitCode>> {
  const line = parseCommandLine(command, {
    args: [...args],
    options: {
      config: { type: 'string', default: '/etc/outpost/appliance.json' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (!line.ok) {
    tell(line.fault);
    return fail(exitCode.usage);
  }
  const { values } = line.value;
  if (values.help) {
    process.stdout.write(usage);
    return fail(exitCode.ok);
  }
  const config = await readConfig('appliance', applianceConfigSchema, values.config);
  if (config.ok) return ok({ config: config.value, isJson: values.json });
  tell(config.fault);
  return fail(exitCode.config);
}

/** One sentence on what happened and one on what to do, for a person at a terminal or in the journal. */
export function tell(fault: Pick<Fault, 'message' | 'next'>): void {
  process.stderr.write(`${fault.message}. ${fault.next}.\n`);
}

/** Tells why a program cannot start, from what the system or the database said; answers with the exit code. */
export function tellStartFault(cause: unknown, dataDir: string): ExitCode {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const known = startFaults[code];
  const message = cause instanceof Error ? cause.message : String(cause);
  if (known) tell({ message: `Cannot start: ${message}`, next: known.next });
  else tell({ message: `Cannot start with the data in "${dataDir}": ${message}`, next: again });
  return known?.exit ?? exitCode.temporary;
}

/** The exit code for a database that could not be opened. */
export function exitOfDatabase(kind: string): ExitCode {
  return kind === 'database/busy' ? exitCode.unavailable : exitCode.temporary;
}

const again = 'Start it again; if it stays so, call support';

const startFaults: Readonly<Record<string, { readonly next: string; readonly exit: ExitCode }>> = {
  EADDRINUSE: {
    next: 'Stop the program that has the port, or change dicom.port in the config',
    exit: exitCode.unavailable,
  },
  EADDRNOTAVAIL: {
    next: 'Set dicom.host to an address of this machine',
    exit: exitCode.config,
  },
  EACCES: {
    next: 'Give the program access, or correct the config',
    exit: exitCode.config,
  },
  EPERM: { next: 'Give the program access, or correct the config', exit: exitCode.config },
  ENOTDIR: { next: 'Correct the folders in the config', exit: exitCode.config },
  EROFS: { next: 'Mount the data disk for writing', exit: exitCode.temporary },
};
