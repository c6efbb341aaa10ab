import { utf8 } from '../core/bytes.ts';
import { joinSignals } from '../core/signals.ts';
import type { BatchedPack } from '../wire/batch.ts';
import type { Batch } from '../wire/routes.ts';
import { type CallFault, isLinkFault } from './call.ts';
import { afterCut, afterFailure, withRequest } from './claims.ts';
import { type Connection, noteFailure } from './context.ts';
import { pacingOf } from './hold.ts';
import { believe, keepReceipt, park, settle, stayAway } from './parking.ts';
import type { Piece } from './progress.ts';
import { deadlineMs } from './rate.ts';
import { packsOfReceipt } from './receipt.ts';
import type { Running } from './running.ts';
import { countSent } from './usage.ts';

/**
 * Sends whole small packs in one request. What the answer does not name is sent alone from then on, where every refusal
 * is dealt with; a relay that knows no batches gets no other one.
 */
export async function sendBatch(
  connection: Connection,
  pieces: readonly Piece[],
  window: number,
): Promise<void> {
  const { board, client, clock, gate, pulse, running, signal } = connection;
  const giveWay = new AbortController();
  const stop = joinSignals(signal, giveWay.signal);
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const request: Running = { isStat: false, sizeBytes: length, stop: () => giveWay.abort() };
  for (const piece of pieces) {
    const before = board.progressOf(piece.packId);
    board.note(piece.packId, { requests: before.requests + 1, claims: withRequest(before, piece) });
  }
  let end: typeof afterCut = afterFailure;
  running.add(request);
  try {
    // A journal that cannot be written stops nothing: its own fault is shown.
    for (const piece of pieces) await gate.spend(piece.class, piece.length).catch(() => undefined);
    const packs = await read(connection, pieces);
    if (packs.length === 0) return;
    const fromMs = clock.monotonicMs();
    const beat = pulse.begin();
    const sent = await client.batch(packs, {
      deadlineMs: deadlineMs(window, board.rate(), 1) + 4 * board.roundTripMs(),
      pace: pacingOf(connection, beat, { isStat: false, length }),
      use: 'bulk',
      signal: stop.signal,
    });
    if (!sent.ok) {
      if (isLinkFault(sent.fault)) {
        beat.ended();
        end = afterCut;
      } else beat.answered();
      if (!giveWay.signal.aborted) onRefused(connection, pieces, sent.fault);
      return;
    }
    beat.answered();
    board.contact();
    board.timeouts = 0;
    board.acknowledged({ fromMs, toMs: clock.monotonicMs(), sizeBytes: length });
    await onSent(connection, packs, sent.value);
  } finally {
    stop.release();
    running.delete(request);
    for (const piece of pieces) {
      const known = board.progressOf(piece.packId);
      const claims = known.isDone ? [] : end(known, piece);
      board.note(piece.packId, { requests: known.requests - 1, claims });
    }
  }
}

/** What is there whole; anything else shows again at the next look. */
async function read(
  connection: Connection,
  pieces: readonly Piece[],
): Promise<readonly BatchedPack[]> {
  const packs: BatchedPack[] = [];
  for (const { packId, sizeBytes } of pieces) {
    const bytes = await connection.spool.readOutgoing(packId, 0, sizeBytes);
    if (bytes.ok && bytes.value.length === sizeBytes) packs.push({ packId, bytes: bytes.value });
    else park(connection, packId, bytes.ok ? undefined : bytes.fault);
  }
  return packs;
}

async function onSent(
  connection: Connection,
  packs: readonly BatchedPack[],
  { receipts }: Batch,
): Promise<void> {
  const { board } = connection;
  const left = new Map(packs.map(({ packId, bytes }) => [packId, bytes.length]));
  for (const receipt of receipts) {
    for (const packId of packsOfReceipt(receipt)) {
      const sizeBytes = left.get(packId);
      if (sizeBytes === undefined) continue;
      left.delete(packId);
      board.note(packId, { offset: sizeBytes, claims: [] });
      countSent(connection, sizeBytes);
      believe(connection);
      await keepReceipt(connection, packId, utf8(receipt));
      settle(connection, packId);
    }
  }
  for (const packId of left.keys()) board.alone.add(packId);
}

function onRefused(connection: Connection, pieces: readonly Piece[], failed: CallFault): void {
  const { board, endpoint, log } = connection;
  if (failed.kind === 'link/timeout') board.timeouts = Math.min(board.timeouts + 1, 6);
  noteFailure(connection, failed);
  if (connection.signal.aborted || isLinkFault(failed)) return;
  if (failed.kind === 'agent/session-lost') return;
  if (failed.kind === 'agent/busy') {
    board.fault('busy', failed);
    stayAway(connection, failed);
    return;
  }
  // What stands in the way of one of them is told when each is sent alone.
  for (const { packId } of pieces) board.alone.add(packId);
  if (failed.kind !== 'agent/absent') return;
  board.noBatches.add(endpoint.id);
  log.info('agent/no-batches', { relay: endpoint.id });
}
