import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../core/error-code.ts';
import { passage } from '../core/failpoint.ts';
import { fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { PackStore, PackStoreFault, PartKey } from '../relay/ports.ts';
import { type PackId, parsePackId } from '../wire/pack-id.ts';
import { syncFolder, syncOrRemove, writeDurably } from './durable-file.ts';
import { namesIn, readRange, writeRange } from './spool-folder-files.ts';

/**
 * Opens the relay's files under `dir`: `parts/<center>.<handle>.<packId>`, `packs/<first two digits>/<packId>.spk`
 * and `centers/<root>.<document>`. Folders are made when absent, mode 0700; names that an earlier
 * run gave, and was killed before its fsync, are durable on return.
 */
export async function openPackStore(dir: string): Promise<PackStore> {
  const parts = join(dir, 'parts');
  const packs = join(dir, 'packs');
  const centers = join(dir, 'centers');
  for (const folder of [parts, packs, centers])
    await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const folder of [dir, packs]) await syncFolder(folder);
  const shelf = (packId: PackId) => join(packs, packId.slice(0, 2));
  const pathOf = (packId: PackId) => join(shelf(packId), `${packId}.spk`);
  const partOf = (key: PartKey) => join(parts, `${key.center}.${key.handle}.${key.packId}`);

  return {
    parts: async () => {
      const found: (PartKey & { sizeBytes: number })[] = [];
      for (const name of await namesIn(parts)) {
        const key = partKeyOf(name);
        if (key === undefined) continue;
        found.push({ ...key, sizeBytes: (await stat(join(parts, name))).size });
      }
      return found;
    },
    writePart: (key, offset, bytes) =>
      guarded('write', () =>
        withFile(partOf(key), offset === 0 ? 'w' : 'r+', async (file) => {
          await writeRange(file, bytes, offset);
          passage('relay-part/appended');
        }),
      ),
    readPartHead: (key, length) =>
      guarded('read', () => withFile(partOf(key), 'r', (file) => readRange(file, 0, length))),
    finishPart: (key, sizeBytes) =>
      guarded('keep', async () => {
        const part = partOf(key);
        const isGood = await hashesTo(part, key.packId, sizeBytes);
        if (isGood === undefined) {
          // Moved by an earlier try, whose row could not be written; it may have been killed before the fsync.
          const isKept = (await hashesTo(pathOf(key.packId), key.packId, sizeBytes)) ?? false;
          if (isKept) await syncFolder(shelf(key.packId));
          return isKept;
        }
        if (!isGood) {
          await rm(part, { force: true });
          return false;
        }
        passage('relay-part/whole');
        await syncOrRemove(part);
        passage('relay-part/synced');
        const isNewShelf = (await mkdir(shelf(key.packId), { recursive: true })) !== undefined;
        await rename(part, pathOf(key.packId));
        passage('relay-part/renamed');
        await syncFolder(shelf(key.packId));
        if (isNewShelf) await syncFolder(packs);
        passage('relay-part/durable');
        return true;
      }),
    dropPart: (key) => rm(partOf(key), { force: true }),

    packs: async () => {
      const found: { packId: PackId; sizeBytes: number }[] = [];
      for (const name of await namesIn(packs)) {
        for (const file of await namesIn(join(packs, name))) {
          const packId = parsePackId(file.replace(/\.spk$/, ''));
          // A relay that runs beside a courier lets go of packs meanwhile.
          const { size } = (await absentAsUndefined(stat(join(packs, name, file)))) ?? {};
          if (packId !== undefined && size !== undefined) found.push({ packId, sizeBytes: size });
        }
      }
      return found;
    },
    readPack: (packId, offset, length) =>
      guarded('read', () =>
        absentAsUndefined(withFile(pathOf(packId), 'r', (file) => readRange(file, offset, length))),
      ),
    removePack: async (packId) => {
      await rm(pathOf(packId), { force: true });
      passage('relay-taken/removed');
    },
    freeBytes: async () => {
      const space = await statfs(dir);
      return space.bavail * space.bsize;
    },
    readDocument: (center, name) =>
      absentAsUndefined(readFile(join(centers, `${center}.${name}`), 'utf8')),
    writeDocument: (center, name, text) =>
      guarded('write', () =>
        writeDurably(join(centers, `${center}.${name}`), text, { as: 'relay-list' }),
      ),
  };
}

function partKeyOf(name: string): PartKey | undefined {
  const [, center, handle, id] =
    /^([0-9a-f]{64})\.([0-9a-f]{32})\.([0-9a-f]{64})$/.exec(name) ?? [];
  const packId = id === undefined ? undefined : parsePackId(id);
  return center === undefined || handle === undefined || packId === undefined
    ? undefined
    : { center, handle, packId };
}

/** Undefined when there is no such file. */
async function hashesTo(
  path: string,
  packId: PackId,
  sizeBytes: number,
): Promise<boolean | undefined> {
  const bytes = await absentAsUndefined(readFile(path));
  if (bytes === undefined) return undefined;
  return bytes.length === sizeBytes && createHash('sha256').update(bytes).digest('hex') === packId;
}

async function withFile<T>(
  path: string,
  flags: string,
  work: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await open(path, flags, 0o600);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

async function absentAsUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    throw cause;
  }
}

async function guarded<T>(
  action: 'read' | 'write' | 'keep',
  work: () => Promise<T>,
): Promise<Result<T, PackStoreFault>> {
  try {
    return ok(await work());
  } catch (cause) {
    const code = errorCode(cause) ?? 'unknown error';
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    return fail(
      fault(
        isFull ? 'packs/full' : 'packs/io',
        `Cannot ${action} a file of the pack store: ${code}`,
        isFull ? 'Free space on the relay' : 'Check the disk of the relay',
        'later',
        cause,
      ),
    );
  }
}
