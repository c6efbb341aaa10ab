import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { nodeFlags, programEnvironment } from '#provisioning/plan/runtime.ts';
import { repositoryDir } from '../support/source-tree.ts';

/** A process of the demo, with its standard output in a log file. */
export interface Program {
  readonly name: string;
  readonly pid: number | undefined;
  /** The fields of its `ready` log line; rejects when it ends first. */
  readonly ready: Promise<Readonly<Record<string, unknown>>>;
  /** Every JSON line it writes, as it comes. */
  onLine(listener: (line: Readonly<Record<string, unknown>>) => void): void;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** Sends a signal and waits for the end. */
  stop(signal: NodeJS.Signals): Promise<void>;
  readonly isRunning: () => boolean;
}

/** The binary itself: the package's launcher would not pass a signal on. */
const denoBinary = join(
  repositoryDir,
  `node_modules/@deno/${process.platform}-${process.arch}-glibc/deno`,
);
const script = join(repositoryDir, 'provisioning/outpost.ts');
const running = new Set<Program>();

/** The command line of an Outpost program on Node as its unit has it. */
export function outpostCommand(
  args: readonly string[],
): readonly [command: string, ...args: string[]] {
  return [process.execPath, ...(entryOf(nodeFlags, args[0]) ?? []), script, ...args];
}

/** Starts one Outpost program as its unit does, with its flags and environment; on Deno where that is asked for. */
export function startOutpost(
  name: string,
  args: readonly string[],
  logDir: string,
  runtime: 'node' | 'deno' = 'node',
  env: Readonly<Record<string, string>> = {},
): Program {
  const [command, ...nodeArgs] = outpostCommand(args);
  const own = { ...entryOf(programEnvironment, args[0]), ...env };
  return runtime === 'node'
    ? startProgram(name, command, nodeArgs, logDir, own)
    : startProgram(name, denoBinary, ['run', '-A', '--no-check', script, ...args], logDir, env);
}

/** Starts a process that says `{"event":"ready"}` on standard output once it serves. */
export function startProgram(
  name: string,
  command: string,
  args: readonly string[],
  logDir: string,
  env: Readonly<Record<string, string>> = {},
): Program {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: repositoryDir,
    env: { ...process.env, ...env },
  });
  const log = createWriteStream(join(logDir, `${name}.log`), { flags: 'a' });
  const listeners: ((line: Readonly<Record<string, unknown>>) => void)[] = [];
  const exited = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
    child.once('error', (error) => resolve(error.message));
  });
  const ready = new Promise<Readonly<Record<string, unknown>>>((resolve, reject) => {
    listeners.push((line) => {
      if (line['event'] === 'ready') resolve(line);
    });
    void exited.then((how) =>
      reject(new Error(`${name} ended (${how}) before it was ready; see ${name}.log`)),
    );
  });
  ready.catch(() => undefined);
  readLines(child, log, listeners);
  const program: Program = {
    name,
    pid: child.pid,
    ready,
    ended: exited,
    onLine: (listener) => listeners.push(listener),
    isRunning: () => child.exitCode === null && child.signalCode === null,
    stop: async (signal) => {
      if (program.isRunning()) child.kill(signal);
      await exited;
      running.delete(program);
    },
  };
  running.add(program);
  void exited.then(() => running.delete(program));
  return program;
}

/** Ends every process of the demo that still runs. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((program) => program.stop('SIGTERM')));
}

/** Runs one `outpost` command to its end and returns what it printed; throws with its words when it fails. */
export async function runOutpost(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: repositoryDir,
  });
  let output = '';
  let complaint = '';
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    complaint += data.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0)
    throw new Error(`outpost ${args.join(' ')} ended with ${code}: ${complaint}${output}`);
  return output;
}

/** Undefined for a command that no unit runs. */
function entryOf<T>(entries: Readonly<Record<string, T>>, command: string | undefined) {
  return Object.entries(entries).find(([name]) => name === command)?.[1];
}

function readLines(
  child: ChildProcess,
  log: WriteStream,
  listeners: readonly ((line: Readonly<Record<string, unknown>>) => void)[],
): void {
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      log.write(`${line}\n`);
      if (!line.startsWith('{')) return;
      try {
        const fields = JSON.parse(line) as Readonly<Record<string, unknown>>;
        for (const listener of listeners) listener(fields);
      } catch {
        // A line that is not whole JSON is in the log; nobody waits for it.
      }
    });
  }
  child.stderr?.on('data', (data: Buffer) => log.write(data));
}
