import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '#sync/core/error-code.ts';
import { below } from '../plan/paths.ts';

/**
 * Takes the one lock of setup below `root`; answers with its release, or with the process that holds it. The file comes
 * to its name with the process in it, so nobody can take a lock that is being made for one that a power cut left behind.
 */
export async function takeLock(root: string): Promise<(() => Promise<void>) | number> {
  const path = below(root, '/run/outpost-setup.lock');
  await mkdir(dirname(path), { recursive: true });
  const own = `${path}.${process.pid}.${randomUUID()}`;
  await writeFile(own, String(process.pid), { mode: 0o600, flag: 'wx' });
  try {
    for (let attempt = 0; ; attempt++) {
      if (await isLinked(own, path)) return () => rm(path, { force: true });
      const holder = Number(await readFile(path, 'utf8').catch(() => ''));
      if (attempt > 0 || isRunning(holder)) return holder;
      await rm(path, { force: true });
    }
  } finally {
    await rm(own, { force: true });
  }
}

async function isLinked(from: string, path: string): Promise<boolean> {
  try {
    await link(from, path);
    return true;
  } catch (cause) {
    if (errorCode(cause) === 'EEXIST') return false;
    throw cause;
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return errorCode(cause) === 'EPERM';
  }
}
