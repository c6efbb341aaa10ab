/** Memory of a program at one look. */
export interface MemorySample {
  /** Seconds since the start of the soak. */
  readonly atS: number;
  readonly rssMB: number;
}

/** One run of a program, from its start to its end. */
export interface MemoryRun {
  readonly samples: readonly MemorySample[];
}

/** A program fills its caches first; what comes later must not grow. */
const warmUpS = 90;

/**
 * How fast the memory of a program grew, MB an hour: the line of least squares through all its runs at once, each
 * from its own level, without the first minute and a half of each. NaN when no run was long enough.
 */
export function memorySlope(runs: readonly MemoryRun[]): number {
  let [sumTT, sumTM] = [0, 0];
  for (const { samples } of runs) {
    const startS = samples[0]?.atS ?? 0;
    const late = samples.filter(({ atS }) => atS - startS >= warmUpS);
    const meanS = mean(late.map(({ atS }) => atS));
    const meanMB = mean(late.map(({ rssMB }) => rssMB));
    for (const { atS, rssMB } of late) {
      sumTT += (atS - meanS) ** 2;
      sumTM += (atS - meanS) * (rssMB - meanMB);
    }
  }
  return sumTT === 0 ? Number.NaN : (sumTM / sumTT) * 3_600;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
