import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { repositoryDir } from '../support/source-tree.ts';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A server that runs until `stop`. */
export interface Server {
  /** Processor time so far of the process and its threads, seconds. */
  cpuSeconds(): number;
  /** Memory that is resident now, bytes. */
  rssBytes(): number;
  /** Most memory that was resident at once, bytes. */
  peakRssBytes(): number;
  stop(): Promise<void>;
}

const startTimeoutMs = 30_000;
const stopTimeoutMs = 15_000;
const ticksPerSecond = 100;
const running = new Set<Server>();

/** Starts a program of ours and waits for its `ready` line. */
export function startReady(command: Command, logPath: string): Promise<Server> {
  return startSaying(command, logPath, '"event":"ready"');
}

/** Starts a program and waits for a line on standard output with `words`; all that it says goes to `logPath`. */
export async function startSaying(
  command: Command,
  logPath: string,
  words: string,
): Promise<Server> {
  const log = openSync(logPath, 'a');
  const child = spawn(command.command, [...command.args], {
    stdio: ['ignore', 'pipe', log],
    cwd: repositoryDir,
    env: { ...process.env, ...command.env },
  });
  let last = '';
  const isReady = new Promise<boolean>((resolve) => {
    // Not at once: what it said last may still be on its way.
    child.once('close', () => {
      closeSync(log);
      resolve(false);
    });
    child.once('error', () => resolve(false));
    if (!child.stdout) return resolve(false);
    createInterface({ input: child.stdout }).on('line', (line) => {
      last = line;
      writeSync(log, `${line}\n`);
      if (line.includes(words)) resolve(true);
    });
  });
  return serverOf(child, await isReady, `${logPath}; it said last: ${last}`);
}

/** Starts a peer and waits until something listens on TCP `port` in its network namespace. */
export async function startListening(
  command: Command,
  logPath: string,
  port: number,
): Promise<Server> {
  const log = openSync(logPath, 'a');
  const child = spawn(command.command, [...command.args], {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...command.env },
  });
  closeSync(log);
  child.once('error', () => undefined);
  const endMs = performance.now() + startTimeoutMs;
  let isOpen = false;
  while (!isOpen && isAlive(child) && performance.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    isOpen = isListening(child.pid, port);
  }
  return serverOf(child, isOpen, logPath);
}

/** Runs a command to its end, or kills it on `signal`; the seconds it took. Throws with its last words when it fails. */
export async function timed(
  { command, args, env }: Command,
  signal?: AbortSignal,
): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(command, [...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
    killSignal: 'SIGKILL',
    ...(signal && { signal }),
  });
  let words = '';
  child.stderr.on('data', (data: Buffer) => {
    words = `${words}${data.toString()}`.slice(-2_000);
  });
  const code = await new Promise<number | string>((resolve) => {
    child.once('close', (exit, signal) => resolve(exit ?? signal ?? 'unknown'));
    child.once('error', (error) => resolve(error.message));
  });
  if (code !== 0) throw new Error(`Cannot run "${command}": it ended with ${code}: ${words}`);
  return (performance.now() - startedMs) / 1_000;
}

export function isInstalled(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** Ends every server that still runs. */
export async function stopServers(): Promise<void> {
  await Promise.all([...running].map((server) => server.stop()));
}

function serverOf(child: ChildProcess, isUp: boolean, logPath: string): Server {
  const exited = new Promise<void>((resolve) => {
    if (!isAlive(child)) resolve();
    child.once('exit', () => resolve());
  });
  const server: Server = {
    cpuSeconds: () => cpuSecondsOf(child.pid),
    rssBytes: () => memoryOf(child.pid, 'VmRSS'),
    peakRssBytes: () => memoryOf(child.pid, 'VmHWM'),
    async stop() {
      const kill = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      child.kill('SIGTERM');
      await exited;
      clearTimeout(kill);
      running.delete(server);
    },
  };
  if (!isUp) {
    child.kill('SIGKILL');
    throw new Error(`"${child.spawnargs.join(' ')}" did not come up; see ${logPath}`);
  }
  running.add(server);
  return server;
}

function isAlive(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** Asks no one: a connection to try would count as one of the peer's associations. */
function isListening(pid: number | undefined, port: number): boolean {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['tcp', 'tcp6'].some((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .some(([, address, , state]) => address?.endsWith(local) && state === '0A'),
  );
}

/** User and system time of the process and of its children, ended ones too: fields 14 to 17 of proc_pid_stat(5). */
function cpuSecondsOf(pid: number | undefined): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  const pids = [String(pid), ...children.split(' ').filter((child) => child !== '')];
  return pids.reduce((sum, each) => sum + ticksOf(each), 0) / ticksPerSecond;
}

/** None for a child that ended since it was listed: its parent has its time by then. */
function ticksOf(pid: string): number {
  const fields = statOf(pid)
    .replace(/^.*\) /s, '')
    .split(' ');
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}

function memoryOf(pid: number | undefined, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024;
}
