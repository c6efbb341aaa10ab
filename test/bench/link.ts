import { rmSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BadLink, badLinkObstacle, openBadLink } from './bad-link.ts';
import {
  type Case,
  caseNameOf,
  casesOf,
  endToEnd,
  isAsked,
  peerSubjects,
  preSealed,
} from './link-cases.ts';
import { type Crossing, cross, lineBytesPerS, quality } from './link-crossing.ts';
import { type Outcome, rowOf, targetsOf } from './link-figures.ts';
import { firstInstance, measureFirstInstance } from './link-first.ts';
import { idle, measureIdle } from './link-idle.ts';
import { prepareEndToEnd, preparePreSealed } from './link-outpost.ts';
import type { Prepared } from './link-road.ts';
import { openLinkSite } from './link-site.ts';
import { measureStat, statDuringBulk } from './link-stat.ts';
import { type LinkStudy, makeLinkStudy, realStudyFolder } from './link-study.ts';
import { linesOf } from './link-timeline.ts';
import { weathers } from './link-weather.ts';
import type { Bench, BenchOptions, Measured } from './measured.ts';
import { missingNote, missingPeers } from './peers.ts';
import { stopServers } from './process.ts';

const linkName = '2 Mbit/s, 300 ms each way, 1 % loss, a queue of 256 KB';
/** Peers wait for the network, so many of them at a time do not slow each other down. */
const sideBySide = 8;
const leastLimitS = 180;
/** A crossing is given up after so many times the seconds that the study takes at the rate of the line. */
const patience = 5;

export const linkBench: Bench = {
  name: 'link',
  summary: `a head CT over a bad link (${linkName}), beside DICOM, Orthanc, curl and tus`,
  defaultRounds: 1,
  obstacle: badLinkObstacle,
  run,
};

async function run(options: BenchOptions): Promise<Measured> {
  const root = await mkdtemp(join(tmpdir(), 'outpost-bench-'));
  process.once('exit', () => rmSync(root, { recursive: true, force: true }));
  const bench: Running = { ...options, root, studies: 0, folders: 0, broken: [] };
  const cases = casesOf(options.only);
  const isOurs = ({ subject }: Case): boolean => subject === preSealed || subject === endToEnd;
  try {
    const [peers, rest] = await Promise.all([
      measurePeers(
        bench,
        cases.filter((each) => !isOurs(each)),
      ),
      isAsked(options.only, idle) ? onOwnLink(bench, measureIdle) : nothing,
    ]);
    const ours = await measureOurs(bench, cases.filter(isOurs));
    const outcomes = [...peers.outcomes, ...ours.outcomes];
    return {
      rows: [
        ...outcomes.map((outcome) => rowOf(outcome, outcomes)),
        ...ours.further.flatMap(({ rows }) => rows),
        ...rest.rows,
      ],
      targets: [
        ...targetsOf(outcomes),
        ...ours.further.flatMap(({ targets }) => targets),
        ...rest.targets,
      ],
      notes: [
        ...bench.broken,
        ...peers.notes,
        ...notesOf(),
        ...ours.further.flatMap(({ notes }) => notes),
        ...rest.notes,
      ],
    };
  } finally {
    await stopServers();
  }
}

interface Running extends BenchOptions {
  readonly root: string;
  /** How many were made: each has UIDs of its own. */
  studies: number;
  folders: number;
  /** What broke off, and why. */
  readonly broken: string[];
}

const nothing: Measured = { rows: [], targets: [], notes: [] };

/** The slowest first, several at a time, each on a link of its own. */
async function measurePeers(bench: Running, cases: readonly Case[]) {
  const needed = new Set(
    peerSubjects
      .filter(({ name }) => cases.some(({ subject }) => subject === name))
      .flatMap(({ peers }) => peers),
  );
  const missing = missingPeers([...needed]);
  const waiting = cases
    .filter(({ subject }) => {
      const peers = peerSubjects.find(({ name }) => name === subject)?.peers ?? [];
      return !peers.some((peer) => missing.includes(peer));
    })
    .toSorted(
      (a, b) => b.slices - a.slices || weathers.indexOf(b.weather) - weathers.indexOf(a.weather),
    );
  const outcomes = new Map<Case, Outcome>();
  const width = Math.min(sideBySide, waiting.length);
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const peer = next;
      await orNote(bench, `${caseNameOf(peer)}: ${peer.subject}`, async () => {
        const measure = (link: BadLink, folder: string) =>
          measurePeer(bench, peer, link, folder, width);
        outcomes.set(peer, await onOwnLink(bench, measure));
      });
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return {
    outcomes: cases.flatMap((each) => outcomes.get(each) ?? []),
    notes: missing.length > 0 ? [missingNote(missing)] : [],
  };
}

async function measurePeer(
  bench: Running,
  peer: Case,
  link: BadLink,
  root: string,
  width: number,
): Promise<Outcome> {
  const subject = peerSubjects.find(({ name }) => name === peer.subject);
  if (!subject) throw new Error(`There is no peer "${peer.subject}"`);
  const road = await subject.open(link, root);
  return measureCase(bench, peer, link, width, (study) => road.prepare(study));
}

