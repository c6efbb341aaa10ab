import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededBytes } from '../../support/pack-bytes.ts';
import { createTimeline } from '../timeline.ts';
import { createDisk, createFolder, type Disk, type Folder } from './disk.ts';
import { createDiskFile, type DiskFile } from './file.ts';

const before = seededBytes('before', 3_000);
const after = seededBytes('after', 5_000);

/** What 200 power cuts leave, one seed each. */
function outcomes<T>(build: () => { readonly disk: Disk; readonly look: () => T }): readonly T[] {
  return Array.from({ length: 200 }, (_, seed) => {
    const { disk, look } = build();
    disk.powerCut(createTimeline(seed).chance);
    return look();
  });
}

function folderOn(disk: Disk, name: string): Folder {
  const folder = createFolder();
  disk.change([{ folder: disk.root, name, entry: folder }]);
  return folder;
}

function fileIn(disk: Disk, folder: Folder, name: string): DiskFile {
  const file = createDiskFile(0);
  disk.change([{ folder, name, entry: file }]);
  return file;
}

const contentOf = (file: DiskFile): Uint8Array => file.read(0, file.sizeBytes());

test('what was synced stays; what was written since is lost, kept, or torn between sectors', () => {
  const seen = new Set<string>();
  const left = outcomes(() => {
    const disk = createDisk();
    const file = fileIn(disk, disk.root, 'file');
    file.write(before, 0, 0);
    file.sync()();
    disk.syncFolder(disk.root)();
    file.write(after, 1_024, 0);
    return { disk, look: () => contentOf(file) };
  });
  for (const bytes of left) {
    assert.deepEqual(bytes.subarray(0, 1_024), before.subarray(0, 1_024));
    assert.ok(bytes.length >= before.length && bytes.length <= 1_024 + after.length);
    const kinds = new Set<string>();
    for (let at = 1_024; at < Math.min(bytes.length, 2_560); at += 512) {
      const sector = Buffer.from(bytes.subarray(at, at + 512));
      if (sector.equals(after.subarray(at - 1_024, at - 512))) kinds.add('new');
      else if (sector.equals(before.subarray(at, at + 512))) kinds.add('old');
      else assert.fail('A sector is neither the old nor the new one');
    }
    seen.add([...kinds].sort().join(' and '));
  }
  assert.deepEqual([...seen].sort(), ['new', 'new and old', 'old']);
});

test('a file that was synced may be without a name until its folder is synced', () => {
  const named = (isFolderSynced: boolean) =>
    outcomes(() => {
      const disk = createDisk();
      const folder = folderOn(disk, 'folder');
      const file = fileIn(disk, folder, 'file');
      file.write(before, 0, 0);
      file.sync()();
      if (isFolderSynced) disk.syncFolder(folder)();
      return { disk, look: () => disk.find(['folder', 'file']) !== undefined };
    });
  assert.deepEqual(new Set(named(false)), new Set([true, false]));
  assert.deepEqual(new Set(named(true)), new Set([true]), 'with it the folder has its name too');
});

test('a rename is one operation: the file is under one of the two names, never under both or none', () => {
  const left = outcomes(() => {
    const disk = createDisk();
    const [from, to] = [folderOn(disk, 'from'), folderOn(disk, 'to')];
    const file = fileIn(disk, from, 'file');
    for (const folder of [disk.root, from, to]) disk.syncFolder(folder)();
    disk.change([
      { folder: from, name: 'file', entry: undefined },
      { folder: to, name: 'file', entry: file },
    ]);
    const names = () => ['from', 'to'].filter((name) => disk.find([name, 'file']) === file);
    return { disk, look: names };
  });
  assert.deepEqual(new Set(left.map(String)), new Set(['from', 'to']));
});

test('a removal without a sync may come undone', () => {
  const left = outcomes(() => {
    const disk = createDisk();
    fileIn(disk, disk.root, 'file');
    disk.syncFolder(disk.root)();
    disk.change([{ folder: disk.root, name: 'file', entry: undefined }]);
    return { disk, look: () => disk.find(['file']) !== undefined };
  });
  assert.deepEqual(new Set(left), new Set([true, false]));
});

test('an fsync covers what was done before it began, and nothing later', () => {
  const disk = createDisk();
  const file = fileIn(disk, disk.root, 'file');
  file.write(before, 0, 0);
  const [endFile, endFolder] = [file.sync(), disk.syncFolder(disk.root)];
  file.write(after, 0, 0);
  fileIn(disk, disk.root, 'later');
  endFile();
  endFolder();
  assert.equal(file.isSynced(), false);
  assert.deepEqual(file.syncedBytes(), before);
  assert.deepEqual(disk.safeNames([]), ['file']);
});

test('bytes written through are safe, and say nothing of what was written before them', () => {
  const disk = createDisk();
  const file = fileIn(disk, disk.root, 'file');
  file.write(before, 0, 0);
  file.writeThrough(after, before.length, 0);
  assert.equal(file.isSynced(), false);
  assert.deepEqual(file.syncedBytes().subarray(before.length), after);
  assert.deepEqual(file.syncedBytes().subarray(0, before.length), new Uint8Array(before.length));
});

test('an fsync that began before does not take back what was written through', () => {
  const file = createDiskFile(0);
  file.write(before, 0, 0);
  const end = file.sync();
  file.writeThrough(after, before.length, 0);
  end();
  assert.deepEqual(file.syncedBytes().subarray(before.length), after);
  assert.deepEqual(file.syncedBytes().subarray(0, before.length), before);
});
