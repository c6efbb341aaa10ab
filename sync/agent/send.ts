import { hex, utf8Text } from '../core/bytes.ts';
import { type Fault, fault } from '../core/fault.ts';
import { joinSignals } from '../core/signals.ts';
import { sha256 } from '../seal/sha256.ts';
import { batchSizeBytes } from '../wire/limits.ts';
import type { PackId } from '../wire/pack-id.ts';
import { sendBatch } from './batch.ts';
import { type CallFault, isLinkFault } from './call.ts';
import { afterAnswer, afterCut, afterFailure, withRequest } from './claims.ts';
import type { Uploaded } from './client.ts';
import { type Connection, noteFailure } from './context.ts';
import { pacingOf } from './hold.ts';
import {
  believe,
  keepReceipt,
  mayAsk,
  park,
  parkedMs,
  reopenUnused,
  settle,
  stayAway,
} from './parking.ts';
import { batchWith, planNext } from './plan.ts';
import type { Piece } from './progress.ts';
import { deadlineMs, firstStride, strideOf, windowBytes } from './rate.ts';
import { packsOfReceipt } from './receipt.ts';
import type { Running } from './running.ts';
import { countSent } from './usage.ts';
import { hasOtherRelay } from './ways.ts';

/** Uploads side by side: while one waits for its answer or for a lost packet, the others fill the link. */
export const parallelUploads = 20;
/** Kept open: those that are not in use when the link is cut can be used as soon as it is back. */
export const warmConnections = 20;
/** The last of them are for STAT. */
const parallelBulk = 18;

/** Sends what the order says, request after request, until the connection ends; several of these run side by side. */
export async function sendLoop(connection: Connection): Promise<void> {
  const { board, clock, gate, pulse, running, valve, signal } = connection;
  while (!signal.aborted) {
    const nowMs = clock.monotonicMs();
    reopenUnused(board, nowMs);
    const seen = board.bell.count();
    const { bytesPerS } = valve.pace();
    const window = windowBytes(bytesPerS, board.roundTripMs());
    const stride =
      board.rate() === 0 || nowMs < board.freshUntilMs
        ? firstStride
        : strideOf(bytesPerS, window, parallelBulk, board.timeouts);
    const next = planNext(
      board.order,
      board.outgoing,
      board.progressOf,
      nowMs,
      stride,
      gate.turns(),
    );
    valve.stat(next?.isStat === true || [...running].some(({ isStat }) => isStat));
    const waitMs = next === undefined ? 0 : gate.waitMs(next.isStat);
    const distrustMs = board.trust.waitMs(connection.endpoint.id);
    const mayLeave =
      next !== undefined &&
      distrustMs === 0 &&
      !pulse.isDark &&
      hasRoom(running, next, window) &&
      mayAsk(board, next, running, nowMs);
    if (!mayLeave || waitMs > 0) {
      const leftMs = Math.max(waitMs, distrustMs);
      await board.bell.after(seen, leftMs || parkedMs(connection, nowMs), signal);
      continue;
    }
    const pieces = batchOf(connection, next, nowMs, window, stride.pieceBytes);
    if (pieces.length > 1) await sendBatch(connection, pieces, window);
    else await sendPiece(connection, next, window);
  }
}

/** What leaves with `next` in one request: as much as a piece and the window have room for. */
function batchOf(
  { board, endpoint, running }: Connection,
  next: Piece,
  nowMs: number,
  window: number,
  pieceBytes: number,
): readonly Piece[] {
  if (board.noBatches.has(endpoint.id)) return [next];
  const underWayBytes = [...running].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const sizeBytes = Math.min(batchSizeBytes, pieceBytes * 1.5, window - underWayBytes);
  const isAlone = (packId: PackId): boolean => board.alone.has(packId);
  const limits = { sizeBytes, isAlone };
  return batchWith(next, board.order, board.outgoing, board.progressOf, nowMs, limits);
}