/** Ours one after the other and alone, on one link: the programs run on as they do in a clinic. */
async function measureOurs(bench: Running, cases: readonly Case[]) {
  const { only } = bench;
  const [isFirst, isStat] = [isAsked(only, firstInstance), isAsked(only, statDuringBulk)];
  if (cases.length === 0 && !isFirst && !isStat) return { outcomes: [], further: [] };
  return onOwnLink(bench, async (link, root) => {
    bench.say('pairing box and center, starting all programs at both ends');
    const site = await openLinkSite(link, root);
    const outcomes: Outcome[] = [];
    for (const each of cases) {
      const prepare = each.subject === preSealed ? preparePreSealed : prepareEndToEnd;
      await orNote(bench, `${caseNameOf(each)}: ${each.subject}`, async () => {
        outcomes.push(await measureCase(bench, each, link, 1, (study) => prepare(site, study)));
      });
    }
    const further: Measured[] = [];
    const add = (name: string, measured: () => Promise<Measured>): Promise<void> =>
      orNote(bench, name, async () => void further.push(await measured()));
    if (isFirst) {
      await add(firstInstance, async () => measureFirstInstance(site, await newStudy(bench, 20)));
    }
    if (isStat) {
      await add(statDuringBulk, async () => measureStat(site, await newStudy(bench, 2)));
    }
    return { outcomes, further };
  });
}

/** What breaks off is noted, and the rest is measured all the same. */
async function orNote(bench: Running, name: string, measure: () => Promise<void>): Promise<void> {
  try {
    await measure();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    bench.broken.push(`${name}: could not be measured: ${reason}`);
    bench.say(`${name}: ${reason}`);
  }
}

async function measureCase(
  bench: Running,
  measured: Case,
  link: BadLink,
  width: number,
  prepare: (study: LinkStudy) => Promise<Prepared>,
): Promise<Outcome> {
  const crossings: Crossing[] = [];
  let studyBytes = 0;
  for (let round = 0; round < bench.rounds; round++) {
    const study = await newStudy(bench, measured.slices);
    studyBytes = study.sizeBytes;
    const limitS = Math.max(leastLimitS, (patience * studyBytes) / lineBytesPerS);
    const crossing = await cross(link, await prepare(study), measured.weather, limitS);
    crossings.push(crossing);
    const { knownS, isFinished, cuts, upBytes } = crossing;
    const given = isFinished ? '' : 'not finished after ';
    const how = `${given}${knownS.toFixed(1)} s, ${(upBytes / 1e6).toFixed(1)} MB up, ${cuts} cut(s)`;
    bench.say(`${caseNameOf(measured)}: ${measured.subject}: ${how}`);
    for (const line of linesOf(crossing.moments ?? [])) bench.say(`  ${line}`);
  }
  return { ...measured, studyBytes, crossings, congestion: link.congestion, sideBySide: width };
}

async function newStudy(bench: Running, slices: number): Promise<LinkStudy> {
  bench.studies += 1;
  return makeLinkStudy(join(bench.root, `study-${bench.studies}`), slices, bench.studies);
}

/** Opens a link with a folder of its own for what `measure` does on it, and closes it. */
async function onOwnLink<T>(
  bench: Running,
  measure: (link: BadLink, root: string) => Promise<T>,
): Promise<T> {
  bench.folders += 1;
  const root = join(bench.root, `link-${bench.folders}`);
  await mkdir(root);
  const link = await openBadLink(quality, join(root, 'badlink.log'));
  try {
    return await measure(link, root);
  } finally {
    await link.close();
  }
}

function notesOf(): readonly string[] {
  return [
    `Link: ${linkName}; congestion control of each row at both ends; IP bytes are those of the box's interface, lost ones too`,
    `Study: the first slices of ${realStudyFolder() === undefined ? 'a synthetic head CT' : 'a real head CT'}, under new UIDs each time`,
    'Pre-sealed packs are sealed a minute into an outage, at the level that a box takes then; their sealing is not timed',
    'Seconds until the near end knows: the last C-STORE response, the answer to the last request, the last custody receipt (pre-sealed), or the signed delivery receipt at the box (end to end)',
    'Orthanc has the study before the clock starts; curl and tus start with tar and end with the archive at the far end, which nobody unpacked',
    'sideBySide: so many crossings, each on a link of its own, ran at a time; ours run alone. attempts: how often a peer that broke off was begun anew',
    'goodput: sealed bytes acknowledged, of the line while up; studyOfLine: bytes of the study as the modality has them, of the line while up',
    'The steps of each crossing end to end are on standard error: when each file was seen in the folders between the programs, seconds from the start',
    'lineIdleS: the line had nothing to carry between the first and the last byte; afterLastByteS: from when it was through with that; both by the counter of the interface, of a link that is never cut',
    'Wasted per cut: bytes on the uplink beyond those of the steady case, for the same sealed bytes',
    'The cut lies in the middle of what the bytes need at the rate of the line',
  ];
}
