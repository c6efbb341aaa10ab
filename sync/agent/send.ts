import { hex, utf8, utf8Text } from '../core/bytes.ts';
import { type Fault, fault } from '../core/fault.ts';
import { sha256 } from '../seal/sha256.ts';
import { idsPerRequest } from '../wire/limits.ts';
import type { PackId } from '../wire/pack-id.ts';
import type { Board } from './board.ts';
import type { CallFault } from './call.ts';
import { afterAnswer, afterFailure, claimsOf, withRequest } from './claims.ts';
import type { Uploaded } from './client.ts';
import { type Connection, noteFailure, pauseMs } from './context.ts';
import { planNext } from './plan.ts';
import type { Piece } from './progress.ts';
import { deadlineMs, strideOf, windowBytes } from './rate.ts';
import { packsOfReceipt } from './receipt.ts';
import { countSent } from './usage.ts';

/** Uploads side by side: while one waits for its answer or for a lost packet, the others fill the link. */
export const parallelUploads = 6;

/**
 * Asks the relay about every pack that is not done: one round trip puts both ends right after an outage. Answers the
 * fault that stopped it.
 */
export async function synchronise(connection: Connection): Promise<CallFault | undefined> {
  const { board, client, signal } = connection;
  const open = board.outgoing.filter(({ packId }) => !board.progressOf(packId).isDone);
  for (let at = 0; at < open.length; at += idsPerRequest) {
    const ids = open.slice(at, at + idsPerRequest).map(({ packId }) => packId);
    const status = await client.status(ids, signal);
    if (!status.ok) return status.fault;
    board.contact();
    for (const { packId, offset, early } of status.value.packs) {
      board.note(packId, { offset, claims: claimsOf(offset, early ?? []), isNarrow: false });
    }
    for (const receipt of status.value.receipts) {
      for (const packId of packsOfReceipt(receipt)) {
        if (ids.includes(packId)) await keepReceipt(connection, packId, utf8(receipt));
      }
    }
  }
  return undefined;
}

/** Sends what the order says, request after request, until the connection ends; several of these run side by side. */
export async function sendLoop(connection: Connection, running: Set<Running>): Promise<void> {
  const { board, clock, gate, signal } = connection;
  while (!signal.aborted) {
    const nowMs = clock.monotonicMs();
    reopenUnused(board, nowMs);
    const seen = board.bell.count();
    const window = windowBytes(board.rate(), board.roundTripMs());
    const stride = strideOf(window, parallelUploads, board.timeouts);
    const next = planNext(
      board.order,
      board.outgoing,
      board.progressOf,
      nowMs,
      stride,
      gate.turns(),
    );
    const waitMs = next === undefined ? 0 : gate.waitMs(next.isStat);
    const mayLeave = next !== undefined && mayAsk(board, next, running, nowMs) && waitMs === 0;
    const piece = mayLeave ? next : undefined;
    if (piece === undefined) {
      await board.bell.after(seen, waitMs || parkedMs(connection, nowMs), signal);
      continue;
    }
    await sendPiece(connection, piece, running);
  }
}

/**
 * While the relay sends everybody away, one request at a time finds out whether that is over. STAT does not wait as
 * long as the relay says: it may have room for STAT where it has none for the others.
 */
function mayAsk(
  { away }: Board,
  { isStat }: Piece,
  running: ReadonlySet<Running>,
  nowMs: number,
): boolean {
  if (away.times === 0) return true;
  return running.size === 0 && nowMs >= (isStat ? away.statNotBeforeMs : away.notBeforeMs);
}

/** A request that may have to make way for a STAT pack. */
export interface Running {
  readonly isStat: boolean;
  readonly sizeBytes: number;
  stop(): void;
}

/** What is over by then may end: its connection is warm, and a new one would need longer to become so. */
const waitForWayS = 1;

/**
 * Stops everything that is not STAT as soon as a STAT pack wants to leave, unless the link is done with it in a
 * moment. Bytes that arrived stay at the relay.
 */
export function makeWay(
  connection: Pick<Connection, 'board' | 'clock'>,
  running: ReadonlySet<Running>,
): void {
  const { board, clock } = connection;
  const next = planNext(board.order, board.outgoing, board.progressOf, clock.monotonicMs(), {
    pieceBytes: 1,
    aheadBytes: 1,
  });
  if (next?.isStat !== true) return;
  const others = [...running].filter(({ isStat }) => !isStat);
  const underWayBytes = others.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (underWayBytes <= board.rate() * waitForWayS) return;
  for (const request of others) request.stop();
}

