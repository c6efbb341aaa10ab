import { createFolder, type Disk, type Folder } from './disk/disk.ts';
import { createDiskFile } from './disk/file.ts';

interface SavedFolder {
  readonly [name: string]: Uint8Array | SavedFolder;
}

/** Copies what a power cut would leave of a folder; what is answered puts it back in place of all that is there. */
export function backUp(disk: Disk, name: string): () => void {
  const saved = save(disk.root.synced.get(name) as Folder);
  return () => {
    const folder = createFolder();
    disk.change([{ folder: disk.root, name, entry: folder }]);
    restore(disk, folder, saved);
    disk.syncFolder(disk.root)();
  };
}

function save(folder: Folder): SavedFolder {
  const saved: Record<string, Uint8Array | SavedFolder> = {};
  for (const [name, entry] of folder.synced) {
    saved[name] = entry.kind === 'file' ? entry.syncedBytes().slice() : save(entry);
  }
  return saved;
}

function restore(disk: Disk, folder: Folder, saved: SavedFolder): void {
  for (const [name, content] of Object.entries(saved)) {
    if (content instanceof Uint8Array) {
      const file = createDiskFile(0);
      file.write(content, 0, 0);
      file.sync()();
      disk.change([{ folder, name, entry: file }]);
    } else {
      const below = createFolder();
      disk.change([{ folder, name, entry: below }]);
      restore(disk, below, content);
    }
  }
  disk.syncFolder(folder)();
}
