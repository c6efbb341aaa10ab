import { spawn, spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';

/** False, or why a test that injects errors into system calls is skipped. */
export const skipInjection: false | string =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? 'needs root on Linux'
    : spawnSync('strace', ['-V']).status === 0
      ? false
      : 'strace is not installed';

export interface Injection {
  /** Names of system calls, with commas. */
  readonly calls: string;
  /** What becomes of them, in strace's words: `error=EIO:when=1`. */
  readonly rule: string;
  /** Only calls about these very paths; all when absent. */
  readonly paths?: readonly string[];
}

/** Arguments of strace that make those calls fail. */
function injecting({ calls, rule, paths = [] }: Injection): readonly string[] {
  return [
    ...['-f', '-o', '/dev/null', ...paths.flatMap((path) => ['-P', path])],
    ...['-e', `trace=${calls}`, '-e', `inject=${calls}:${rule}`, '-e', 'signal=none'],
  ];
}

/** Makes system calls of a running process fail from now on; the answer ends that. */
export async function inject(
  t: TestContext,
  pid: number,
  injection: Injection,
): Promise<() => Promise<void>> {
  const tracer = spawn('strace', [...injecting(injection), '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => tracer.once('exit', resolve));
  const stop = async (): Promise<void> => {
    tracer.kill('SIGTERM');
    await ended;
  };
  t.after(stop);
  let said = '';
  await new Promise<void>((resolve, reject) => {
    tracer.stderr.on('data', (text: Buffer) => {
      said += text.toString();
      if (/attached/.test(said)) resolve();
    });
    void ended.then(() => reject(new Error(`strace ended: ${said}`)));
  });
  return stop;
}
