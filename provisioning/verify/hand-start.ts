import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A program that was started by hand, and serves. */
export interface StartedByHand {
  /** Asks it to end and waits; it is killed when it does not in time. */
  stop(): Promise<void>;
}

const patienceMs = 20_000;

/** What systemd gives a service; nothing of the shell that setup was started from. */
const cleanEnvironment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin' };

/** Starts a command and waits until it logs `ready`; answers with its last words when it ends or does not serve. */
export async function startByHand(command: readonly string[]): Promise<StartedByHand | string> {
  const [name = '', ...args] = command;
  const child = spawn(name, args, { stdio: ['ignore', 'pipe', 'pipe'], env: cleanEnvironment });
  let lastWords = '';
  const exited = new Promise<void>((resolve) => {
    child.once('error', (cause) => {
      lastWords = cause.message;
      resolve();
    });
    child.once('exit', () => resolve());
  });
  const ready = new Promise<boolean>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lastWords = line;
        if (line.includes('"event":"ready"')) resolve(true);
      });
    }
    void exited.then(() => resolve(false));
    AbortSignal.timeout(patienceMs).addEventListener('abort', () => resolve(false), { once: true });
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    await exited;
    clearTimeout(kill);
  };
  if (await ready) return { stop };
  await stop();
  return lastWords || 'it ended without a word';
}
