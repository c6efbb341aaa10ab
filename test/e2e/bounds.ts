import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Program } from '../demo/program.ts';

/** The largest of each that was seen (I8). */
export interface Peaks {
  rssMb: number;
  openFiles: number;
  walMb: number;
  /** The program with the most open files, and how many it held below each folder. */
  held: string;
}

/** Looks at running programs from outside; on a system without /proc it sees nothing. */
export function createBounds(root: string) {
  const peaks: Peaks = { rssMb: 0, openFiles: 0, walMb: 0, held: '' };
  return {
    peaks,
    look(programs: Iterable<Program>): void {
      for (const { name, pid } of programs) {
        if (pid === undefined) continue;
        peaks.rssMb = Math.max(peaks.rssMb, rssMbOf(pid));
        const targets = targetsOf(pid);
        if (targets.length <= peaks.openFiles) continue;
        peaks.openFiles = targets.length;
        peaks.held = `${name} with ${byFolder(targets)}`;
      }
      for (const path of ['appliance/catalog.db-wal', 'relay/relay.db-wal', 'center/center.db-wal'])
        peaks.walMb = Math.max(peaks.walMb, sizeOf(join(root, path)) / 1024 ** 2);
    },
    /** The most files that one of them holds open now. */
    openFiles: (programs: Iterable<Program>): number =>
      Math.max(...[...programs].map(({ pid }) => (pid === undefined ? 0 : targetsOf(pid).length))),
    /** Bytes of all logs until now. */
    logBytes: (logDir: string): number =>
      readdirSync(logDir).reduce((sum, name) => sum + sizeOf(join(logDir, name)), 0),
  };
}

/** Processor time of a program until now, in steps of 10 ms; 0 where there is no /proc. */
export function cpuMsOf({ pid }: Program): number {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'), '');
  // Fields 14 and 15; the name in field 2 may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 10 * (Number(fields[11] ?? 0) + Number(fields[12] ?? 0));
}

/** Megabytes in memory; 0 when the process has ended. */
function rssMbOf(pid: number): number {
  const status = attempt(() => readFileSync(`/proc/${pid}/status`, 'utf8'), '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}

/** What the open files of a process are: paths, or `socket:` and the like. */
function targetsOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return attempt(() => readdirSync(folder), []).map((name) =>
    attempt(() => readlinkSync(join(folder, name)), 'closed'),
  );
}

function byFolder(targets: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const target of targets) {
    const folder = target.startsWith('/') ? dirname(target) : target.replace(/:.*/, '');
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 6)
    .map(([folder, files]) => `${files} ${folder}`)
    .join(', ');
}

const sizeOf = (path: string): number => attempt(() => statSync(path).size, 0);

function attempt<T>(look: () => T, absent: T): T {
  try {
    return look();
  } catch {
    return absent;
  }
}