/** Whether the window has room for one more request; STAT looks only at STAT. */
function hasRoom(
  running: ReadonlySet<Running>,
  { isStat, length }: Piece,
  window: number,
): boolean {
  const rivals = [...running].filter((other) => other.isStat || !isStat);
  if (!isStat && running.size >= parallelBulk) return false;
  const underWayBytes = rivals.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return rivals.length === 0 || underWayBytes + length <= window;
}

/** A STAT pack that is over by then only makes the others pause; they lose nothing. */
const pauseAtMostS = 5;

/**
 * As soon as a STAT pack wants to leave, nothing else does: what is under way pauses, and when the STAT pack takes
 * longer than a moment, its connections are reset. Bytes that arrived stay at the relay.
 */
export function makeWay({
  board,
  clock,
  running,
  valve,
}: Pick<Connection, 'board' | 'clock' | 'valve'> & {
  readonly running: ReadonlySet<Running>;
}): void {
  const next = planNext(board.order, board.outgoing, board.progressOf, clock.monotonicMs(), {
    pieceBytes: 1,
    aheadBytes: 1,
  });
  if (next?.isStat !== true) return;
  valve.stat(true);
  if (next.sizeBytes <= valve.pace().bytesPerS * pauseAtMostS) return;
  for (const request of running) if (!request.isStat) request.stop();
}

async function sendPiece(connection: Connection, piece: Piece, window: number): Promise<void> {
  const { board, client, clock, pulse, running, spool, signal } = connection;
  const { packId } = piece;
  const giveWay = new AbortController();
  const stop = joinSignals(signal, giveWay.signal);
  const request: Running = {
    isStat: piece.isStat,
    sizeBytes: piece.length,
    stop: () => giveWay.abort(),
  };
  const before = board.progressOf(packId);
  board.note(packId, { requests: before.requests + 1, claims: withRequest(before, piece) });
  let end: 'answered' | 'refused' | 'cut' = 'refused';
  running.add(request);
  try {
    await payFor(connection, piece);
    const bytes = await spool.readOutgoing(packId, piece.offset, piece.length);
    if (!bytes.ok || bytes.value.length !== piece.length) {
      // Gone means that its owner took it away; anything else shows again at the next look.
      park(connection, packId, bytes.ok ? undefined : bytes.fault);
      return;
    }
    const fromMs = clock.monotonicMs();
    const beat = pulse.begin();
    const sent = await client.upload(piece, bytes.value, {
      deadlineMs: deadlineMs(window, board.rate(), 1) + 4 * board.roundTripMs(),
      pace: pacingOf(connection, beat, piece),
      use: piece.isStat ? 'small' : 'bulk',
      signal: stop.signal,
    });
    if (!sent.ok) {
      if (isLinkFault(sent.fault)) beat.ended();
      else beat.answered();
      end = isLinkFault(sent.fault) ? 'cut' : 'refused';
      if (!giveWay.signal.aborted) await onRefused(connection, piece, sent.fault);
      return;
    }
    beat.answered();
    board.contact();
    board.timeouts = 0;
    board.acknowledged({ fromMs, toMs: clock.monotonicMs(), sizeBytes: piece.length });
    end = 'answered';
    await onSent(connection, piece, before.offset, sent.value);
  } finally {
    stop.release();
    running.delete(request);
    const known = board.progressOf(packId);
    const after = { answered: () => known.claims, refused: afterFailure, cut: afterCut }[end];
    board.note(packId, { requests: known.requests - 1, claims: after(known, piece) });
  }
}

/** A journal that cannot be written stops nothing: its own fault is shown. */
async function payFor({ gate }: Connection, piece: Piece): Promise<void> {
  const paid = gate.spend(piece.class, piece.length).catch(() => undefined);
  if (!piece.isStat) await paid;
}

