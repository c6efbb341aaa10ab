import type { AgentState } from '#sync/wire/agent-state.ts';
import type { OpenPack } from '../ports-waiting.ts';
import type { LinkOutlook } from './data-packing.ts';
import type { DiskWatch } from './disk-watch.ts';
import { firstTargetBytes, type PackRules } from './enqueue.ts';

/** What is sealed ahead takes the link this long at most: a queue of weeks is not stored twice. */
const aheadS = 2 * 3_600;
/** On the slowest link still a few packs, so that it never waits for coding. */
const leastAheadBytes = 32 * 1024 * 1024;
/** What the link carries in this time does not make it busy. */
const backlogS = 1;
const leastBacklogBytes = 64 * 1024;

/** Plain bytes of a sealed one, about: so much is coded while the link carries what waits. */
const plainOfSealed = 4;
/** To decode this takes little beside the time that the link needs for what waits. */
const tailOfSealed = 0.5;

/** While the disk takes no new studies: enough to keep the link busy, and little of the reserve. */
const fullAheadBytes = 64 * 1024 * 1024;
/** While nearly nothing is left: one pack at a time. */
const shortAheadBytes = 4 * 1024 * 1024;

/**
 * What may be sealed ahead as the disk is now. Delivery must go on to make room, but the reserve that intake leaves free
 * is for facts and receipts, not for a second copy of what waits.
 */
export function sealAheadOf(
  configuredBytes: number,
  disk: Pick<DiskWatch, 'trouble' | 'isShort'>,
): number {
  if (disk.isShort()) return Math.min(configuredBytes, shortAheadBytes);
  return disk.trouble() === undefined ? configuredBytes : Math.min(configuredBytes, fullAheadBytes);
}

/** How much may be sealed now, and whether somebody waits at the other end of an idle link. */
export interface SealingWindow {
  /** Bytes that may still be sealed; of STAT and of all others. Below zero: too much is there. */
  readonly statBytes: number;
  readonly bytes: number;
  /** Bytes that were sealed and wait for the link; of STAT and of all. */
  readonly openStatBytes: number;
  readonly openBytes: number;
  readonly isLinkIdle: boolean;
  /**
   * Payload at which the next pack closes, so that the link does not wait long for it, and how small the last ones may
   * become, so that the far end does not wait long for what they hold; empty while the link is down: nothing is in a
   * hurry.
   */
  readonly targets: Pick<PackRules, 'firstTargetBytes' | 'tailTargetBytes'>;
  readonly link: LinkOutlook;
}

/**
 * The window of `open` packs: `sealAheadBytes` or two hours of the link, whichever is less. STAT has a window of its
 * own of that size, so nothing that waits holds it up, and the spool stays bounded all the same.
 */
export function sealingWindow(
  open: readonly OpenPack[],
  agent: Pick<AgentState, 'link' | 'rateBytesPerS' | 'lastContactAt'> | undefined,
  sealAheadBytes: number,
  nowMs: number,
): SealingWindow {
  const bytesPerS = agent?.rateBytesPerS ?? 0;
  const openBytes = sum(open);
  const openStatBytes = sum(open.filter((pack) => pack.class === 0));
  const ahead =
    bytesPerS > 0
      ? Math.min(sealAheadBytes, Math.max(leastAheadBytes, aheadS * bytesPerS))
      : sealAheadBytes;
  const backlog = Math.max(leastBacklogBytes, backlogS * bytesPerS);
  return {
    statBytes: sealAheadBytes - openStatBytes,
    bytes: ahead - openBytes,
    ...{ openStatBytes, openBytes },
    isLinkIdle: agent?.link === 'up' && openBytes <= backlog,
    targets:
      agent?.link === 'up'
        ? {
            firstTargetBytes: Math.max(firstTargetBytes, plainOfSealed * openBytes),
            tailTargetBytes: Math.max(firstTargetBytes, tailOfSealed * openBytes),
          }
        : {},
    link: { bytesPerS, downS: agent?.link === 'up' ? 0 : sinceS(agent?.lastContactAt, nowMs) },
  };
}

/** A clock that was set back, and a relay that was never heard, say nothing. */
function sinceS(at: string | null | undefined, nowMs: number): number {
  return at ? Math.max(0, (nowMs - Date.parse(at)) / 1_000) : 0;
}

function sum(packs: readonly OpenPack[]): number {
  return packs.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
}
