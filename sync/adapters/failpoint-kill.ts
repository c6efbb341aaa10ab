import { writeSync } from 'node:fs';
import { type ArmedFailpoint, parseFailpoint, watchPassages } from '../core/failpoint.ts';

/**
 * With `OUTPOST_FAILPOINT=name:count` in the environment this process kills itself (SIGKILL, nothing is flushed) when
 * it goes through the failpoint `name` for the `count`-th time; with `name:count:stop` it halts there (SIGSTOP). For
 * tests; without the variable nothing is watched. Throws when it names no failpoint: a test that cannot kill must not
 * pass.
 */
export function armFailpoint(
  text: string | undefined,
  end: (signal: ArmedFailpoint['signal']) => void = (signal) =>
    process.kill(process.pid, signal === 'kill' ? 'SIGKILL' : 'SIGSTOP'),
): void {
  if (text === undefined) return;
  const failpoint = parseFailpoint(text);
  if (failpoint === undefined) throw new Error(`OUTPOST_FAILPOINT names no failpoint: "${text}"`);
  let left = failpoint.count;
  watchPassages((name) => {
    if (name !== failpoint.name || --left !== 0) return;
    writeSync(2, `failpoint ${name}\n`);
    end(failpoint.signal);
  });
}
