import { hex } from '#sync/core/bytes.ts';
import type { Clock } from '#sync/core/clock.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import type { Catalog, Center, SealingStudy } from '../ports.ts';
import type { QuietTimes } from './complete.ts';
import { isListDue, type PackRules, planPacks, statTargetBytes, waitLeftMs } from './enqueue.ts';
import { createPacking, type Packed, type Packing, type PackingPorts } from './packing.ts';

export interface SealingPorts extends PackingPorts {
  readonly catalog: PackingPorts['catalog'] &
    Pick<Catalog, 'sealingStudies' | 'pendingInstances' | 'openPacks' | 'unansweredReports'>;
  readonly spool: PackingPorts['spool'] & Pick<ClinicalSpool, 'agentState'>;
  readonly quiet: Pick<QuietTimes, 'isQuiet'>;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
}

export interface SealingConfig {
  readonly packTargetBytes: number;
  /** Sealed bytes that wait in the spool at most; STAT is sealed all the same. */
  readonly sealAheadBytes: number;
  readonly manifestIntervalMs: number;
}

/** What one turn did: how many bytes it sealed, and when to look again at the latest, milliseconds. */
export interface SealingTurn {
  readonly sealedBytes: number;
  readonly againInMs: number;
}

/**
 * Sealed bytes and milliseconds after which a turn ends, so that arrivals of the other way and STAT never wait for more
 * than this and the packs that are being coded.
 */
const turnBytes = 64 * 1024 * 1024;
const turnMs = 500;
/** Pending instances that one turn looks at in one study; the rest waits for the next turn. */
const pendingLimit = 2_000;
const idleMs = 5_000;

/**
 * Seals what is due for `center` now: report receipts, then study by study, STAT first. One turn at a time. A spool
 * that takes nothing ends the turn; nothing is lost, since what was not kept is still pending.
 */
export async function sealingTurn(
  ports: SealingPorts,
  config: SealingConfig,
  center: Center,
): Promise<SealingTurn> {
  const open = await ports.catalog.openPacks();
  const agent = await ports.spool.agentState();
  const isLinkIdle = agent?.link === 'up' && open.length === 0;
  const bytesPerS = agent?.rateBytesPerS ?? 0;
  const packing = createPacking(ports, center, { bytesPerS, isIdle: isLinkIdle });
  const aheadBytes = config.sealAheadBytes - open.reduce((sum, pack) => sum + pack.sizeBytes, 0);
  const room = createRoom(Math.min(turnBytes, aheadBytes), ports.clock);
  let againInMs = idleMs;

  for (const report of await ports.catalog.unansweredReports()) {
    if (report.center !== center.root) continue;
    if (!room.took(await packing.reportReceipt(report))) break;
  }
  for (const study of await ports.catalog.sealingStudies()) {
    if (room.isClosed() || room.isLate()) break;
    if (room.leftBytes() <= 0 && study.class !== 0) continue;
    const waitMs = await sealStudy(ports, config, packing, room, study, isLinkIdle);
    againInMs = Math.min(againInMs, waitMs);
  }
  if (room.isClosed()) ports.log.error('appliance/spool-refuses', { kind: room.refusal() });
  const isFull = room.leftBytes() <= 0 && aheadBytes > turnBytes;
  const isCutShort = !room.isClosed() && (isFull || room.isLate());
  return { sealedBytes: room.sealedBytes(), againInMs: isCutShort ? 0 : againInMs };
}

/** Seals what is due of one study; the answer is when to look at it again, milliseconds. */
async function sealStudy(
  ports: SealingPorts,
  config: SealingConfig,
  packing: Packing,
  room: Room,
  found: SealingStudy,
  isLinkIdle: boolean,
): Promise<number> {
  const study = { ...found, group: found.group ?? hex(ports.random.bytes(16)) };
  const nowMs = ports.clock.nowMs();
  const isStudyClosed = ports.quiet.isQuiet(study.study);
  const targetBytes = study.class === 0 ? statTargetBytes : config.packTargetBytes;
  const rules: PackRules = { targetBytes, isStudyClosed, isLinkIdle, nowMs };
  const pending = await ports.catalog.pendingInstances(study.study, pendingLimit);
  const plans = planPacks(pending, rules);
  const { width } = ports.sealer;

  let version = study.manifestVersion;
  if (plans.length > 0 && version === 0) {
    version = 1;
    if (!room.took(await packing.manifest(study, version, false))) return idleMs;
  }
  for (let at = 0; at < plans.length; at += width) {
    if ((room.leftBytes() <= 0 && study.class !== 0) || room.isLate()) break;
    if (!room.took(await packing.data(study, plans.slice(at, at + width)))) return idleMs;
  }
  if (isListDue(study, isStudyClosed, nowMs, config.manifestIntervalMs)) {
    room.took(await packing.manifest(study, version + 1, true));
  } else if (
    version > 0 &&
    version === study.manifestVersion &&
    !(study.isOrderTold && study.isPriorityTold)
  ) {
    // An amendment: the images are listed; what was ordered, or how urgent it is, is new or changed.
    room.took(await packing.manifest(study, version + 1, false));
  }
  const oldest = pending[0];
  return oldest ? Math.max(100, waitLeftMs(oldest, rules)) : idleMs;
}

type Room = ReturnType<typeof createRoom>;

/** How much may still be sealed in this turn, and whether the spool still takes anything. */
function createRoom(bytes: number, clock: Pick<Clock, 'monotonicMs'>) {
  const startedMs = clock.monotonicMs();
  let sealedBytes = 0;
  let refusal: string | undefined;
  return {
    /** Counts what was sealed; false when the spool took nothing. */
    took: (packed: Packed): boolean => {
      if (packed.ok) sealedBytes += packed.value;
      else refusal = packed.fault.kind;
      return packed.ok;
    },
    leftBytes: () => bytes - sealedBytes,
    sealedBytes: () => sealedBytes,
    /** A turn that sealed nothing yet is never late: one pack that fails slowly must not starve those behind it. */
    isLate: () => sealedBytes > 0 && clock.monotonicMs() - startedMs >= turnMs,
    isClosed: () => refusal !== undefined,
    refusal: () => refusal,
  };
}
