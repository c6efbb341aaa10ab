import { openPackStore } from '#sync/adapters/pack-store-folder.ts';
import { openRelayIndex, relaySchema } from '#sync/adapters/relay-index-libsql.ts';
import { silentLog } from '#sync/core/log.ts';
import type { Random } from '#sync/core/random.ts';
import { expectOk } from '#sync/core/result.ts';
import { createRelayApp } from '#sync/relay/app.ts';
import { createRelay } from '#sync/relay/relay.ts';
import { isSafe } from './agent-station.ts';
import { openDatabase } from './database.ts';
import { type MachineDisk, mount } from './disk/mount.ts';
import { relayKeys } from './keys.ts';
import type { Life } from './life.ts';
import type { RelayDoor } from './network.ts';
import type { Timeline } from './timeline.ts';

/** The relay's machine. */
export interface RelayStation {
  readonly machine: MachineDisk;
  readonly door: RelayDoor;
  /** Whether a pack is on its disk whatever happens to the power. */
  holds(packId: string): boolean;
  isEmpty(): boolean;
  run(life: Life, random: Random, onBroken: () => void): Promise<void>;
  onCrash(): void;
}

export function createRelayStation(timeline: Timeline, machine: MachineDisk): RelayStation {
  const door: RelayDoor = { handler: undefined };
  let database = openDatabase(relaySchema);

  return {
    machine,
    door,
    holds: (packId) =>
      isSafe(machine.disk.safeFile(['relay', 'packs', packId.slice(0, 2), `${packId}.spk`])),
    isEmpty() {
      const packs = machine.disk.find(['relay', 'packs']);
      if (packs?.kind !== 'folder') return true;
      const shelves = [...packs.names.values()];
      return shelves.every((shelf) => shelf.kind === 'folder' && shelf.names.size === 0);
    },
    /** Wired as `sync/relay-main.ts` does. */
    async run(life, random, onBroken) {
      const store = await openPackStore(`${mount(machine, life)}/relay`);
      const index = expectOk(await openRelayIndex(life.database(database), random));
      const ports = { store, index, clock: life.clock, random, log: silentLog };
      const relay = await createRelay(ports, { ...relayKeys, reserveBytes: 2 ** 20 });
      const stop = life.signal;
      const app = createRelayApp({ ...ports, relay, stop, onBroken });
      door.handler = async (request) => app.fetch(request);
      await new Promise(() => undefined);
    },
    onCrash() {
      door.handler = undefined;
      if (!timeline.chance.is(0.1)) return;
      timeline.note('relay: its database is lost');
      database = openDatabase(relaySchema);
    },
  };
}
