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
  /** The least of the first and of the last part of the time. */
  readonly fromMB: number;
  readonly toMB: number;
  /** The lesser of two lines of least squares, through the least of each part of the first half and of the second. */
  readonly growthMBPerHour: number;
  /** What that line says of the whole time that was looked at. */
  readonly growthMB: number;
  readonly fromFiles: number;
  readonly toFiles: number;
}

/** A program fills its caches and compiles what it runs often first; what comes later must not grow. */
const warmUpS = 300;
/** A shorter run tells nothing: a line through few minutes follows the load and not the memory. */
const leastRunS = 600;
const parts = 6;

/**
 * The trend of a run that lived for ten minutes; undefined of a shorter one. The time after the warm-up is cut into six
 * parts and the least of each is taken, since what is above it is work under way, or garbage that was not collected yet.
 * A leak grows in both halves; what rises once and stays is the mark of the highest tide so far.
 */
export function trendOf({ samples }: MemoryRun): MemoryTrend | undefined {
  const startS = samples[0]?.atS ?? 0;
  if ((samples.at(-1)?.atS ?? 0) - startS < leastRunS) return undefined;
  const least = leastOf(samples, startS + warmUpS);
  const [first, last] = [least[0], least.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const points = least.map(({ atS, rssMB }) => [atS, rssMB] as const);
  const perS = Math.min(slopeOf(points.slice(0, parts / 2)), slopeOf(points.slice(parts / 2)));
  const lookedAtS = (samples.at(-1)?.atS ?? 0) - startS - warmUpS;
  return {
    ...{ fromMB: first.rssMB, toMB: last.rssMB },
    ...{ growthMBPerHour: perS * 3_600, growthMB: perS * lookedAtS },
    ...{ fromFiles: first.openFiles, toFiles: last.openFiles },
  };
}

/** The least memory and the fewest files of each part of the time from `fromS` on. */
function leastOf(samples: readonly MemorySample[], fromS: number): readonly MemorySample[] {
  const partS = ((samples.at(-1)?.atS ?? 0) - fromS) / parts;
  return Array.from({ length: parts }, (_, index) => {
    const atS = fromS + index * partS;
    const within = samples.filter((sample) => sample.atS >= atS && sample.atS <= atS + partS);
    return {
      atS,
      rssMB: Math.min(...within.map(({ rssMB }) => rssMB)),
      openFiles: Math.min(...within.map(({ openFiles }) => openFiles)),
    };
  }).filter(({ rssMB }) => Number.isFinite(rssMB));
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
