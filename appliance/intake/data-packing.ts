import { isLower, type Level } from '#sync/coding/payload.ts';
import type { Clock } from '#sync/core/clock.ts';
import type { Log } from '#sync/core/log.ts';
import type { Result } from '#sync/core/result.ts';
import type { Center } from '../ports-pairing.ts';
import type {
  CodingReport,
  SealedPack,
  Sealer,
  SealFault,
  SealJob,
  SealPart,
} from '../ports-sealing.ts';
import type { PendingInstance } from '../ports-waiting.ts';
import { type CodingGround, type CodingRates, chooseLevel } from './coding-level.ts';
import type { PackPlan } from './enqueue.ts';
import { factOf, type KeptFact, type PackedStudy } from './packed-study.ts';
import type { PackReader } from './reading.ts';
import type { Recorder } from './recorder.ts';

export interface DataPackingPorts {
  readonly recorder: Recorder;
  readonly reader: PackReader;
  readonly sealer: Pick<Sealer, 'width'>;
  readonly codingRates: CodingRates;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
}

/** Where a pack stands between those before it and those behind it. */
export type PackPlace = Pick<CodingGround, 'queuedBytes' | 'hasMore' | 'behindBytes'>;

/** What is known of the link while a turn of sealing lasts. */
export interface LinkOutlook {
  /** Sealed bytes a second; 0 while nobody knows. */
  readonly bytesPerS: number;
  /** Seconds since the relay was last heard; 0 while the link is up. */
  readonly downS: number;
}

/** Seals one data pack; undefined when its instances were set apart, or when it is to be tried again later. */
export type DataPacking = (
  study: PackedStudy,
  plan: PackPlan,
  place: PackPlace,
) => Promise<(SealedPack & { readonly fact: KeptFact }) | undefined>;

type Seal = (
  fact: KeptFact,
  parts: readonly SealPart[],
  letter: SealJob['letter'],
) => Promise<Result<SealedPack, SealFault>>;

/** What a pack is coded in when its worker died over it: the codec that never did, then none. */
const safeLevels = ['fast zstd', 'raw'] as const;

/** Reads, codes and seals what a plan holds, at the level that the link and this box make the best. */
export function createDataPacking(
  ports: DataPackingPorts,
  center: Center,
  link: LinkOutlook,
  seal: Seal,
): DataPacking {
  /** Never sent as good: a damaged instance leaves the queue until the same bytes come again. */
  async function setApart(instances: readonly PendingInstance[]): Promise<void> {
    if (instances.length === 0) return;
    ports.log.error('appliance/damaged', { instances: instances.length });
    const atMs = ports.clock.nowMs();
    await ports.recorder.record(
      instances.map(({ sopInstanceUid, datasetSha256, segment, recordOffset }) => ({
        fact: 'damaged',
        atMs,
        sopInstanceUid,
        datasetSha256,
        segment,
        recordOffset,
      })),
    );
  }

  /** A worker that dies or takes too long over a pack costs its coding, never the pack. */
  async function sealData(study: PackedStudy, plan: PackPlan, place: PackPlace) {
    const fact: KeptFact = { ...factOf(study, 'data'), pieces: plan.pieces.map(pieceOf) };
    const chosen = levelOf(study, plan, place);
    for (const level of [chosen, ...safeLevels.filter((safe) => isLower(safe, chosen))]) {
      const read = await ports.reader.read(plan);
      await setApart(read.damaged);
      if (read.damaged.length > 0) return undefined;
      const { codingMax } = center.keyList;
      const sealed = await seal(fact, read.parts, { study: study.study, level, codingMax });
      if (sealed.ok) {
        noteCoding(sealed.value.coding);
        return { ...sealed.value, fact };
      }
      if (sealed.fault.kind !== 'seal/worker') return giveUp(plan, sealed.fault);
      ports.log.warn('appliance/coding-gave-up', { level });
    }
    return undefined;
  }

  async function giveUp(plan: PackPlan, fault: SealFault): Promise<undefined> {
    const bad = new Set(fault.damaged?.map((key) => key.datasetSha256));
    const all = plan.pieces.map(({ instance }) => instance);
    await setApart(all.filter(({ datasetSha256 }) => bad.has(datasetSha256)));
    return undefined;
  }

  function levelOf(study: PackedStudy, { sizeBytes }: PackPlan, place: PackPlace): Level {
    return chooseLevel(ports.codingRates, {
      codingMax: center.keyList.codingMax,
      linkBytesPerS: link.bytesPerS,
      // STAT may be awaited the moment the link is back.
      linkDownS: study.class === 0 ? 0 : link.downS,
      width: ports.sealer.width,
      ...place,
      plainBytes: sizeBytes,
    });
  }

  function noteCoding(report: CodingReport | undefined): void {
    if (!report) return;
    ports.codingRates.note(report);
    for (const { coding, reason } of report.fallbacks) {
      ports.log.error('appliance/coding-fallback', { coding, reason });
    }
  }

  return sealData;
}

function pieceOf(piece: PackPlan['pieces'][number]): [string, string, number, number] {
  const { sopInstanceUid, datasetSha256 } = piece.instance;
  return [sopInstanceUid, datasetSha256, piece.from, piece.to];
}
