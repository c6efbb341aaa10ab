import { mkdir, open, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, ok } from '#sync/core/result.ts';
import { ballastBytes, ballastStep } from '../intake/ballast.ts';
import type { DataDisk } from '../ports-store.ts';
import { writeFaultOf } from './segment-fault.ts';

const stepBytes = 1024 * 1024;

/**
 * The disk that `dataDir` (made when missing) lies on. The ballast is a file there; `intake/ballast.ts` says when.
 */
export function openDataDisk(dataDir: string, reserveBytes: number): DataDisk {
  const ballast = createBallast(join(dataDir, 'ballast'), reserveBytes);
  return {
    async probe() {
      try {
        await mkdir(dataDir, { recursive: true, mode: 0o700 });
        const file = await open(join(dataDir, 'probe'), 'w', 0o600);
        try {
          await file.write(new Uint8Array(512), 0, 512, 0);
          await file.datasync();
        } finally {
          await file.close();
        }
        return ok(undefined);
      } catch (cause) {
        return fail(writeFaultOf('write to the data disk', cause));
      }
    },
    async room() {
      const { bavail, bsize, files, ffree } = await statfs(dataDir);
      return {
        isShort: await ballast.settle(bavail * bsize),
        isOutOfFiles: files > 0 && ffree < Math.min(1_024, files / 16),
      };
    },
  };
}

function createBallast(path: string, reserveBytes: number) {
  const sizeBytes = ballastBytes(reserveBytes);

  async function fill(): Promise<void> {
    const file = await open(path, 'w', 0o600);
    try {
      const step = new Uint8Array(stepBytes);
      for (let at = 0; at < sizeBytes; at += stepBytes) {
        await file.write(step, 0, Math.min(stepBytes, sizeBytes - at), at);
      }
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  return {
    /** Does what is due; whether it is gone although it was needed. */
    async settle(freeBytes: number): Promise<boolean> {
      const heldBytes = (await stat(path).catch(() => undefined))?.size ?? 0;
      const step = ballastStep(freeBytes, heldBytes, reserveBytes);
      if (step.do === 'release') await rm(path, { force: true });
      // Not made whole: it is tried again at the next look.
      if (step.do === 'fill') await fill().catch(() => rm(path, { force: true }));
      return step.isShort;
    },
  };
}
