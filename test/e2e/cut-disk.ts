import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Failpoint } from '#sync/core/failpoint.ts';
import type { Program } from '../demo/program.ts';
import { pause } from './crash-load.ts';

/** Ends all writing at once and does not flush the journal: ext4's shutdown ioctl with NOLOGFLUSH. */
const shutDown = `open(my $f, "<", $ARGV[0]) or die $!;
my $how = pack("L", 2);
ioctl($f, 0x8004587d, $how) or die "ioctl: $!";`;

/** An ext4 of its own on a loop device whose power can be cut. */
export interface CutDisk {
  /** A folder on an ordinary disk, for what must outlive a cut. */
  readonly outside: string;
  readonly mounted: string;
  /** Processes that are killed before the disk is unmounted. */
  readonly programs: Set<Program>;
  cut(): void;
  remount(): void;
}

/** Undefined, and the test skipped, where it is not allowed. `at` is the mount point, made when absent. */
export async function openCutDisk(t: TestContext, at?: string): Promise<CutDisk | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    t.skip('needs root on Linux');
    return undefined;
  }
  const outside = await mkdtemp(join(tmpdir(), 'outpost-power-'));
  const image = join(outside, 'disk.img');
  const mounted = at ?? join(outside, 'mnt');
  const run = (command: string, ...args: readonly string[]): unknown =>
    execFileSync(command, args, { stdio: 'pipe' });
  const mount = (): unknown => run('mount', '-o', 'loop', image, mounted);
  const programs = new Set<Program>();
  t.after(async () => {
    for (const program of programs) await program.stop('SIGKILL');
    spawnSync('umount', [mounted]);
    await rm(outside, { recursive: true, force: true });
  });
  mkdirSync(mounted, { recursive: true });
  try {
    run('perl', '-e', '1');
    run('truncate', '-s', '256M', image);
    run('mkfs.ext4', '-q', '-F', image);
    mount();
  } catch (cause) {
    t.skip(`no loop-mounted ext4 here: ${cause instanceof Error ? cause.message : cause}`);
    return undefined;
  }
  return {
    outside,
    mounted,
    programs,
    cut: () => void run('perl', '-e', shutDown, mounted),
    remount: () => {
      run('umount', mounted);
      mount();
    },
  };
}

/** Waits until a program that was told to halt at `name` says that it does; false when it did not within `limitMs`. */
export async function haltsAt(
  { logDir, program }: { readonly logDir: string; readonly program: string },
  name: Failpoint,
  limitMs: number,
): Promise<boolean> {
  const path = join(logDir, `${program}.log`);
  for (const endMs = performance.now() + limitMs; performance.now() < endMs; await pause(20)) {
    if (existsSync(path) && readFileSync(path, 'utf8').includes(`failpoint ${name}\n`)) return true;
  }
  return false;
}
