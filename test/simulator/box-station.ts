import { createCatalog } from '#appliance/adapters/catalog-libsql.ts';
import type { LetterFact } from '#appliance/store/facts.ts';
import type { Random } from '#sync/core/random.ts';
import { shake } from '../sync/seal/shake-random.ts';
import { type AgentStation, createAgentStation } from './agent-station.ts';
import { type BoxParts, newCatalog, runBox } from './box.ts';
import { createBoxDisk, isHeld, purge } from './box-disk.ts';
import type { Bug } from './bugs.ts';
import { type BoxKeys, boxKeys } from './keys.ts';
import type { Life } from './life.ts';
import type { BoxDoor } from './modality.ts';
import type { Oracle } from './oracle.ts';
import type { Timeline } from './timeline.ts';

/** One clinic: the machine with box and agent on it. */
export interface BoxStation {
  readonly name: string;
  readonly keys: BoxKeys;
  readonly agent: AgentStation;
  readonly door: BoxDoor;
  holds(digest: string): boolean;
  /** Letters from the center that are settled: kept, or refused with a reason. */
  hasSettled(packId: string): boolean;
  hasReport(digest: string): boolean;
  /** Instances by digest with their state in the catalog. */
  states(): Promise<ReadonlyMap<string, string>>;
  run(life: Life, random: Random, onBroken: () => void): Promise<void>;
  onCrash(): void;
}

export function createBoxStation(
  name: string,
  timeline: Timeline,
  oracle: () => Oracle,
  bug: Bug | undefined,
): BoxStation {
  const { chance } = timeline;
  const keys = boxKeys(name);
  const agent = createAgentStation(timeline);
  const disk = createBoxDisk();
  const door: BoxDoor = { scp: undefined };
  let hasPurged = false;
  let hasLostCatalog = false;
  const parts: BoxParts & { catalog: BoxParts['catalog'] } = {
    disk,
    catalog: newCatalog(),
    sequence: 0n,
    stream: shake(`simulator/${name} stream`, 16),
    spool: agent.spool.clinical,
    pairing: keys.pairing,
    isHasty: bug === 'success before durable',
    packTargetBytes: chance.pick([16_384, 131_072, 1_048_576]),
    onFact: (fact) => {
      oracle().boxFact(fact);
      for (const digest of purgeable(fact)) {
        timeline.after(chance.between(100, 20_000), () => {
          if (!hasLostCatalog) purge(disk, digest);
          hasPurged ||= !hasLostCatalog;
        });
      }
    },
  };

  /** A purge follows the receipt of the center at once: the retention time is a kindness, not a safety. */
  function purgeable(fact: LetterFact): readonly string[] {
    if (fact.fact === 'delivered') return fact.instances.map(([digest]) => digest);
    if (bug !== 'custody taken for delivery' || fact.fact !== 'custody') return [];
    return disk.facts.flatMap((sealed) =>
      sealed.fact === 'sealed' && sealed.packId === fact.packId
        ? (sealed.pieces ?? []).map(([, digest]) => digest)
        : [],
    );
  }

  return {
    name,
    keys,
    agent,
    door,
    holds: (digest) => isHeld(disk, digest),
    hasSettled: (packId) => disk.letters.has(packId),
    hasReport: (digest) => disk.documents.has(digest),
    states: async () => {
      const rows = await createCatalog(parts.catalog).instances();
      return new Map(rows.map(({ datasetSha256, state }) => [datasetSha256, state]));
    },
    run: (life, random, onBroken) =>
      runBox(
        life,
        parts,
        random,
        (scp) => {
          door.scp = scp;
        },
        onBroken,
      ),
    onCrash() {
      door.scp = undefined;
      // One or the other: without the bytes nothing on the disk names the patient, and a new catalog refuses reports.
      if (!chance.is(0.1) || hasPurged) return;
      hasLostCatalog = true;
      timeline.note(`${name}: its catalog is lost`);
      parts.catalog = newCatalog();
    },
  };
}
