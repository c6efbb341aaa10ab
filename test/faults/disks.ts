import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** An ext4 on a loop device of its own. */
export interface LoopDisk {
  readonly folder: string;
  /** Mounts it anew with other options: `ro`, `rw`. */
  remount(how: string): void;
  /** What the kernel does when it finds this file system damaged. */
  findError(): void;
  /** Unmounts, repairs and mounts again. */
  repair(): void;
}

/** `options` are those of mkfs.ext4. Undefined, and the test skipped, where that is not allowed. */
export async function loopDisk(
  t: TestContext,
  size: string,
  options: readonly string[] = [],
): Promise<LoopDisk | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    t.skip('needs root on Linux');
    return undefined;
  }
  const place = await mkdtemp(join(tmpdir(), 'outpost-disk-'));
  const image = join(place, 'disk.img');
  const folder = join(place, 'mnt');
  await mkdir(folder);
  const run = (command: string, ...args: readonly string[]) =>
    execFileSync(command, args, { stdio: 'pipe', encoding: 'utf8' });
  const mount = (): unknown => run('mount', '-o', 'loop,errors=remount-ro', image, folder);
  t.after(async () => {
    spawnSync('umount', ['--lazy', folder]);
    await rm(place, { recursive: true, force: true });
  });
  try {
    run('truncate', '-s', size, image);
    run('mkfs.ext4', '-q', '-F', '-m', '0', ...options, image);
    mount();
  } catch (cause) {
    t.skip(`no loop-mounted ext4 here: ${cause instanceof Error ? cause.message : cause}`);
    return undefined;
  }
  return {
    folder,
    remount: (how) => void run('mount', '-o', `remount,${how}`, folder),
    findError: () => {
      const device = run('findmnt', '-n', '-o', 'SOURCE', folder).trim().replace('/dev/', '');
      run('sh', '-c', `echo 1 > /sys/fs/ext4/${device}/trigger_fs_error`);
    },
    repair: () => {
      run('umount', folder);
      spawnSync('e2fsck', ['-fy', image]);
      mount();
    },
  };
}
