import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from '../demo/program.ts';

/** The largest of each that was seen (I8). */
export interface Peaks {
  rssMb: number;
  openFiles: number;
  walMb: number;
}

/** Looks at running programs from outside; on a system without /proc it sees nothing. */
export function createBounds(root: string) {
  const peaks: Peaks = { rssMb: 0, openFiles: 0, walMb: 0 };
  return {
    peaks,
    look(programs: Iterable<Program>): void {
      for (const { pid } of programs) {
        if (pid === undefined) continue;
        peaks.rssMb = Math.max(peaks.rssMb, rssMbOf(pid));
        peaks.openFiles = Math.max(peaks.openFiles, count(`/proc/${pid}/fd`));
      }
      for (const path of ['appliance/catalog.db-wal', 'relay/relay.db-wal', 'center/center.db-wal'])
        peaks.walMb = Math.max(peaks.walMb, sizeOf(join(root, path)) / 1024 ** 2);
    },
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

const count = (folder: string): number => attempt(() => readdirSync(folder).length, 0);
const sizeOf = (path: string): number => attempt(() => statSync(path).size, 0);

function attempt<T>(look: () => T, absent: T): T {
  try {
    return look();
  } catch {
    return absent;
  }
}
