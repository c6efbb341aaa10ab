import { constants } from 'node:fs';
import { concat } from '#sync/core/bytes.ts';
import type { Entry, Folder } from './disk.ts';
import type { DiskFile } from './file.ts';
import { type Place, refuse, stepOf, systemError, tellWatchers } from './mount.ts';

type Bytes = Uint8Array | string;

/** As much of a file handle of Node as the adapters use. */
export interface FileHandle {
  stat(): Promise<ReturnType<typeof statOf>>;
  read(
    buffer: Uint8Array,
    at: number,
    length: number,
    offset: number,
  ): Promise<{ readonly bytesRead: number; readonly buffer: Uint8Array }>;
  write(
    bytes: Uint8Array,
    at: number,
    length: number,
    offset: number,
  ): Promise<{ readonly bytesWritten: number }>;
  writev(parts: readonly Uint8Array[], offset: number): Promise<{ readonly bytesWritten: number }>;
  writeFile(bytes: Bytes): Promise<void>;
  appendFile(bytes: Bytes): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  chmod(): Promise<void>;
  sync(): Promise<void>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

export function openHandle(place: Place, entry: Entry, flags: string | number): FileHandle {
  const { mount, path } = place;
  const { life, timeline } = mount;
  const isAppend = String(flags).startsWith('a');
  const isThrough = typeof flags === 'number' && (flags & constants.O_DSYNC) !== 0;
  let position = 0;

  function file(): DiskFile {
    if (entry.kind === 'file') return entry;
    throw systemError('EISDIR');
  }

  async function changed<T>(what: string, effect: (file: DiskFile) => T): Promise<T> {
    refuse(place, what);
    return life.now(stepOf(what, path), () => {
      const result = effect(file());
      tellWatchers(place);
      return result;
    });
  }

  const append = (bytes: Bytes): Promise<void> =>
    changed('write', (own) => {
      const part = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
      const at = isAppend ? own.sizeBytes() : position;
      own.write(part, at, timeline.elapsedMs());
      position = at + part.length;
    });

  async function sync(): Promise<void> {
    if (entry.kind === 'folder') await syncFolder(place, entry);
    else if (!isSkipped(place)) {
      refuse(place, 'sync', () => entry.failSync());
      await life.write(stepOf('sync', path), entry.sync());
    }
  }

  return {
    stat: () => life.look(async () => statOf(entry)),
    read: (buffer, at, length, offset) =>
      life.look(async () => {
        const bytes = file().read(offset, length);
        buffer.set(bytes, at);
        return { bytesRead: bytes.length, buffer };
      }),
    async write(bytes, at, length, offset) {
      await changed('write', (own) => {
        own.write(bytes.subarray(at, at + length), offset, timeline.elapsedMs());
      });
      return { bytesWritten: length };
    },
    async writev(parts, offset) {
      const whole = concat(...parts);
      if (isThrough && !isSkipped(place)) {
        refuse(place, 'write through');
        await life.write(stepOf('write through', path), () => {
          file().writeThrough(whole, offset, timeline.elapsedMs());
          tellWatchers(place);
        });
      } else await changed('write', (own) => own.write(whole, offset, timeline.elapsedMs()));
      return { bytesWritten: whole.length };
    },
    writeFile: append,
    appendFile: append,
    truncate: (sizeBytes) =>
      changed('truncate', (own) => own.truncate(sizeBytes, timeline.elapsedMs())),
    chmod: async () => undefined,
    sync,
    datasync: sync,
    close: async () => undefined,
  };
}

function isSkipped({ mount: { mistakes }, path }: Place): boolean {
  const text = path.join('/');
  return mistakes.isForgotten?.('file', text) === true || mistakes.isLate?.(text) === true;
}

async function syncFolder({ mount, path }: Place, folder: Folder): Promise<void> {
  const { life, disk, mistakes } = mount;
  if (mistakes.isForgotten?.('folder', path.join('/'))) return;
  await life.write(stepOf('sync', path), disk.syncFolder(folder));
  if (mistakes.isLate === undefined) return;
  for (const [name, entry] of folder.names) {
    if (entry.kind === 'folder' || entry.isSynced()) continue;
    // A slow disk: the window between the two is where the power must go.
    await life.clock.wait(5_000, new AbortController().signal);
    await life.write(stepOf('sync late', [...path, name]), entry.sync());
  }
}

export function statOf(entry: Entry) {
  const isFile = entry.kind === 'file';
  return {
    size: isFile ? entry.sizeBytes() : 0,
    mtimeMs: isFile ? entry.modifiedAtMs() : 0,
    isFile: () => isFile,
    isDirectory: () => !isFile,
  };
}
