import { hex } from '#sync/core/bytes.ts';
import type { Clock } from '#sync/core/clock.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import type { Catalog } from '../ports-catalog.ts';
import type { Center } from '../ports-pairing.ts';
import type { SealingStudy } from '../ports-waiting.ts';
import type { Addressing } from './addressing.ts';
import type { QuietTimes } from './complete.ts';
import {
  isListDue,
  type PackPlan,
  type PackRules,
  planPacks,
  statTargetBytes,
  waitLeftMs,
} from './enqueue.ts';
import { createPackGrowth, type PackGrowth } from './pack-growth.ts';
import { createPacking, type Packing, type PackingPorts } from './packing.ts';
import { createSealingClaims, type SealingClaims } from './sealing-claims.ts';
import { createSealingRoom, type SealingRoom } from './sealing-room.ts';
import { type SealingWindow, sealingWindow } from './sealing-window.ts';

export interface SealingPorts extends PackingPorts {
  readonly catalog: PackingPorts['catalog'] &
    Pick<
      Catalog,
      'sealingStudies' | 'pendingInstances' | 'openPacks' | 'unansweredReports' | 'untoldCenters'
    >;
  readonly spool: PackingPorts['spool'] & Pick<ClinicalSpool, 'agentState'>;
  readonly quiet: Pick<QuietTimes, 'isQuiet'>;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  /** Shared by lanes that run side by side. */
  readonly claims?: SealingClaims;
  /** Shared by turns. */
  readonly growth?: PackGrowth;
}

export interface SealingConfig {
  readonly packTargetBytes: number;
  /** Sealed bytes that wait in the spool at most, of STAT and of all others. */
  readonly sealAheadBytes: number;
  readonly manifestIntervalMs: number;
}

/**
 * `prompt` seals what is small or waited for: receipts, manifests, STAT. `bulk` codes the packs of all other studies,
 * which may take half a minute each. Side by side, nothing of the first waits for the second.
 */
export type SealingLane = 'prompt' | 'bulk' | 'both';

/** What one turn did: how many bytes it sealed, and when to look again at the latest, milliseconds. */
export interface SealingTurn {
  readonly sealedBytes: number;
  readonly againInMs: number;
}

/** Pending instances that one turn looks at in one study; the rest waits for the next turn. */
const pendingLimit = 2_000;
const idleMs = 5_000;
/** What asks a center again for what it had signed for is in no hurry. */
const offerClass = 2;

/** What the steps of one turn share. */
interface Turn {
  readonly ports: SealingPorts;
  readonly config: SealingConfig;
  readonly lane: SealingLane;
  readonly claims: SealingClaims;
  readonly growth: PackGrowth;
  readonly packingFor: (center: Center) => Packing;
  readonly addressing: Addressing;
  readonly room: SealingRoom;
  readonly window: SealingWindow;
}

/**
 * Seals what is due now, each study for its center: report receipts, then study by study, STAT first. One turn of a
 * lane at a time. A spool that takes nothing ends the turn; nothing is lost, since what was not kept is still pending.
 */
export async function sealingTurn(
  ports: SealingPorts,
  config: SealingConfig,
  addressing: Addressing,
  lane: SealingLane = 'both',
): Promise<SealingTurn> {
  const open = await ports.catalog.openPacks();
  const agent = await ports.spool.agentState();
  const window = sealingWindow(open, agent, config.sealAheadBytes, ports.clock.nowMs());
  const packings = new Map<Center, Packing>();
  const turn: Turn = {
    ...{ ports, config, lane, window, addressing },
    claims: ports.claims ?? createSealingClaims(),
    growth: ports.growth ?? createPackGrowth(),
    packingFor: (center) => {
      const packing = packings.get(center) ?? createPacking(ports, center, window.link);
      packings.set(center, packing);
      return packing;
    },
    room: createSealingRoom(window, ports.clock),
  };
  const { room } = turn;
  let againInMs = idleMs;

  if (lane !== 'bulk') await answerReports(turn);
  if (lane !== 'bulk') await tellCenters(turn);
  for (const study of await ports.catalog.sealingStudies()) {
    if (room.refusal() !== undefined || room.isLate()) break;
    againInMs = Math.min(againInMs, await sealStudy(turn, study));
  }
  const refusal = room.refusal();
  if (refusal !== undefined) ports.log.error('appliance/spool-refuses', { kind: refusal });
  const isCutShort = refusal === undefined && room.isLate();
  return { sealedBytes: room.sealedBytes(), againInMs: isCutShort ? 0 : againInMs };
}

async function answerReports({ ports, packingFor, addressing, room }: Turn): Promise<void> {
  for (const report of await ports.catalog.unansweredReports()) {
    const center = addressing.open.find(({ root }) => root === report.center);
    if (!center) continue;
    if (!room.took(await packingFor(center).reportReceipt(report), 1)) return;
  }
}

/** A center whose pairing has ended is told nothing: it gets nothing of this box any more. */
async function tellCenters({ ports, packingFor, addressing, room }: Turn): Promise<void> {
  for (const untold of await ports.catalog.untoldCenters()) {
    const center = addressing.open.find(({ root }) => root === untold.center);
    if (center && !room.took(await packingFor(center).addressee(untold), 1)) return;
  }
}

