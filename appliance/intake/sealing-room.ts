import type { Clock } from '#sync/core/clock.ts';
import type { SealingStudy } from '../ports-waiting.ts';
import type { Packed } from './packing.ts';
import type { SealingWindow } from './sealing-window.ts';

/**
 * Sealed bytes and milliseconds after which a turn ends, so that what became STAT meanwhile changes lanes, and arrivals
 * of the other way never wait for more than this and the packs that are being coded.
 */
const turnBytes = 64 * 1024 * 1024;
const turnMs = 500;

type SendingClass = SealingStudy['class'];

/** How much may still be sealed in one turn, and whether the spool still takes anything. */
export interface SealingRoom {
  /** Counts what was sealed of a class; false when the spool took nothing. */
  took(packed: Packed, of: SendingClass): boolean;
  /** Bytes; of STAT, or of all others. Below zero: too much is there. */
  leftBytes(of: SendingClass): number;
  sealedBytes(): number;
  /** What the link carries before the next pack of a class: STAT overtakes all others. */
  queuedBytes(of: SendingClass): number;
  /** A turn that sealed nothing yet is never late: one pack that fails slowly must not starve those behind it. */
  isLate(): boolean;
  /** The kind of the fault by which the spool, or the log of facts, refused; undefined while they take. */
  refusal(): string | undefined;
}

/** The room of a turn that begins now. */
export function createSealingRoom(
  window: Pick<SealingWindow, 'statBytes' | 'bytes' | 'openStatBytes' | 'openBytes'>,
  clock: Pick<Clock, 'monotonicMs'>,
): SealingRoom {
  const startedMs = clock.monotonicMs();
  let statBytes = 0;
  let otherBytes = 0;
  let refusal: string | undefined;
  const sealedBytes = (): number => statBytes + otherBytes;
  return {
    took: (packed, of) => {
      if (!packed.ok) refusal = packed.fault.kind;
      else if (of === 0) statBytes += packed.value;
      else otherBytes += packed.value;
      return packed.ok;
    },
    leftBytes: (of) => (of === 0 ? window.statBytes - statBytes : window.bytes - sealedBytes()),
    sealedBytes,
    queuedBytes: (of) =>
      of === 0 ? window.openStatBytes + statBytes : window.openBytes + sealedBytes(),
    isLate: () =>
      sealedBytes() >= turnBytes ||
      (sealedBytes() > 0 && clock.monotonicMs() - startedMs >= turnMs),
    refusal: () => refusal,
  };
}
