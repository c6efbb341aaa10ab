import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syntheticStudy } from '../support/synthetic-ct.ts';
import { badLinkObstacle, openBadLink } from './bad-link.ts';
import { type Crossing, openOutpostRoad, openStorescuRoad, type Road } from './link-road.ts';
import {
  carryIn,
  type StormyCrossing,
  stormFigures,
  type Weather,
  weathers,
} from './link-weather.ts';
import {
  atLeast,
  atMost,
  type Bench,
  type BenchOptions,
  type Measured,
  median,
  medianRatio,
  type Row,
  rounded,
} from './measured.ts';
import { missingNote, missingPeers } from './peers.ts';
import { stopServers } from './process.ts';

const slices = 20;
const quality = { rateKbitPerS: 2_000, delayMs: 300, lossPercent: 1 };
const linkName = '2 Mbit/s, 300 ms each way, 1 % loss';
/** Times faster than `storescu` to `storescp` over the same link. */
const target = 3;

export const linkBench: Bench = {
  name: 'link',
  summary: `${slices} CT slices over a bad link (${linkName}), beside plain DICOM`,
  defaultRounds: 3,
  obstacle: () => {
    const missing = missingPeers(['storescu', 'storescp']);
    return missing.length > 0 ? missingNote(missing) : badLinkObstacle();
  },
  run,
};

async function run(options: BenchOptions): Promise<Measured> {
  const root = await mkdtemp(join(tmpdir(), 'outpost-bench-'));
  const link = await openBadLink(quality, join(root, 'badlink.log'));
  try {
    options.say('pairing box and center, starting all programs at both ends');
    const outpost = await openOutpostRoad(link, root);
    const plain = await openStorescuRoad(link, root);
    const crossings = new Map<Road, Crossing[]>([
      [outpost, []],
      [plain, []],
    ]);
    let sentBytes = 0;
    for (let round = 0; round < options.rounds; round++) {
      const folder = join(root, `study-${round}`);
      sentBytes = await makeStudy(folder, round);
      for (const [road, taken] of crossings) {
        const crossing = await road.carry(folder, slices);
        taken.push(crossing);
        const { knownS, firstByteS } = crossing;
        const first = firstByteS ? `, first byte at the relay after ${rounded(firstByteS)} s` : '';
        options.say(`round ${round + 1}: ${road.subject} ${rounded(knownS)} s${first}`);
      }
    }
    const calm = crossings.get(outpost)?.at(-1);
    const storms: Row[] = [];
    // `--only steady` leaves the cuts out, which take many minutes.
    const { only = '' } = options;
    const chosen = weathers.filter(({ name }) => calm && name.includes(only));
    for (const [index, weather] of chosen.entries()) {
      const folder = join(root, `storm-${index}`);
      await makeStudy(folder, options.rounds + index);
      const storm = await carryIn(weather, link, outpost, folder, slices);
      options.say(`${weather.name}: ${rounded(storm.knownS)} s, ${storm.cuts} cut(s)`);
      if (calm) storms.push(stormRow(weather, storm, calm, link.congestion));
    }
    return measuredOf(crossings, storms, sentBytes, link.congestion);
  } finally {
    await stopServers();
    await rm(root, { recursive: true, force: true });
  }
}

/** A study of its own each round: what the center has already is not sent again. */
async function makeStudy(folder: string, seed: number): Promise<number> {
  await mkdir(folder);
  let sentBytes = 0;
  for (const [index, { part10 }] of syntheticStudy({ seed, slices }).entries()) {
    await writeFile(join(folder, `${index}.dcm`), part10);
    sentBytes += part10.length;
  }
  return sentBytes;
}

function measuredOf(
  crossings: ReadonlyMap<Road, readonly Crossing[]>,
  storms: readonly Row[],
  sentBytes: number,
  congestion: string,
): Measured {
  const [ours = [], theirs = []] = [...crossings.values()].map((taken) =>
    taken.map(({ knownS }) => knownS),
  );
  const ratio = medianRatio(theirs, ours);
  const rows = [...crossings].map(([road, taken]): Row => {
    const known = taken.map(({ knownS }) => knownS);
    return {
      case: `${slices} CT, ${linkName}, ${congestion}`,
      subject: road.subject,
      rounds: taken.length,
      medianS: rounded(median(known)),
      fastestS: rounded(Math.min(...known)),
      slowestS: rounded(Math.max(...known)),
      medianInPacsS: rounded(median(taken.map(({ pacsS }) => pacsS))),
      studyMB: rounded(sentBytes / 1e6),
      upMB: rounded(median(taken.map(({ upBytes }) => upBytes / 1e6))),
      downMB: rounded(median(taken.map(({ downBytes }) => downBytes / 1e6))),
      ...sealedFigures(taken),
    };
  });
  return {
    rows: [...rows, ...storms],
    targets: [
      atLeast('outpost, times faster than storescu to storescp', ratio, target),
      ...storms.flatMap((row) => [
        atLeast(`${row.case}: goodput while up, %`, Number(row['goodputWhileUpPercent']), 85),
        atMost(`${row.case}: wasted per cut, KiB`, Number(row['wastedPerCutKiB']), 256),
      ]),
    ],
    notes: [
      `Congestion control ${congestion} at both ends, for every subject`,
      'Seconds until the sender knows: the last C-STORE response, or the signed delivery receipt at the box',
      'Goodput while up: sealed bytes over the seconds without a cut, from the first C-STORE to the receipt at the box',
      'Wasted per cut: bytes on the uplink beyond those of a crossing without a cut, for the same sealed bytes',
      'Bytes are IP packets that came through, by the counters of the link; the relay stands at the far end',
    ],
  };
}

/** What a subject sealed, and the uplink beside it; nothing for plain DICOM. */
function sealedFigures(taken: readonly Crossing[]): Readonly<Record<string, number>> {
  const sealed = median(taken.map(({ sealedBytes }) => sealedBytes));
  if (sealed === 0) return {};
  const percent = taken.map(({ upBytes, sealedBytes }) => (100 * upBytes) / sealedBytes);
  const first = taken.flatMap(({ firstByteS }) => firstByteS ?? []);
  return {
    sealedMB: rounded(sealed / 1e6),
    upOfSealedPercent: rounded(median(percent)),
    medianFirstByteS: rounded(median(first)),
  };
}

function stormRow(
  weather: Weather,
  storm: StormyCrossing,
  calm: Crossing,
  congestion: string,
): Row {
  return {
    case: `${slices} CT, ${weather.name}, ${linkName}, ${congestion}`,
    subject: 'outpost, box to receipt',
    rounds: 1,
    medianS: rounded(storm.knownS),
    medianInPacsS: rounded(storm.pacsS),
    upMB: rounded(storm.upBytes / 1e6),
    downMB: rounded(storm.downBytes / 1e6),
    ...sealedFigures([storm]),
    ...stormFigures(storm, calm, quality.rateKbitPerS),
  };
}
