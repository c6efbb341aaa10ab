import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';

/** A file system of its own of `size`, or undefined when this user cannot mount. */
export async function smallDisk(t: TestContext, size: string): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-small-disk-'));
  const run = promisify(execFile);
  const isMounted = await run('mount', [
    '-t',
    'tmpfs',
    '-o',
    `size=${size}`,
    'outpost',
    folder,
  ]).then(
    () => true,
    () => false,
  );
  t.after(async () => {
    if (isMounted) await run('umount', ['--lazy', folder]);
    await rm(folder, { recursive: true });
  });
  return isMounted ? folder : undefined;
}
