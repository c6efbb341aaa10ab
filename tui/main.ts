import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { parseConfig } from '#sync/core/config.ts';
import { exitCode } from '#sync/core/exit.ts';
import { type Fault, fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { createClient } from './client.ts';
import { printOnce } from './client-print.ts';
import { defaultConfigPath, defaultSocket, type TuiConfig, tuiConfigSchema } from './config.ts';
import { initialState } from './model/state.ts';
import { createCalendar } from './model/time.ts';
import { capabilitiesOf } from './terminal.ts';
import { words } from './words/en.ts';

/**
 * The screen of the box; resolves with the exit code when the user leaves it. React looks at NODE_ENV when it is
 * loaded, and its development build grows without end in a program that runs for weeks: hence the late import.
 */
export async function main(args: readonly string[]): Promise<number> {
  const line = parseCommandLine('tui', { args: [...args], options: optionTable });
  if (!line.ok) return refuse(line.fault, exitCode.usage);
  const options = line.value.values;
  if (options.help) {
    process.stdout.write(`${words.cli.usage}\n`);
    return exitCode.ok;
  }
  const config = await readConfig(options.config);
  if (!config.ok) return refuse(config.fault, exitCode.config);
  const client = createClient(options.socket ?? config.value.socket ?? defaultSocket);
  const { stdin, stdout, stderr, env } = process;
  const terminal = capabilitiesOf({
    env,
    isInputTty: stdin.isTTY === true,
    isOutputTty: stdout.isTTY === true,
  });
  const calendar = createCalendar(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const size = { columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 };
  const state = initialState(size, terminal, calendar, options['hide-names']);
  const { plain, json } = options;
  if (plain || json || !terminal.canHoldScreen) {
    if (!plain && !json && stdout.isTTY) stderr.write(`${words.cli.badTerminal}\n`);
    const printer = {
      out: (text: string) => void stdout.write(text),
      error: (text: string) => void stderr.write(text),
    };
    const wide = { ...state, size: { columns: Math.max(80, size.columns), rows: size.rows } };
    return printOnce(client, wide, json ? 'json' : 'plain', printer);
  }
  process.env['NODE_ENV'] ??= 'production';
  stdout.write(words.cli.opening);
  const { start } = await import('./start.ts');
  stdout.write('\r\u001b[2K');
  const exportDir =
    options['export-dir'] ?? config.value.exportDir ?? join(homedir(), 'outpost-reports');
  return start({ client, state, exportDir });
}

const optionTable = {
  help: { type: 'boolean', short: 'h', default: false },
  plain: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  'hide-names': { type: 'boolean', default: false },
  socket: { type: 'string' },
  'export-dir': { type: 'string' },
  config: { type: 'string' },
} as const;

/** A config that is named must be there; the usual one may be absent. */
async function readConfig(path: string | undefined): Promise<Result<TuiConfig, Fault>> {
  try {
    return parseConfig('tui', tuiConfigSchema, await readFile(path ?? defaultConfigPath, 'utf8'));
  } catch {
    if (path === undefined) return ok({ format: 1 });
    return fail(
      fault('config/missing', `Cannot read the config "${path}"`, 'Name a file that is there'),
    );
  }
}

function refuse({ message, next }: Fault, code: number): number {
  process.stderr.write(`${message}. ${next}.\n`);
  return code;
}
