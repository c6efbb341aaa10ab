import { createCatalog } from '#appliance/adapters/catalog-libsql.ts';
import { catalogMigrations } from '#appliance/adapters/catalog-schema.ts';
import type { Recorder } from '#appliance/intake/recorder.ts';
import type { Catalog } from '#appliance/ports-catalog.ts';
import type { FactLog } from '#appliance/ports-facts.ts';
import type { Sealer } from '#appliance/ports-sealing.ts';
import type { InstanceStore } from '#appliance/ports-store.ts';
import type { BoxFact } from '#appliance/store/facts.ts';
import { utf8 } from '#sync/core/bytes.ts';
import { fault } from '#sync/core/fault.ts';
import type { Random } from '#sync/core/random.ts';
import { fail } from '#sync/core/result.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import type { SyntheticInstance } from '../support/synthetic-ct.ts';
import { isSafe } from './agent-station.ts';
import { runBox } from './box.ts';
import type { Bug } from './bugs.ts';
import {
  boxSpoolWith,
  catalogDatabaseWith,
  catalogWith,
  keeperWith,
  sealerWith,
} from './bugs-box.ts';
import type { Climate } from './climate.ts';
import { openDatabase } from './database.ts';
import { type MachineDisk, putFromOutside } from './disk/mount.ts';
import { type BoxKeys, boxKeys } from './keys.ts';
import type { Life } from './life.ts';
import { bufferOf } from './markers.ts';
import { type BoxDoor, statOrderOf } from './modality.ts';
import type { Oracle } from './oracle.ts';
import type { Timeline } from './timeline.ts';

/** The box of one clinic. */
export interface BoxStation {
  readonly name: string;
  readonly keys: BoxKeys;
  readonly machine: MachineDisk;
  readonly door: BoxDoor;
  /** Whether the bytes of a dataset are on its disk whatever happens to the power. */
  holds(instance: SyntheticInstance): boolean;
  /** Sealed bytes that may wait in its spool: what the config says, and what was under way when it was reached. */
  readonly mostAheadBytes: number;
  /** Letters from the center that are settled: kept, or refused with a reason. */
  hasSettled(packId: string): boolean;
  hasReport(digest: string): boolean;
  /** Instances by digest with their state in the catalog. */
  states(): Promise<ReadonlyMap<string, string>>;
  /** Grows whenever it may have ceased to hold something. */
  losses(): number;
  run(life: Life, random: Random, onBroken: () => void): Promise<void>;
  onCrash(): void;
  /** An order makes the study of this instance STAT; false while the box cannot be told. */
  makeStat(instance: SyntheticInstance): Promise<boolean>;
}

/** Without a receipt of the center for so long a study may be sent again (`confirmAfterS`; a day by default). */
const confirmAfterMs = 10 * 60_000;

