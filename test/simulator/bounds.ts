import { spoolOf } from './agent-station.ts';
import { leakOn } from './relay-station.ts';
import type { World } from './world.ts';

/** The link carried other bytes for at most so long while a STAT pack waited (S8); see `traffic.ts` for a link not yet known. */
const statDelayMs = 1_000;
/** Pack bytes under way at once: what an agent may send ahead (`sync/wire/limits.ts`), and one piece of each upload (S10). */
const inFlightBytes = 4 * 1024 * 1024 + 6 * 256 * 1024;

/** What exceeds its bound now; some are looked at only when the world is at rest. */
export function boundsBroken(world: World, isAtRest = false): string | undefined {
  for (const { name, traffic } of world.ways) {
    const tally = traffic.tally();
    if ((tally.statDelayMs ?? 0) > statDelayMs) {
      return `S8: STAT waited ${Math.round(tally.statDelayMs ?? 0)} ms on the ${name}`;
    }
    if (tally.peakBytes > inFlightBytes) {
      return `S10: ${tally.peakBytes} bytes under way at once on the ${name}`;
    }
    const { budgetBytes, clock } = world.climate;
    // A clock that jumps brings other months with it.
    const isMetered = budgetBytes !== undefined && !clock && name !== 'link of center';
    // The piece that ends the budget is counted before it leaves, and may exceed it.
    if (isMetered && tally.meteredBytes > budgetBytes + tally.longestBytes) {
      return `S11: ${tally.meteredBytes} bytes on the ${name}, ${budgetBytes} are paid for`;
    }
    const mostBytes = tally.keptBytes + tally.allowedBytes;
    if (isAtRest && tally.bodyBytes > mostBytes) {
      return `S9: ${tally.bodyBytes} bytes on the ${name} for ${tally.keptBytes}, and ${tally.allowedBytes} in vain at most`;
    }
  }
  for (const box of world.boxes) {
    const { sizeBytes } = spoolOf(box.machine).sentPacks();
    if (sizeBytes > box.mostAheadBytes) {
      return `S10: ${sizeBytes} bytes wait in the spool of ${box.name}, ${box.mostAheadBytes} at most`;
    }
  }
  if (!isAtRest) return undefined;
  for (const { machine } of [world.center, ...world.boxes]) {
    const spool = machine.disk.find(['spool']);
    const leak = spool?.kind === 'folder' ? leakOn(spool) : undefined;
    if (leak !== undefined) return `S5: ${leak} lies in a spool in the clear`;
  }
  return undefined;
}