/** Seals what is due of one study in this lane; the answer is when to look at it again, milliseconds. */
async function sealStudy(turn: Turn, found: SealingStudy): Promise<number> {
  const { ports, config, lane, room, window } = turn;
  const center = turn.addressing.centerOf(found);
  if (!center) return idleMs;
  const packing = turn.packingFor(center);
  const study = { ...found, group: found.group ?? hex(ports.random.bytes(16)) };
  const isStat = study.class === 0;
  const hasRoom = room.leftBytes(study.class) > 0;
  if (!hasRoom && study.manifestVersion === 0) return idleMs;
  // Thousands of studies may be offered again at once: their lists go as the link takes them, behind the urgent ones.
  if (study.isOfferDue && study.pendingCount === 0 && room.leftBytes(offerClass) <= 0)
    return idleMs;
  if (lane === 'bulk' && (isStat || study.manifestVersion === 0 || !hasRoom)) return idleMs;

  const nowMs = ports.clock.nowMs();
  const isStudyClosed = ports.quiet.isQuiet(study.study);
  const rules: PackRules = {
    targetBytes: isStat ? statTargetBytes : config.packTargetBytes,
    ...targetsFor(turn, study.study),
    ...{ isStudyClosed, isLinkIdle: window.isLinkIdle, isStat, nowMs },
  };
  const pending = await turn.claims.unclaimed(() =>
    ports.catalog.pendingInstances(study.study, pendingLimit),
  );
  const plans = planPacks(pending, rules);
  let version = study.manifestVersion;
  if (lane !== 'bulk' && plans.length > 0 && version === 0) {
    version = 1;
    if (!room.took(await packing.manifest(study, version, false), study.class)) return idleMs;
  }
  const isDataHere = lane === 'both' || (lane === 'prompt') === isStat;
  if (isDataHere && !(await sealData(turn, packing, study, plans))) return idleMs;
  if (lane !== 'bulk') await tellStudy(turn, packing, study, version, isStudyClosed);
  const oldest = pending[0];
  // Until the first manifest is sealed the bulk lane has nothing to do with the study.
  const isWaitedFor = isDataHere || version === 0;
  // A full window opens with a receipt, and that wakes: until then a look every few milliseconds finds the same.
  if (room.leftBytes(study.class) <= 0) return idleMs;
  return oldest && isWaitedFor ? Math.max(20, waitLeftMs(oldest, rules)) : idleMs;
}

function targetsFor(
  { window: { targets }, growth }: Turn,
  study: string,
): SealingWindow['targets'] {
  const { firstTargetBytes: first } = targets;
  return first === undefined
    ? targets
    : { ...targets, firstTargetBytes: Math.max(first, growth.nextBytes(study)) };
}

/** Some packs at a time, as long as there is room; false when the spool takes nothing. */
async function sealData(
  { ports, room, claims, growth, window }: Turn,
  packing: Packing,
  study: SealingStudy & { readonly group: string },
  plans: readonly PackPlan[],
): Promise<boolean> {
  // The first pack of STAT or for an idle link is sealed alone: whoever waits for it waits for nothing else.
  let done = 0;
  while (done < plans.length) {
    if (room.leftBytes(study.class) <= 0 || room.isLate()) break;
    const isFirst = done === 0 && (study.class === 0 || window.isLinkIdle);
    const width = isFirst ? 1 : ports.sealer.width;
    const some = plans.slice(done, done + width);
    done += width;
    const letGo = claims.take(some.flatMap(({ pieces }) => pieces.map((piece) => piece.instance)));
    try {
      const behind = isFirst ? [] : plans.slice(done);
      const place = {
        queuedBytes: room.queuedBytes(study.class),
        hasMore: behind.length > 0,
        behindBytes: behind.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      };
      if (!room.took(await packing.data(study, some, place), study.class)) return false;
    } finally {
      letGo();
    }
  }
  growth.brokeOff(study.study, done < plans.length ? (plans[done - 1]?.sizeBytes ?? 0) : 0);
  return true;
}

/**
 * The list of a study that is complete and sealed (what turned out to be damaged is not in it), or what was ordered and
 * how urgent it is, when that is new or changed.
 */
async function tellStudy(
  { ports, config, lane, room }: Turn,
  packing: Packing,
  study: SealingStudy & { readonly group: string },
  version: number,
  isStudyClosed: boolean,
): Promise<void> {
  if (version === 0) return;
  const isSealed = lane === 'both' || study.pendingCount === 0;
  if (isSealed && isListDue(study, isStudyClosed, ports.clock.nowMs(), config.manifestIntervalMs)) {
    const isAgain = study.isOfferDue;
    const took = isAgain ? offerClass : study.class;
    room.took(await packing.manifest(study, version + 1, true, isAgain), took);
  } else if (version === study.manifestVersion && !(study.isOrderTold && study.isPriorityTold)) {
    room.took(await packing.manifest(study, version + 1, false), study.class);
  }
}