async function sendPiece(
  connection: Connection,
  piece: Piece,
  running: Set<Running>,
): Promise<void> {
  const { board, client, clock, spool, signal } = connection;
  const { packId } = piece;
  const giveWay = new AbortController();
  const request: Running = {
    isStat: piece.isStat,
    sizeBytes: piece.length,
    stop: () => giveWay.abort(),
  };
  const before = board.progressOf(packId);
  board.note(packId, { requests: before.requests + 1, claims: withRequest(before, piece) });
  let isAnswered = false;
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
    const deadline = deadlineMs(piece.length, board.rate(), parallelUploads);
    const either = AbortSignal.any([signal, giveWay.signal]);
    const sent = await client.upload(piece, bytes.value, deadline, either);
    if (giveWay.signal.aborted && !sent.ok) return;
    if (!sent.ok) return await onRefused(connection, piece, sent.fault);
    board.contact();
    board.timeouts = 0;
    const toMs = clock.monotonicMs();
    board.acknowledged({ fromMs, toMs, sizeBytes: piece.length });
    if (piece.length <= echoBytes) board.echoed(toMs - fromMs);
    isAnswered = true;
    await onSent(connection, piece, before.offset, sent.value);
  } finally {
    running.delete(request);
    const known = board.progressOf(packId);
    const claims = isAnswered ? known.claims : afterFailure(known, piece);
    board.note(packId, { requests: known.requests - 1, claims });
  }
}

/** A journal that cannot be written stops nothing: its own fault is shown. */
async function payFor({ gate }: Connection, piece: Piece): Promise<void> {
  const paid = gate.spend(piece.class, piece.length).catch(() => undefined);
  if (!piece.isStat) await paid;
}

/** Requests this small take as long as the way there and back. */
const echoBytes = 4_096;

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
      park(connection, packId, await judgeFile(connection, piece));
      return;
    case 'agent/busy':
      park(connection, packId, undefined, failed);
      board.fault('busy', failed);
      stayAway(connection, failed);
      return;
    default:
      park(connection, packId, failed);
  }
}

/** The relay sent a request away. Requests that were under way together are sent away once. */
function stayAway(connection: Connection, failed: CallFault): void {
  const { board, clock } = connection;
  const nowMs = clock.monotonicMs();
  if (nowMs >= board.away.notBeforeMs) board.away.times++;
  const pause = pauseMs(connection, board.away.times, failed);
  board.away.notBeforeMs = Math.max(board.away.notBeforeMs, nowMs + pause);
  board.away.statNotBeforeMs = nowMs + Math.min(pause, statPauseMs);
}

/** Who is right when a relay says that a pack is damaged? The file is hashed again; it is never deleted here. */
async function judgeFile({ spool, log }: Connection, piece: Piece): Promise<Fault> {
  const bytes = await spool.readOutgoing(piece.packId, 0, piece.sizeBytes);
  const isGood = bytes.ok && hex(sha256(bytes.value)) === piece.packId;
  log.error(isGood ? 'agent/good-pack-refused' : 'agent/damaged-pack', { packId: piece.packId });
  return isGood
    ? fault(
        'agent/good-pack-refused',
        'The relay says that a good pack is damaged: the relay or the way to it is broken',
        'Call the operator of the relay; use another relay or a stick',
        'later',
      )
    : fault(
        'agent/damaged-pack',
        'A pack in the spool does not hash to its id',
        'The clinical program seals it again; check the disk if it comes back',
        'later',
      );
}

async function keepReceipt(
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
function reopenUnused(board: Board, nowMs: number): void {
  for (const { packId, sizeBytes } of board.outgoing) {
    const { isDone, notBeforeMs } = board.progressOf(packId);
    if (isDone && notBeforeMs <= nowMs) board.note(packId, { isDone: false, offset: sizeBytes });
  }
}

/** How long STAT stays away at most from a relay that has no room for other packs. */
const statPauseMs = 30_000;

function settle({ board }: Connection, packId: PackId): void {
  board.away = { times: 0, notBeforeMs: 0, statNotBeforeMs: 0 };
  board.failures(packId).clear();
  board.clear(packId);
  board.clear('busy');
}

/** Leaves one pack alone for a while; the others go on. Answers the pause, milliseconds. */
function park(connection: Connection, packId: PackId, shown?: Fault, failed?: CallFault): number {
  const { board, clock } = connection;
  const pause = pauseMs(connection, board.failures(packId).count(), failed);
  board.note(packId, { notBeforeMs: clock.monotonicMs() + pause });
  if (shown !== undefined && shown.kind !== 'spool/missing') board.fault(packId, shown, packId);
  return pause;
}

/** Until the first parked pack may be tried again; a minute at most. */
function parkedMs({ board }: Connection, nowMs: number): number {
  const ends = board.outgoing
    .map(({ packId }) => board.progressOf(packId).notBeforeMs)
    .concat(board.away.notBeforeMs, board.away.statNotBeforeMs)
    .filter((endMs) => endMs > nowMs);
  return Math.min(60_000, ...ends.map((endMs) => endMs - nowMs));
}

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
