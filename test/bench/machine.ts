import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, release, tmpdir, totalmem } from 'node:os';

/** Where the figures come from: without it nobody can compare them. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly arch: string;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  /** File system that the receivers write to. */
  readonly diskType: string;
  /** Load of the minute before the run; above the number of cores the figures are of a busy machine. */
  readonly load1: number;
}

export function readMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    arch: arch(),
    memoryGb: Math.round(totalmem() / 1e9),
    kernel: release(),
    node: process.version,
    diskType: typeOfFileSystem(tmpdir()),
    load1: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
}

/** The type of the mount that holds `path`: the longest mount point it starts with. */
function typeOfFileSystem(path: string): string {
  try {
    const mounts = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, point = '']) => point === '/' || `${path}/`.startsWith(`${point}/`))
      .sort(([, a = ''], [, b = '']) => a.length - b.length);
    return mounts.at(-1)?.[2] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