async function onSent(
  connection: Connection,
  piece: Piece,
  offsetBefore: number,
  sent: Uploaded,
): Promise<void> {
  const { board } = connection;
  const { packId, offset, sizeBytes } = piece;
  const known = board.progressOf(packId);
  if (sent.kind === 'custody') {
    if (!packsOfReceipt(utf8Text(sent.receipt) ?? '').includes(packId)) {
      board.note(packId, { claims: afterFailure(known, piece) });
      park(connection, packId, strangeReceipt);
      return;
    }
    board.note(packId, { offset: sizeBytes, claims: [] });
    countSent(connection, sizeBytes - known.offset);
    believe(connection);
    await keepReceipt(connection, packId, sent.receipt);
    settle(connection, packId);
    return;
  }
  const reached = Math.min(sent.offset, sizeBytes);
  board.note(packId, { ...afterAnswer(known, piece, offsetBefore, reached), isNarrow: false });
  const isNext = offset <= offsetBefore;
  if (sent.offset > sizeBytes || (isNext && sent.offset <= offset)) {
    // A relay that takes bytes and does not move would be fed for ever.
    park(connection, packId, strangeRelay);
    return;
  }
  countSent(connection, Math.max(0, reached - known.offset));
  settle(connection, packId);
}

async function onRefused(connection: Connection, piece: Piece, failed: CallFault): Promise<void> {
  const { board } = connection;
  const { packId } = piece;
  if (failed.kind === 'link/timeout') board.timeouts = Math.min(board.timeouts + 1, 6);
  noteFailure(connection, failed);
  if (connection.signal.aborted) return;
  switch (failed.kind) {
    case 'agent/offset': {
      const offset = Math.min(failed.offset ?? 0, piece.sizeBytes);
      board.note(packId, { offset, claims: [], isNarrow: true });
      if (offset === piece.offset) park(connection, packId, strangeRelay);
      return;
    }
    case 'agent/wrong-hash':
      board.note(packId, { offset: 0, claims: [] });
      // Before the file is read: what begins anew meanwhile would not wait, and would lose the claim of its first piece.
      park(connection, packId);
      park(connection, packId, await judgeFile(connection, piece));
      return;
    case 'agent/busy':
      park(connection, packId, undefined, failed);
      board.fault('busy', failed);
      stayAway(connection, failed);
      return;
    case 'agent/session-lost':
    case 'link/reset':
    case 'link/down':
    case 'link/no-name':
      return;
    default:
      park(connection, packId, failed);
  }
}

/** Who is right when a relay says that a pack is damaged? The file is hashed again; it is never deleted here. */
async function judgeFile(connection: Connection, piece: Piece): Promise<Fault> {
  const { spool, log } = connection;
  const bytes = await spool.readOutgoing(piece.packId, 0, piece.sizeBytes);
  const isGood = bytes.ok && hex(sha256(bytes.value)) === piece.packId;
  log.error(isGood ? 'agent/good-pack-refused' : 'agent/damaged-pack', { packId: piece.packId });
  if (isGood) distrust(connection);
  return isGood
    ? goodRefused
    : fault(
        'agent/damaged-pack',
        'A pack in the spool does not hash to its id',
        'The clinical program seals it again; check the disk if it comes back',
        'later',
      );
}

/** The second refusal of a good pack is an alarm of the relay; another one of the list takes over. */
function distrust(connection: Connection): void {
  const { board, endpoint, log, peer } = connection;
  if (!board.trust.refusedGood(endpoint.id)) return;
  log.error('agent/relay-distrusted', { relay: endpoint.id });
  board.fault(`trust ${endpoint.id}`, goodRefused);
  if (hasOtherRelay(peer, endpoint.id, board.trust)) connection.leave(goodRefused);
}

const goodRefused: Fault<'agent/good-pack-refused'> = fault(
  'agent/good-pack-refused',
  'The relay says that a good pack is damaged: the relay or the way to it is broken',
  'Call the operator of the relay; another relay of the list is tried, or use a stick',
  'later',
);

const strangeReceipt: Fault = fault(
  'agent/relay-broken',
  'Cannot understand the relay: its receipt is of another pack',
  'Call the operator of the relay',
  'later',
);

const strangeRelay: Fault = fault(
  'agent/relay-broken',
  'Cannot understand the relay: it takes bytes of a pack and does not count them',
  'Call the operator of the relay',
  'later',
);
