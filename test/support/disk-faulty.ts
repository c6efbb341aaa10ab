import {
  type Disk,
  type DiskFile,
  systemDisk,
  type WritableFile,
} from '#appliance/adapters/disk.ts';

export type DiskCall = 'create' | 'open' | 'write' | 'read' | 'sync' | 'truncate' | 'syncFolder';

/**
 * The real disk behind a gate that sees every call on a segment before it runs; what it throws is the error of the
 * call, and a promise it returns delays it.
 */
export function gatedDisk(gate: (call: DiskCall, path: string) => unknown): Disk {
  const gatedWrites = (path: string, file: WritableFile): WritableFile => ({
    ...file,
    async write(parts, offset) {
      await gate('write', path);
      await file.write(parts, offset);
    },
    async sync() {
      await gate('sync', path);
      await file.sync();
    },
    async truncate(sizeBytes) {
      await gate('truncate', path);
      await file.truncate(sizeBytes);
    },
  });
  const gated = (path: string, file: DiskFile): DiskFile => ({
    ...file,
    async read(offset, length) {
      await gate('read', path);
      return file.read(offset, length);
    },
    async sync() {
      await gate('sync', path);
      await file.sync();
    },
  });
  return {
    ...systemDisk,
    async create(path) {
      await gate('create', path);
      return gatedWrites(path, await systemDisk.create(path));
    },
    async open(path) {
      await gate('open', path);
      return gated(path, await systemDisk.open(path));
    },
    async syncFolder(folder) {
      await gate('syncFolder', folder);
      await systemDisk.syncFolder(folder);
    },
  };
}

/** An error as the system makes it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: synthetic, write '/a/path'`), {
    code,
    syscall: 'write',
  });
}
