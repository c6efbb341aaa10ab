import { type Case, caseNameOf, endToEnd, gzipSubjects, preSealed } from './link-cases.ts';
import { type Crossing, lineBytesPerS } from './link-crossing.ts';
import { atLeast, atMost, median, type Row, rounded, type Target } from './measured.ts';

/** What came of one case, round by round. */
export interface Outcome extends Case {
  readonly studyBytes: number;
  readonly crossings: readonly Crossing[];
  readonly congestion: string;
  /** How many crossings, each on a link of its own, ran at the same time at most. */
  readonly sideBySide: number;
}

/** One line of figures; a crossing that did not end within its limit says so and has no time. */
export function rowOf(outcome: Outcome, all: readonly Outcome[]): Row {
  const { subject, crossings, congestion, sideBySide, studyBytes } = outcome;
  const known = crossings.map(({ knownS }) => knownS);
  const isFinished = crossings.every((crossing) => crossing.isFinished);
  const middle = (figure: (crossing: Crossing) => number | undefined): number =>
    median(crossings.flatMap((crossing) => figure(crossing) ?? []));
  return present({
    case: caseNameOf(outcome),
    subject,
    congestion,
    rounds: crossings.length,
    sideBySide,
    outcome: isFinished ? 'finished' : `not finished after ${Math.round(Math.max(...known))} s`,
    medianS: isFinished ? median(known) : Number.NaN,
    fastestS: isFinished && known.length > 1 ? Math.min(...known) : Number.NaN,
    slowestS: isFinished && known.length > 1 ? Math.max(...known) : Number.NaN,
    medianInPacsS: isFinished ? middle(({ inPacsS }) => inPacsS) : Number.NaN,
    medianFirstByteS: middle(({ firstByteS }) => firstByteS),
    studyMB: studyBytes / 1e6,
    sealedMB: middle(({ sealedBytes }) => sealedBytes && sealedBytes / 1e6),
    upMB: middle(({ upBytes }) => upBytes / 1e6),
    downMB: middle(({ downBytes }) => downBytes / 1e6),
    upOfSealedPercent: upOfSealed(outcome) * 100,
    lineIdleS: middle(({ line }) => line?.lineIdleS),
    afterLastByteS: middle(({ line }) => line?.afterLastByteS),
    goodputPercent: goodput(outcome) * 100,
    studyOfLinePercent: isFinished ? middle((each) => ofLine(studyBytes, each) * 100) : Number.NaN,
    cuts: middle(({ cuts }) => cuts),
    downS: middle(({ downS }) => downS),
    wastedPerCutKiB: wastedPerCut(outcome, all) / 1024,
    intoDarkPerCutKiB: middle(({ cuts, darkBytes }) =>
      cuts > 0 ? darkBytes / cuts / 1024 : undefined,
    ),
    attempts: middle(({ attempts }) => attempts),
  });
}

/** The targets of the issue for each size that was measured; what a target needs and is absent leaves it unmet. */
export function targetsOf(outcomes: readonly Outcome[]): readonly Target[] {
  const sizes = [...new Set(outcomes.map(({ slices }) => slices))];
  return sizes.flatMap((slices) => {
    const of = (subject: string, weather = 'steady') =>
      outcomes.find(
        (each) =>
          each.slices === slices && each.subject === subject && each.weather.name === weather,
      );
    const [engine, road] = [of(preSealed), of(endToEnd)];
    const plainS = secondsOf(of('storescu'));
    const gzipS = gzipSubjects.map((name) => secondsOf(of(name))).filter(Number.isFinite);
    const bestGzipS = gzipS.length === 0 ? Number.NaN : Math.min(...gzipS);
    const stormy = outcomes.filter((each) => each.slices === slices && each.subject === preSealed);
    const name = `CT ${slices}`;
    return [
      atLeast(`${name}, ${preSealed}: times faster than storescu`, plainS / finishedS(engine), 8),
      atLeast(`${name}, ${endToEnd}: times faster than storescu`, plainS / finishedS(road), 6),
      atLeast(
        `${name}, ${endToEnd}: times faster than the best gzip way`,
        bestGzipS / finishedS(road),
        2,
      ),
      atMost(`${name}, ${preSealed}: uplink of sealed bytes`, upOfSealed(engine), 1.08),
      ...stormy.map((each) =>
        atLeast(
          `${caseNameOf(each)}, ${preSealed}: goodput of the line while up`,
          goodput(each),
          0.85,
        ),
      ),
      ...stormy
        .filter(({ weather }) => weather.name !== 'steady')
        .map((each) =>
          atMost(
            `${caseNameOf(each)}, ${preSealed}: wasted per cut, KiB`,
            wastedPerCut(each, outcomes) / 1024,
            256,
          ),
        ),
    ];
  });
}

/** Sealed bytes acknowledged, of what the line could carry while it was up. */
function goodput(outcome: Outcome): number {
  return median(
    outcome.crossings.map((each) =>
      each.isFinished && each.sealedBytes ? ofLine(each.sealedBytes, each) : Number.NaN,
    ),
  );
}

function ofLine(bytes: number, { knownS, downS }: Crossing): number {
  return bytes / ((knownS - downS) * lineBytesPerS);
}

function upOfSealed(outcome: Outcome | undefined): number {
  const shares = outcome?.crossings.map(({ isFinished, upBytes, sealedBytes }) =>
    isFinished && sealedBytes ? upBytes / sealedBytes : Number.NaN,
  );
  return median(shares ?? []);
}

/** What the uplink carried beyond what the same sealed bytes took without a cut, for each cut; bytes. */
function wastedPerCut(outcome: Outcome, all: readonly Outcome[]): number {
  const calm = all.find(
    ({ slices, subject, weather }) =>
      slices === outcome.slices && subject === outcome.subject && weather.name === 'steady',
  );
  const calmShare = upOfSealed(calm);
  return median(
    outcome.crossings.map(({ upBytes, sealedBytes = Number.NaN, cuts, isFinished }) =>
      isFinished && cuts > 0 ? (upBytes - sealedBytes * calmShare) / cuts : Number.NaN,
    ),
  );
}

/** Of a peer that did not finish, the seconds it was given: it is slower than that. */
function secondsOf(outcome: Outcome | undefined): number {
  return median(outcome?.crossings.map(({ knownS }) => knownS) ?? []);
}

function finishedS(outcome: Outcome | undefined): number {
  return outcome?.crossings.every(({ isFinished }) => isFinished) ? secondsOf(outcome) : Number.NaN;
}

/** Without the figures that there are not, and the others rounded. */
export function present(row: Row): Row {
  const figures = Object.entries(row).flatMap(([name, value]) => {
    if (typeof value === 'string') return [[name, value]];
    return Number.isFinite(value) ? [[name, rounded(value)]] : [];
  });
  return { case: row.case, subject: row.subject, ...Object.fromEntries(figures) };
}
