import type { Database } from '#sync/core/database.ts';
import type { Random } from '#sync/core/random.ts';
import type { PackStore, PartKey } from '#sync/relay/ports.ts';
import { seededBytes } from '../support/pack-bytes.ts';
import { createMemoryPackStore } from '../support/relay-memory.ts';
import type { Life } from './life.ts';
import type { RelayDoor } from './network.ts';
import { newDatabase, startRelay } from './programs.ts';
import type { Timeline } from './timeline.ts';

/** The relay's machine: what is on its disk, and what of it a power cut takes. */
export interface RelayStation {
  readonly door: RelayDoor;
  holds(packId: string): boolean;
  isEmpty(): boolean;
  run(life: Life, random: Random, onBroken: () => void): Promise<void>;
  onCrash(): void;
}

/** With `isUnsynced` (a planted bug) a pack is safe only some seconds after the relay signed for it. */
export function createRelayStation(timeline: Timeline, isUnsynced: boolean): RelayStation {
  const { chance } = timeline;
  const door: RelayDoor = { handler: undefined };
  const keptAtMs = new Map<string, number>();
  const parts = new Map<string, PartKey>();
  const memory = createMemoryPackStore();
  let database: Database = newDatabase('relay');
  const store: PackStore = {
    ...memory,
    writePart: (key, offset, bytes) => {
      parts.set(`${key.handle} ${key.packId}`, key);
      return memory.writePart(key, offset, bytes);
    },
    finishPart: async (key, sizeBytes) => {
      const kept = await memory.finishPart(key, sizeBytes);
      if (kept.ok && kept.value) keptAtMs.set(key.packId, timeline.elapsedMs());
      return kept;
    },
    removePack: (packId) => {
      keptAtMs.delete(packId);
      return memory.removePack(packId);
    },
  };

  /** Nothing of a part was synced: its end may be missing, or hold what lay on the disk before. */
  async function tear(key: PartKey): Promise<void> {
    const head = await memory.readPartHead(key, 2 ** 24);
    if (!head.ok || head.value.length === 0) return;
    const kept = chance.whole(0, head.value.length);
    const torn = chance.is(0.5) ? head.value.slice(0, kept) : head.value;
    if (chance.is(0.5)) torn.set(seededBytes('stale', Math.min(512, torn.length - kept)), kept);
    await memory.writePart(key, 0, torn);
  }

  return {
    door,
    holds: (packId) => keptAtMs.has(packId),
    isEmpty: () => keptAtMs.size === 0,
    run: async (life, random, onBroken) => {
      await startRelay(life, { store, database }, door, random, onBroken);
      await new Promise(() => undefined);
    },
    onCrash() {
      door.handler = undefined;
      for (const key of parts.values()) if (chance.is(0.3)) void tear(key);
      for (const [packId, atMs] of keptAtMs) {
        if (!isUnsynced || timeline.elapsedMs() - atMs > 5_000) continue;
        void store.removePack(packId as PartKey['packId']);
      }
      if (!chance.is(0.1)) return;
      timeline.note('relay: its database is lost');
      database = newDatabase('relay');
    },
  };
}
