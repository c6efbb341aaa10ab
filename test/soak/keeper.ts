import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Program } from '../demo/program.ts';
import type { MemorySample } from './memory.ts';
import type { SoakProgram } from './plan.ts';

/** Keeps one program running, as the init system would, and knows how it fared. */
export interface Keeper {
  readonly name: SoakProgram;
  /** Runs from the start of the soak on, the running one last. */
  readonly runs: readonly { readonly samples: readonly MemorySample[] }[];
  readonly kills: number;
  /** How it ended of itself, by exit code or signal. */
  readonly ends: readonly (number | string)[];
  /** It serves, or it ended before it did. */
  ready(): Promise<void>;
  /** Kills it; it is back at once, or after `forMs`. */
  kill(forMs?: number): Promise<void>;
  look(atS: number): void;
  /** Ends it for good. */
  stop(): Promise<void>;
  /** Kills it without waiting: this process ends. */
  drop(): void;
}

/** As in the units: a program that ends is started again after a while. */
const restartMs = 1_000;

export function keep(name: SoakProgram, start: () => Program): Keeper {
  const runs: { samples: MemorySample[] }[] = [];
  const ends: (number | string)[] = [];
  let kills = 0;
  let program: Program;
  let isWanted = true;
  /** Being killed on purpose: so many times at once. */
  let held = 0;

  const begin = (): void => {
    const started = start();
    program = started;
    runs.push({ samples: [] });
    void started.ended.then(async (how) => {
      if (program !== started || held > 0 || !isWanted) return;
      ends.push(how);
      await setTimeout(restartMs);
      if (program === started && held === 0 && isWanted) begin();
    });
  };
  begin();

  return {
    name,
    runs,
    ends,
    get kills() {
      return kills;
    },
    ready: () => program.ready.then(() => undefined).catch(() => undefined),
    async kill(forMs = 0) {
      held += 1;
      kills += program.isRunning() ? 1 : 0;
      await program.stop('SIGKILL');
      await setTimeout(forMs);
      held -= 1;
      if (held === 0 && isWanted && !program.isRunning()) begin();
    },
    look(atS) {
      const rssMB = program.isRunning() ? residentMB(program.pid) : 0;
      const openFiles = openFilesOf(program.pid);
      if (rssMB > 0) runs.at(-1)?.samples.push({ atS, rssMB, openFiles });
    },
    async stop() {
      isWanted = false;
      await program.stop('SIGTERM');
    },
    drop() {
      isWanted = false;
      if (program.isRunning() && program.pid !== undefined) process.kill(program.pid, 'SIGKILL');
    },
  };
}

/** 0 when it has ended meanwhile, or where there is no /proc. */
function residentMB(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return (Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1_024) / 1e6;
  } catch {
    return 0;
  }
}

function openFilesOf(pid: number | undefined): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}
