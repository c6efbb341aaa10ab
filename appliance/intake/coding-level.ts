import { codingOf, type Level, levels } from '#sync/coding/payload.ts';
import type { CodingReport } from '../ports-sealing.ts';

/** How fast a level codes on this box, and what it brings. */
export interface LevelRate {
  /** Bytes as they are, coded and proven by one worker, a second. */
  readonly plainBytesPerS: number;
  /** Plain bytes divided by coded bytes. */
  readonly ratio: number;
}

/** Measured as packs are sealed; until then, what the codecs do on a small box. */
export interface CodingRates {
  of(level: Level): LevelRate;
  note(report: CodingReport): void;
}

/** What the choice of a level depends on. */
export interface CodingGround {
  /** Highest coding that the center reads, from its signed key list. */
  readonly codingMax: number;
  /** Sealed bytes a second that the link carries; 0 while nobody knows. */
  readonly linkBytesPerS: number;
  /** Seconds since the relay was last heard; 0 while the link is up, and for what may not wait. */
  readonly linkDownS: number;
  /** Workers that code at a time. */
  readonly width: number;
  /** Sealed bytes that go before this pack: while the link carries them, coding costs nobody time. */
  readonly queuedBytes: number;
  /** Packs like this one follow, so the link carries one while the next is coded. */
  readonly hasMore: boolean;
  /** Bytes as they are that are planned behind it: while the link carries them, the far end decodes this pack. */
  readonly behindBytes: number;
  /** Bytes of the pack as they are. */
  readonly plainBytes: number;
}

/** Measured on a small box over CT, MR and ultrasound. */
const firstRates: Readonly<Record<Level, LevelRate>> = {
  raw: { plainBytesPerS: 1e9, ratio: 1 },
  'fast zstd': { plainBytesPerS: 60e6, ratio: 1.8 },
  fast: { plainBytesPerS: 15e6, ratio: 3.5 },
  medium: { plainBytesPerS: 2e6, ratio: 4.9 },
  'slow link': { plainBytesPerS: 0.5e6, ratio: 5.4 },
};
/** A link that was never measured is a rural one, 2 Mbit/s. */
const usualLinkBytesPerS = 250_000;

/** Weight of a new ratio: some ten packs make the old ones forgotten. */
const newWeight = 0.2;
/** Weights of a new speed. A slow pack that took a moment may have been interrupted; a quick one tells the truth. */
const [spareWeight, ownWeight] = [0.6, 0.7];
const momentMs = 300;
/** With each pack at another level what a level was found to be fades a little: it is tried again now and then. */
const fading = 0.03;
/** Packs below this say more about starting than about coding. */
const leastMeasuredBytes = 256 * 1024;
/** A level has to win clearly before a heavier one is taken: what it saves in time costs processor. */
const clearly = 1.05;

/**
 * How fast a level is against the others is learned when one comes behind another; what changes from pack to pack at
 * the same level is what the machine has to spare, and that holds for all: a level that was slow in a busy hour is not
 * passed over when that is over. What a level brings is mostly a matter of what the images are, so a pack at one level
 * says it of all: a level that was not used lately is not judged by the images of last week.
 */
export function createCodingRates(): CodingRates {
  const own = new Map(levels.map((level) => [level, 1]));
  let spare = 1;
  let before: Level | undefined;
  /** What is saved beside one time, against what is usual. */
  let worth = 1;
  const ownOf = (level: Level): number => own.get(level) ?? 1;
  const speedOf = (level: Level): number => firstRates[level].plainBytesPerS * ownOf(level) * spare;

  function noteSpeed(level: Level, plainBytesPerS: number, tookMs: number): void {
    const change = plainBytesPerS / speedOf(level);
    const weight = change > 1 ? 1 : 1 - Math.exp(-tookMs / momentMs);
    if (level === before) spare *= change ** (spareWeight * weight);
    else own.set(level, ownOf(level) * change ** (ownWeight * weight));
    for (const other of levels) if (other !== level) own.set(other, ownOf(other) ** (1 - fading));
    before = level;
  }

  return {
    of: (level) => ({
      plainBytesPerS: speedOf(level),
      ratio: 1 + (firstRates[level].ratio - 1) * worth,
    }),
    note: ({ level, plainBytes, codedBytes, tookMs, fallbacks }) => {
      if (plainBytes < leastMeasuredBytes || tookMs <= 0 || fallbacks.length > 0) return;
      // What is not coded says nothing of the processor.
      if (level !== 'raw') noteSpeed(level, plainBytes / (tookMs / 1_000), tookMs);
      const usual = firstRates[level].ratio - 1;
      // What goes as it is says nothing of what coding would bring, so what was learned fades.
      const found = usual > 0 ? (plainBytes / Math.max(1, codedBytes) - 1) / usual : 1;
      worth += newWeight * (Math.max(0, found) - worth);
    },
  };
}

/**
 * The lightest level of those that bring a pack over soonest. A link with something to carry is not held up by coding,
 * so a level costs what the link takes for its bytes, the time that the link would wait for them, and what is left to
 * decode when nothing is on its way any more. A codec that
 * cannot keep the link full never wins; behind a long queue, or while the link is down, the smallest does, as long as the
 * queue lasts. The first pack for an idle link has nothing before it: what is soonest there is what is coded
 * soon. An outage is taken to last about as long again as it has: after a minute nobody expects the link in a second.
 */
export function chooseLevel(rates: CodingRates, ground: CodingGround): Level {
  const allowed = levels.filter((level) => codingOf(level) <= ground.codingMax);
  const seconds = allowed.map((level) => secondsOf(rates.of(level), ground));
  const enough = Math.min(...seconds) * clearly;
  return allowed[seconds.findIndex((each) => each <= enough)] ?? 'raw';
}

/** Of what coding takes here with its proof, the far end needs about so much to decode. */
const decodingShare = 0.5;

/** Seconds that the pack keeps the link busy, or waiting, or whoever waits for it at the far end. */
function secondsOf({ plainBytesPerS, ratio }: LevelRate, ground: CodingGround): number {
  const { linkDownS, width, queuedBytes, hasMore, behindBytes, plainBytes } = ground;
  const linkBytesPerS = ground.linkBytesPerS || usualLinkBytesPerS;
  const linkS = plainBytes / ratio / linkBytesPerS;
  const codeS = plainBytes / plainBytesPerS;
  const ownS = codeS / (hasMore ? width : 1);
  const aheadS = linkDownS + queuedBytes / linkBytesPerS;
  // Nobody waits at the far end of a link that is down.
  const decodeS = linkDownS > 0 ? 0 : codeS * decodingShare - behindBytes / ratio / linkBytesPerS;
  // The link waits for the first of many and not again, so half of what it carries for each is as good as a queue.
  const freeS = hasMore ? Math.max(aheadS, linkS / 2) : aheadS;
  return linkS + Math.max(0, ownS - freeS) + Math.max(0, decodeS);
}
