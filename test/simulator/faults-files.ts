import type { Climate } from './climate.ts';
import type { Disk } from './disk/disk.ts';
import type { DiskFile } from './disk/file.ts';
import type { Way } from './network.ts';
import type { Oracle } from './oracle.ts';
import type { Rain } from './rain.ts';

/** Files that somebody changes behind the back of the programs. */
export interface FileVictims {
  readonly ways: readonly Way[];
  /** Disks of boxes, where sealed packs wait in a spool. */
  readonly spools: readonly Disk[];
  /** Disks where packs arrive. */
  readonly arrivals: readonly Disk[];
  /** The disk of the center, where objects wait for their delivery. */
  readonly archive: Disk;
  readonly oracle: Pick<Oracle, 'tampered' | 'lostByRelay' | 'rots' | 'isStored'>;
}

export function rainOnFiles(rain: Rain, climate: Climate, victims: FileVictims): void {
  if (climate.renames) {
    rainOnSpools(rain, victims);
    rainOnArrivals(rain, victims);
  }
  if (climate.rot) rainOnObjects(rain, victims);
}

/**
 * Somebody who may write to a spool gives a pack the name of another, or one that no pack has; of what arrived he takes
 * one away, or gives it such a name.
 */
function rainOnSpools({ timeline, soon }: Rain, { spools, ways, oracle }: FileVictims): void {
  const { chance } = timeline;
  const rename = (): void => {
    soon(100, 2_500, rename);
    const disk = chance.pick(spools);
    const folder = disk.find(['spool', 'out', 'new']);
    if (folder?.kind !== 'folder' || folder.names.size === 0) return;
    const names = [...folder.names.keys()];
    const first = chance.pick(names);
    const second = chance.pick([...names, `${first[0] === 'a' ? 'b' : 'a'}${first.slice(1)}`]);
    const [one, other] = [folder.names.get(first), folder.names.get(second)];
    if (first === second || one === undefined || one.kind !== 'file' || !one.isSynced()) return;
    timeline.note(`a pack gets another name: ${first.slice(0, 8)} as ${second.slice(0, 8)}`);
    disk.change([
      { folder, name: first, entry: other },
      { folder, name: second, entry: one },
    ]);
    disk.syncFolder(folder)();
    for (const name of [first, second]) {
      const packId = name.replace(/\.spk$/, '');
      oracle.tampered(packId);
      for (const { traffic } of ways) traffic.tampered(packId);
    }
    // Whoever had it in custody has nothing to show any more.
    if (other === undefined) oracle.lostByRelay([first.replace(/\.spk$/, '')]);
  };
  soon(100, 5_000, rename);
}

function rainOnArrivals({ timeline, soon }: Rain, { arrivals, oracle }: FileVictims): void {
  const { chance } = timeline;
  const takeAway = (): void => {
    soon(100, 2_500, takeAway);
    const disk = chance.pick(arrivals);
    const folder = disk.find(['spool', 'in', 'new']);
    if (folder?.kind !== 'folder' || folder.names.size === 0) return;
    const name = chance.pick([...folder.names.keys()]);
    const file = folder.names.get(name);
    if (file?.kind !== 'file' || !file.isSynced()) return;
    const other = `${name[0] === 'a' ? 'b' : 'a'}${name.slice(1)}`;
    const isRenamed = chance.is(0.5);
    timeline.note(`what arrived is ${isRenamed ? 'renamed' : 'taken away'}: ${name.slice(0, 8)}`);
    disk.change([
      { folder, name, entry: undefined },
      ...(isRenamed ? [{ folder, name: other, entry: file }] : []),
    ]);
    disk.syncFolder(folder)();
    if (isRenamed) oracle.tampered(other.replace(/\.spk$/, ''));
  };
  soon(100, 5_000, takeAway);
}

/** A sector of the center goes bad: a byte of one object that no PACS has yet is another. */
function rainOnObjects({ timeline, soon }: Rain, { archive, oracle }: FileVictims): void {
  const { chance } = timeline;
  const rot = (): void => {
    const open = objectsOn(archive).filter(([digest]) => !oracle.isStored(digest));
    if (open.length === 0) {
      soon(100, 500, rot);
      return;
    }
    const [digest, file] = chance.pick(open);
    // The dataset: the digest does not cover what is before it.
    const at = chance.whole(Math.floor(file.sizeBytes() / 2), file.sizeBytes() - 1);
    timeline.note(`an object of the center has a wrong byte: ${digest.slice(0, 8)}`);
    oracle.rots(digest);
    file.write(Uint8Array.of((file.read(at, 1)[0] ?? 0) ^ 1), at, timeline.elapsedMs());
    file.sync()();
  };
  soon(100, 5_000, rot);
}

function objectsOn(disk: Disk): readonly (readonly [string, DiskFile])[] {
  return disk.safeNames(['data', 'studies']).flatMap((study) =>
    disk.safeNames(['data', 'studies', study]).flatMap((name) => {
      const digest = /^([0-9a-f]{64})\.dcm$/.exec(name)?.[1];
      const file = disk.safeFile(['data', 'studies', study, name]);
      return digest !== undefined && file?.isSynced() ? [[digest, file] as const] : [];
    }),
  );
}
