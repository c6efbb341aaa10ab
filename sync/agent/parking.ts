import type { Fault } from '../core/fault.ts';
import type { PackId } from '../wire/pack-id.ts';
import type { Board } from './board.ts';
import type { CallFault } from './call.ts';
import { type Connection, pauseMs } from './context.ts';
import type { Piece } from './progress.ts';
import type { Running } from './running.ts';

/**
 * While the relay sends everybody away, one request at a time finds out whether that is over. STAT does not wait as
 * long as the relay says: it may have room for STAT where it has none for the others.
 */
export function mayAsk(
  { away }: Board,
  { isStat }: Piece,
  running: ReadonlySet<Running>,
  nowMs: number,
): boolean {
  if (away.times === 0) return true;
  return running.size === 0 && nowMs >= (isStat ? away.statNotBeforeMs : away.notBeforeMs);
}

/** The relay sent a request away. Requests that were under way together are sent away once. */
export function stayAway(connection: Connection, failed: CallFault): void {
  const { board, clock } = connection;
  const nowMs = clock.monotonicMs();
  if (nowMs >= board.away.notBeforeMs) board.away.times++;
  const pause = pauseMs(connection, board.away.times, failed);
  board.away.notBeforeMs = Math.max(board.away.notBeforeMs, nowMs + pause);
  board.away.statNotBeforeMs = nowMs + Math.min(pause, statPauseMs);
}

/** The relay kept a pack: whatever it said of others before. */
export function believe({ board, endpoint }: Connection): void {
  board.trust.kept(endpoint.id);
  board.clear(`trust ${endpoint.id}`);
}

/** A pack with its receipt in the spool is done. */
export async function keepReceipt(
  connection: Connection,
  packId: PackId,
  receipt: Uint8Array,
): Promise<void> {
  const { board, clock, spool } = connection;
  const kept = await spool.putCustody(packId, receipt);
  if (kept.ok) board.note(packId, { isDone: true, notBeforeMs: clock.monotonicMs() + unusedMs });
  else park(connection, packId, kept.fault);
}

/**
 * A receipt that the clinical side has not used after this long may be one it refused: a relay can sign for a pack
 * with a key that counts for nothing. It is asked again, which costs a request without bytes.
 */
const unusedMs = 5 * 60_000;

/** Packs whose receipt was not used: they are open again, and their last byte is still believed to be there. */
export function reopenUnused(board: Board, nowMs: number): void {
  for (const { packId, sizeBytes } of board.outgoing) {
    const { isDone, notBeforeMs } = board.progressOf(packId);
    if (isDone && notBeforeMs <= nowMs) board.note(packId, { isDone: false, offset: sizeBytes });
  }
}

/** How long STAT stays away at most from a relay that has no room for other packs. */
const statPauseMs = 30_000;

/** The relay takes bytes again. */
export function settle({ board }: Connection, packId: PackId): void {
  board.away = { times: 0, notBeforeMs: 0, statNotBeforeMs: 0 };
  board.failures(packId).clear();
  board.clear(packId);
  board.clear('busy');
}

/** Leaves one pack alone for a while; the others go on. Answers the pause, milliseconds. */
export function park(
  connection: Connection,
  packId: PackId,
  shown?: Fault,
  failed?: CallFault,
): number {
  const { board, clock } = connection;
  const nowMs = clock.monotonicMs();
  // Requests that were under way together fail together, and count once.
  const isParked = board.progressOf(packId).notBeforeMs > nowMs;
  const failures = board.failures(packId);
  const pause = pauseMs(connection, isParked ? failures.known() : failures.count(), failed);
  if (!isParked) board.note(packId, { notBeforeMs: nowMs + pause });
  if (shown !== undefined && shown.kind !== 'spool/missing') board.fault(packId, shown, packId);
  return pause;
}

/** Until the first parked pack may be tried again; a minute at most. */
export function parkedMs({ board }: Connection, nowMs: number): number {
  const ends = board.outgoing
    .map(({ packId }) => board.progressOf(packId).notBeforeMs)
    .concat(board.away.notBeforeMs, board.away.statNotBeforeMs)
    .filter((endMs) => endMs > nowMs);
  return Math.min(60_000, ...ends.map((endMs) => endMs - nowMs));
}
