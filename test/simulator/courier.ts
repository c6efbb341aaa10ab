import { courierSpool, sourceOfSpool } from '#sync/adapters/courier-spool-folder.ts';
import { prepareStick, stickAt } from '#sync/adapters/courier-stick-folder.ts';
import { exportPacks } from '#sync/agent/courier-export.ts';
import { importPacks } from '#sync/agent/courier-import.ts';
import type { Disk } from './disk/disk.ts';
import { createMachineDisk, type MachineDisk, mount } from './disk/mount.ts';
import type { Life } from './life.ts';
import type { Timeline } from './timeline.ts';

/** A person with one stick, who carries it to and fro between a box and the center. */
export interface Courier {
  /** One half of the way: to the stick here, or from it there. Ends whatever the stick or the power does. */
  visit(life: Life, machine: MachineDisk): Promise<void>;
  /** The stick is pulled out of the machine that writes to it. */
  pull(): void;
}

/** `onCarried` hears which packs ride. */
export function createCourier(
  timeline: Timeline,
  onCarried: (packIds: readonly string[]) => void,
): Courier {
  const { chance } = timeline;
  const stick = createMachineDisk(timeline, ['stick']);
  const noProgress = { onProgress: () => undefined };

  async function visit(life: Life, machine: MachineDisk): Promise<void> {
    const [stickDir, root] = [`${mount(stick, life)}/stick`, mount(machine, life)];
    const ports = { stick: stickAt(stickDir), ...noProgress };
    const spool = courierSpool(`${root}/spool`);
    onCarried(packsOn(stick.disk));
    // What the other end wrote first, then what goes back.
    const taken = await importPacks({ ...ports, spool }, chance.is(0.5));
    if (!(await prepareStick(stickDir, undefined)).ok) return;
    const own = await spool.ownMailboxes();
    const written = await exportPacks(
      { ...ports, source: sourceOfSpool(`${root}/spool`) },
      {
        ...{ mailbox: undefined, lastClass: 3, limitBytes: chance.pick([100_000, 2 ** 30]) },
        ...{ isRelay: false, answerTo: own.ok ? own.value : [] },
      },
    );
    const [took, wrote] = [
      taken.ok ? taken.value.taken.length : 0,
      written.ok ? written.value.written.length : 0,
    ];
    timeline.note(`the courier at ${life.name}: took ${took}, wrote ${wrote}`);
  }

  /** Also those of an export that was interrupted. */
  function packsOn(disk: Disk): readonly string[] {
    const folder = disk.find(['stick', 'OUTPOST']);
    const names = folder?.kind === 'folder' ? [...folder.names.keys()] : [];
    return names.map((name) => name.replace(/\.spk$/, ''));
  }

  return {
    visit,
    pull() {
      stick.disk.powerCut(chance);
      if (chance.is(0.3)) spoil(stick.disk);
    },
  };

  /** Somebody has put the stick into another computer. */
  function spoil(disk: Disk): void {
    const folder = disk.find(['stick', 'OUTPOST']);
    if (folder?.kind !== 'folder') return;
    for (const [name, file] of folder.names) {
      if (file.kind !== 'file' || file.sizeBytes() === 0 || !chance.is(0.5)) continue;
      const at = chance.whole(0, file.sizeBytes() - 1);
      const bytes = file.read(at, 1);
      file.write(Uint8Array.of((bytes[0] ?? 0) ^ 1), at, timeline.elapsedMs());
      file.sync()();
      timeline.note(`the stick has a wrong byte in ${name.slice(0, 8)}`);
    }
  }
}
