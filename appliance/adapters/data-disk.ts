import { mkdir, open, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { ok } from '#sync/core/result.ts';
import type { DataDisk } from '../ports.ts';
import { writeFaultOf } from './segment-fault.ts';

/** Held back on the data disk, so that records and receipts still fit when everything else is full. */
const largestBallastBytes = 64 * 1024 * 1024;
const stepBytes = 1024 * 1024;

/**
 * The disk that `dataDir` (made when missing) lies on. The ballast is a file there, as large as the reserve and at most
 * 64 MiB: the reserve keeps intake away from the last bytes, the ballast is for what fills the disk all the same.
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
        return { ok: false, fault: writeFaultOf('write to the data disk', cause) };
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
  const sizeBytes = Math.min(reserveBytes, largestBallastBytes);

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
    /** Whether it is gone although it was needed; `freeBytes` without it. */
    async settle(freeBytes: number): Promise<boolean> {
      if (sizeBytes === 0) return false;
      const held = (await stat(path).catch(() => undefined))?.size ?? 0;
      const isHeld = held >= sizeBytes;
      if (freeBytes < sizeBytes / 4) {
        await rm(path, { force: true });
        return true;
      }
      if (isHeld) return false;
      if (freeBytes < reserveBytes + 2 * sizeBytes) return held === 0;
      // Not made whole: it is tried again at the next look.
      await fill().catch(() => rm(path, { force: true }));
      return false;
    },
  };
}
