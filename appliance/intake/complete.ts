import type { Clock } from '#sync/core/clock.ts';

/** Knows of each study whether it is still arriving, by a clock that never goes back. */
export interface QuietTimes {
  /** An instance of the study came now; `modality` (0008,0060) tells how long a pause may be. */
  arrived(study: string, modality: string): void;
  /**
   * There is evidence that nothing more comes: the device made no more than what is here, asked for the safekeeping
   * of the whole exam, or a person says so. The study falls quiet after a short pause, unless more comes.
   */
  finished(study: string): void;
  /** True when nothing came for the quiet time: as far as anybody can tell, the study is complete. */
  isQuiet(study: string): boolean;
  /** Milliseconds until the next study falls quiet (0: one did), or undefined when all are. */
  nextQuietInMs(): number | undefined;
  /** The studies that fell quiet since the last call. */
  tellQuiet(): readonly string[];
}

/**
 * Modalities whose images are sent one by one while the patient is examined, with the positioning of the next view
 * between them; the others send a volume in one go behind the exam.
 */
const imageByImage = new Set('CR DX MG IO PX US IVUS XA RF ES EC XC GM SM OP SC'.split(' '));
const imageByImageFactor = 3;

/** The pause of a study that is finished by evidence: its last images may overtake the word of it. */
const settleMs = 2_000;

/**
 * Completeness (clinical rules: sending never waits for it): evidence and a short pause, or quiet alone. `quietMs` is
 * the quiet time of a modality that sends in one go. A study that the program has not seen arrive since its start is
 * quiet; the replay at start calls `arrived` for those that are not listed yet.
 */
export function createQuietTimes(clock: Pick<Clock, 'monotonicMs'>, quietMs: number): QuietTimes {
  const quietAtMs = new Map<string, number>();
  const leftMs = (atMs: number): number => Math.max(0, atMs - clock.monotonicMs());

  return {
    arrived: (study, modality) => {
      const factor = imageByImage.has(modality) ? imageByImageFactor : 1;
      quietAtMs.set(study, clock.monotonicMs() + quietMs * factor);
    },
    finished: (study) => {
      const atMs = quietAtMs.get(study);
      const soonMs = clock.monotonicMs() + Math.min(settleMs, quietMs);
      if (atMs !== undefined) quietAtMs.set(study, Math.min(atMs, soonMs));
    },
    isQuiet: (study) => {
      const atMs = quietAtMs.get(study);
      return atMs === undefined || leftMs(atMs) === 0;
    },
    nextQuietInMs: () => {
      const next = Math.min(...quietAtMs.values());
      return quietAtMs.size === 0 ? undefined : leftMs(next);
    },
    tellQuiet: () => {
      const quiet = [...quietAtMs].filter(([, atMs]) => leftMs(atMs) === 0);
      for (const [study] of quiet) quietAtMs.delete(study);
      return quiet.map(([study]) => study);
    },
  };
}
