import { type CodedPayload, codePayload, type Level } from '#sync/coding/payload.ts';
import type { Clock } from '#sync/core/clock.ts';
import { type CodingRates, chooseLevel } from './coding-level.ts';
import type { EstimatedPack } from './estimate.ts';

/** A range of an object as `codePayload` takes it, and whether the object ends with it. */
export interface EstimatedPiece {
  readonly range: Parameters<typeof codePayload>[0][number];
  readonly isLast: boolean;
}

export interface EstimatingRules {
  /** Payload at which a pack closes, bytes; as the box has it. */
  readonly targetBytes: number;
  readonly linkBytesPerS: number;
  /** Highest coding of the center. */
  readonly codingMax: number;
  /** One level for all, or undefined: as the box would choose. */
  readonly level: Level | undefined;
}

/** Packs the pieces of one study as the box does, and codes them to see what they come to. */
export interface StudyEstimating {
  add(piece: EstimatedPiece): void;
  /** The packs so far, the open one included. */
  end(): readonly EstimatedPack[];
}

/** `rates` are shared by all studies and learn from each pack. It takes as long as coding does. */
export function estimateStudy(
  study: Pick<EstimatedPack, 'studyInstanceUid' | 'modality'>,
  rules: EstimatingRules,
  rates: CodingRates,
  clock: Pick<Clock, 'monotonicMs'>,
): StudyEstimating {
  const packs: EstimatedPack[] = [];
  let pieces: EstimatedPiece[] = [];
  let plainBytes = 0;

  function close(): void {
    if (pieces.length === 0) return;
    const coded = codedOf(pieces.map(({ range }) => range));
    const instances = pieces.filter(({ isLast }) => isLast).length;
    packs.push({ ...study, instances, plainBytes, codedBytes: coded.payload.length });
    pieces = [];
    plainBytes = 0;
  }

  function codedOf(ranges: Parameters<typeof codePayload>[0]): CodedPayload {
    const { linkBytesPerS, codingMax } = rules;
    const ground = {
      codingMax,
      linkBytesPerS,
      linkDownS: 0,
      width: 1,
      queuedBytes: 0,
      hasMore: true,
      behindBytes: Number.POSITIVE_INFINITY,
      plainBytes,
    };
    const level = rules.level ?? chooseLevel(rates, ground);
    const startedMs = clock.monotonicMs();
    const coded = codePayload(ranges, level, codingMax);
    const tookMs = clock.monotonicMs() - startedMs;
    const { fallbacks, payload } = coded;
    rates.note({ level, plainBytes, codedBytes: payload.length, tookMs, fallbacks });
    return coded;
  }

  return {
    add: (piece) => {
      pieces.push(piece);
      plainBytes += piece.range.bytes.length;
      if (plainBytes >= rules.targetBytes || pieces.length >= 1_000) close();
    },
    end: () => {
      close();
      return packs;
    },
  };
}
