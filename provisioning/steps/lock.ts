import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '#sync/core/error-code.ts';
import { below } from '../plan/paths.ts';

/** Takes the one lock of setup below `root`; answers with its release, or with the process that holds it. */
export async function takeLock(root: string): Promise<(() => Promise<void>) | number> {
  const path = below(root, '/run/outpost-setup.lock');
  await mkdir(dirname(path), { recursive: true });
  for (let attempt = 0; ; attempt++) {
    const file = await open(path, 'wx', 0o600).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EEXIST') return undefined;
      throw cause;
    });
    if (file !== undefined) {
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    if (attempt > 0 || isRunning(holder)) return holder;
    // A power cut left it behind.
    await rm(path, { force: true });
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