export function createBoxStation(
  name: string,
  timeline: Timeline,
  machine: MachineDisk,
  oracle: () => Oracle,
  climate: Pick<Climate, 'housekeeping'>,
  bug: Bug | undefined,
): BoxStation {
  const { chance } = timeline;
  const { disk } = machine;
  const keys = boxKeys(name);
  const door: BoxDoor = { scp: undefined };
  const packTargetBytes = chance.pick([16_384, 131_072, 1_048_576]);
  const sealAheadBytes = chance.pick([65_536, 524_288, 2 ** 30]);
  const housekeeping = climate.housekeeping
    ? {
        keeper: {
          ...{ archiveOfRecord: 'center' as const, keepMs: chance.pick([0, 5_000, 20_000]) },
          everyMs: chance.pick([1_000, 5_000]),
        },
        segmentSizeBytes: chance.pick([20_000, 100_000, 1_000_000]),
      }
    : undefined;
  let recorder: Recorder | undefined;
  const purged = new Set<string>();
  const sealed = new Map<string, readonly string[]>();
  /** Where an instance was last found on the disk, and the losses of the disk at that time. */
  const found = new Map<string, { segment: string; at: number; losses: number }>();
  let hasLostCatalog = false;
  putFromOutside(machine, ['data', 'peers', 'center.json'], utf8(JSON.stringify(keys.peer)));
  let catalog = openDatabase(catalogMigrations);

  /** Where no housekeeping runs a purge follows the receipt at once: retention time is a kindness, not a safety. */
  function purgeable(fact: BoxFact): readonly string[] {
    if (fact.fact === 'sealed') {
      sealed.set(
        fact.packId,
        (fact.pieces ?? []).map(([, digest]) => digest),
      );
    }
    if (fact.fact === 'delivered' && !climate.housekeeping) {
      return fact.instances.map(([digest]) => digest);
    }
    if (bug !== 'custody taken for delivery' || fact.fact !== 'custody') return [];
    return sealed.get(fact.packId) ?? [];
  }

  function onFact(fact: BoxFact): void {
    oracle().boxFact(fact);
    if (fact.fact === 'purged') timeline.note(`${name}: purges ${fact.instances.length} instances`);
    if (fact.fact === 'reclaimed') timeline.note(`${name}: gives ${fact.segment} back`);
    for (const digest of purgeable(fact)) {
      timeline.after(chance.between(100, 20_000), () => {
        if (!hasLostCatalog) purged.add(digest);
      });
    }
  }

  const storeWith = (store: InstanceStore): InstanceStore => ({
    ...store,
    read: async (record, offset, length) =>
      'datasetSha256' in record && purged.has(String(record.datasetSha256))
        ? fail(fault('store/damaged', 'It was purged', 'Send it again', 'never'))
        : store.read(record, offset, length),
  });
  const factsWith = (facts: FactLog): FactLog => ({
    ...facts,
    append: async (added) => {
      // It may be on the disk before the program hears so, and be killed before it does.
      added.forEach(oracle().boxWrites);
      const kept = await facts.append(added);
      if (kept.ok) added.forEach(onFact);
      return kept;
    },
  });

  const segmentOf = (name: string): Buffer | undefined => {
    const bytes = disk.safeFile(['data', 'segments', name])?.syncedBytes();
    return bytes && bufferOf(bytes);
  };

  /** It is looked for where it was, and only then everywhere. */
  function isOnDisk({ part10, fileHeaderSizeBytes, datasetSha256 }: SyntheticInstance): boolean {
    const dataset = bufferOf(part10.subarray(fileHeaderSizeBytes));
    const losses = disk.losses();
    const before = found.get(datasetSha256);
    const there = before && segmentOf(before.segment);
    if (there?.subarray(before?.at, (before?.at ?? 0) + dataset.length).equals(dataset)) {
      if (before !== undefined) before.losses = losses;
      return true;
    }
    for (const segment of disk.safeNames(['data', 'segments'])) {
      const at = segmentOf(segment)?.indexOf(dataset) ?? -1;
      if (at < 0) continue;
      found.set(datasetSha256, { segment, at, losses });
      return true;
    }
    return false;
  }

  return {
    name,
    keys,
    machine,
    door,
    holds(instance) {
      const { datasetSha256 } = instance;
      if (purged.has(datasetSha256)) return false;
      return found.get(datasetSha256)?.losses === disk.losses() || isOnDisk(instance);
    },
    losses: () => disk.losses() + purged.size,
    mostAheadBytes: sealAheadBytes + 2 * packTargetBytes + 1_000_000,
    async makeStat({ attributes }) {
      const order = statOrderOf(attributes, name);
      const told = await recorder?.record([{ fact: 'order', atMs: 0, order }]);
      return told?.ok === true;
    },
    hasSettled: (packId) =>
      isSafe(disk.safeFile(['data', 'letters', `${packId}.spk`])) ||
      isSafe(disk.safeFile(['data', 'quarantine', `${packId}.txt`])),
    hasReport: (digest) => isSafe(disk.safeFile(['data', 'reports', digest])),
    states: async () => {
      const rows = await createCatalog(catalog).instances();
      return new Map(rows.map(({ datasetSha256, state }) => [datasetSha256, state]));
    },
    run: (life, random, onBroken) => {
      const parts = {
        ...{
          machine,
          catalog: catalogDatabaseWith(bug, catalog),
          packTargetBytes,
          confirmAfterMs: bug === 'custody believed' ? Number.MAX_SAFE_INTEGER : confirmAfterMs,
          storeWith,
          factsWith,
          housekeeping,
        },
        own: keys.own,
        sealAheadBytes: bug === 'sealed without bound' ? 2 ** 30 : sealAheadBytes,
        sealerWith: (sealer: Sealer) => sealerWith(bug, sealer),
        spoolWith: (spool: ClinicalSpool) => boxSpoolWith(bug, spool),
        catalogWith: (own: Catalog) => catalogWith(bug, own),
        keeperWith: (ports: Parameters<typeof keeperWith>[1]) => keeperWith(bug, ports),
      };
      const onOpen = (scp: BoxDoor['scp'], open: Recorder): void => {
        door.scp = scp;
        recorder = open;
      };
      return runBox(life, parts, random, onOpen, onBroken);
    },
    onCrash() {
      door.scp = undefined;
      recorder = undefined;
      // One or the other: without the bytes nothing on the disk names the patient, and a new catalog refuses reports.
      if (!chance.is(0.1) || purged.size > 0) return;
      hasLostCatalog = true;
      timeline.note(`${name}: its catalog is lost`);
      catalog = openDatabase(catalogMigrations);
    },
  };
}
