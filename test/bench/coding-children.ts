import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { CodedStudy } from './coding-child.ts';

/** One way of coding one study. */
export interface CodingJob {
  readonly study: string;
  readonly files: readonly string[];
  readonly method: string;
  /** Its speed is told, so nothing else runs beside it. */
  readonly isTimed: boolean;
  readonly rounds: number;
}

/**
 * What each job made, round by round, each round in a process of its own. First those that are not timed, as many at a time as
 * there are cores, then the timed ones, one after another. One that breaks off ends it all.
 */
export async function codeAll(
  jobs: readonly CodingJob[],
  onDone: (job: CodingJob, rounds: readonly CodedStudy[], tookS: number) => void,
): Promise<ReadonlyMap<CodingJob, readonly CodedStudy[]>> {
  const results = new Map<CodingJob, readonly CodedStudy[]>();
  const runAll = async (waiting: CodingJob[]): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      const startedMs = performance.now();
      const rounds: CodedStudy[] = [];
      while (rounds.length < job.rounds) rounds.push(await code(job));
      results.set(job, rounds);
      onDone(job, rounds, (performance.now() - startedMs) / 1_000);
    }
  };
  const untimed = jobs.filter(({ isTimed }) => !isTimed);
  await Promise.all(Array.from({ length: availableParallelism() }, () => runAll(untimed)));
  await runAll(jobs.filter(({ isTimed }) => isTimed));
  return results;
}

async function code({ method, files, isTimed }: CodingJob): Promise<CodedStudy> {
  const child = spawn(process.execPath, [childPath, method, ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  const [exitCode, signal] = await once(child, 'close');
  if (exitCode !== 0) {
    throw new Error(`${method} broke off: ${signal ?? `exit code ${exitCode}`}`);
  }
  const coded = JSON.parse(text) as CodedStudy;
  return isTimed ? coded : { ...coded, encodeS: 0, decodeS: 0 };
}

const childPath = fileURLToPath(new URL('coding-child.ts', import.meta.url));
