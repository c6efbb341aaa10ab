import { openPackStore } from '#sync/adapters/pack-store-folder.ts';
import { openRelayIndex, relaySchema } from '#sync/adapters/relay-index-libsql.ts';
import { silentLog } from '#sync/core/log.ts';
import type { Random } from '#sync/core/random.ts';
import { createRelayApp } from '#sync/relay/app.ts';
import { createRelay } from '#sync/relay/relay.ts';
import { isSafe } from './agent-station.ts';
import { backUp } from './backup.ts';
import type { Bug } from './bugs.ts';
import { handlerWith, storeWith } from './bugs-way.ts';
import { openDatabase } from './database.ts';
import type { Folder } from './disk/disk.ts';
import { type MachineDisk, mount } from './disk/mount.ts';
import { relayKeys } from './keys.ts';
import type { Life } from './life.ts';
import { leakIn } from './markers.ts';
import type { RelayDoor } from './relay-door.ts';
import type { Timeline } from './timeline.ts';

/** The relay's machine. */
export interface RelayStation {
  readonly machine: MachineDisk;
  readonly door: RelayDoor;
  /** Whether a pack is on its disk whatever happens to the power. */
  holds(packId: string): boolean;
  /** Whether it is there as programs see it. */
  has(packId: string): boolean;
  isEmpty(): boolean;
  /** Bytes on its disk that are in the clear; undefined: none. */
  leak(): string | undefined;
  /** Loses some of the packs that it signed for. */
  forget(): readonly string[];
  /** Takes a backup; what is answered puts it in place of all, with the relay off, and names the packs that are gone. */
  backUp(): () => readonly string[];
  run(life: Life, random: Random, onBroken: () => void): Promise<void>;
  /** True when its database goes with it. */
  onCrash(): boolean;
}

export function createRelayStation(
  timeline: Timeline,
  machine: MachineDisk,
  bug: Bug | undefined,
): RelayStation {
  const door: RelayDoor = { handler: undefined };
  let database = openDatabase(relaySchema);

  /** Ids of the packs on its disk, with the folder of each. */
  function packs(): ReadonlyMap<string, Folder> {
    const root = machine.disk.find(['relay', 'packs']);
    const shelves = root?.kind === 'folder' ? [...root.names.values()] : [];
    return new Map(
      shelves.flatMap((shelf) =>
        shelf.kind === 'folder'
          ? [...shelf.names.keys()].map((name) => [name.replace(/\.spk$/, ''), shelf] as const)
          : [],
      ),
    );
  }

  return {
    machine,
    door,
    holds: (packId) =>
      isSafe(machine.disk.safeFile(['relay', 'packs', packId.slice(0, 2), `${packId}.spk`])),
    has: (packId) => packs().has(packId),
    isEmpty: () => packs().size === 0,
    leak: () => leakOn(machine.disk.root),
    forget() {
      const lost = [...packs()].filter(() => timeline.chance.is(0.7));
      for (const [packId, folder] of lost) {
        machine.disk.change([{ folder, name: `${packId}.spk`, entry: undefined }]);
        machine.disk.syncFolder(folder)();
      }
      return lost.map(([packId]) => packId);
    },
    backUp() {
      const restore = backUp(machine.disk, 'relay');
      const rows = database.copy();
      return () => {
        const before = packs();
        restore();
        database = rows.copy();
        const after = packs();
        return [...before.keys()].filter((packId) => !after.has(packId));
      };
    },
    /** Wired as `sync/relay-main.ts` does. */
    async run(life, random, onBroken) {
      const store = storeWith(bug, await openPackStore(`${mount(machine, life)}/relay`));
      const index = openRelayIndex(life.database(database), random);
      const ports = { store, index, clock: life.clock, random, log: silentLog };
      const relay = await createRelay(ports, { ...relayKeys, reserveBytes: 2 ** 20 });
      const stop = life.signal;
      const app = createRelayApp({ ...ports, relay, stop, onBroken });
      door.handler = handlerWith(bug, async (request) => app.fetch(request));
      await new Promise(() => undefined);
    },
    onCrash() {
      door.handler = undefined;
      if (!timeline.chance.is(0.1)) return false;
      timeline.note('relay: its database is lost');
      database = openDatabase(relaySchema);
      return true;
    },
  };
}

/** What the files below a folder, or their names, give away. */
export function leakOn(folder: Folder): string | undefined {
  for (const [name, entry] of folder.names) {
    const content =
      entry.kind === 'file' ? leakIn(entry.read(0, entry.sizeBytes())) : leakOn(entry);
    const leak = leakIn(name) ?? content;
    if (leak !== undefined) return leak;
  }
  return undefined;
}
