/** A program at one look. */
export interface MemorySample {
  /** Seconds since the start of the soak. */
  readonly atS: number;
  readonly rssMB: number;
  readonly openFiles: number;
}

/** One run of a program, from its start to its end. */
export interface MemoryRun {
  readonly samples: readonly MemorySample[];
}

/** How a run fared from its fifth minute on. */
export interface MemoryTrend {
  /** The least in the minute that begins after so long, and in the last one. */
  readonly fromMB: number;
  readonly toMB: number;
  /** The line of least squares through the least of each minute. */
  readonly growthMBPerHour: number;
  /** What that line says of the time that was looked at. */
  readonly growthMB: number;
  readonly fromFiles: number;
  readonly toFiles: number;
}

/** A program fills its caches and compiles what it runs often first; what comes later must not grow. */
const warmUpS = 300;
/** A shorter run tells nothing: a line through few minutes follows the load and not the memory. */
const leastRunS = 600;
const windowS = 60;

/**
 * The trend of a run that lived for ten minutes; undefined of a shorter one. The least of each minute is taken, since
 * what is above it is garbage that was not collected yet.
 */
export function trendOf({ samples }: MemoryRun): MemoryTrend | undefined {
  const startS = samples[0]?.atS ?? 0;
  if ((samples.at(-1)?.atS ?? 0) - startS < leastRunS) return undefined;
  const minutes = minutesOf(samples, startS + warmUpS);
  const [first, last] = [minutes[0], minutes.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const perS = slopeOf(minutes.map(({ atS, rssMB }) => [atS, rssMB]));
  return {
    ...{ fromMB: first.rssMB, toMB: last.rssMB },
    ...{ growthMBPerHour: perS * 3_600, growthMB: perS * (last.atS - first.atS) },
    ...{ fromFiles: first.openFiles, toFiles: last.openFiles },
  };
}

/** The least memory and the fewest files of each whole minute from `fromS` on. */
function minutesOf(samples: readonly MemorySample[], fromS: number): readonly MemorySample[] {
  const minutes: MemorySample[] = [];
  const endS = samples.at(-1)?.atS ?? 0;
  for (let atS = fromS; atS + windowS <= endS + 1; atS += windowS) {
    const within = samples.filter((sample) => sample.atS >= atS && sample.atS < atS + windowS);
    if (within.length === 0) continue;
    minutes.push({
      atS,
      rssMB: Math.min(...within.map(({ rssMB }) => rssMB)),
      openFiles: Math.min(...within.map(({ openFiles }) => openFiles)),
    });
  }
  return minutes;
}

/** Of the line of least squares. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  let [sumXX, sumXY] = [0, 0];
  for (const [x, y] of points) {
    sumXX += (x - meanX) ** 2;
    sumXY += (x - meanX) * (y - meanY);
  }
  return sumXX === 0 ? 0 : sumXY / sumXX;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
