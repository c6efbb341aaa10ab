import { hex, utf8, utf8Text } from '../core/bytes.ts';
import { type Fault, fault } from '../core/fault.ts';
import { sha256 } from '../seal/sha256.ts';
import { idsPerRequest } from '../wire/limits.ts';
import type { PackId } from '../wire/pack-id.ts';
import type { Board } from './board.ts';
import type { CallFault } from './call.ts';
import type { Uploaded } from './client.ts';
import { type Connection, noteFailure, pauseMs } from './context.ts';
import { type Piece, planNext } from './plan.ts';
import { deadlineMs, requestBytes } from './rate.ts';
import { packsOfReceipt } from './receipt.ts';
import { countSent } from './usage.ts';

/** Uploads side by side: two or three hide the gaps between requests (sync design, connections). */
export const parallelUploads = 3;

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
    for (const { packId, offset } of status.value.packs) board.note(packId, { offset });
    for (const receipt of status.value.receipts) {
      for (const packId of packsOfReceipt(receipt)) {
        if (ids.includes(packId)) await keepReceipt(connection, packId, utf8(receipt));
      }
    }
  }
  return undefined;
}

/** Sends what the order says, one request at a time, until the connection ends; several of these run side by side. */
export async function sendLoop(connection: Connection, running: Set<Running>): Promise<void> {
  const { board, clock, signal } = connection;
  while (!signal.aborted) {
    const nowMs = clock.monotonicMs();
    reopenUnused(board, nowMs);
    const seen = board.bell.count();
    // One pack is one request at a time, so a lone one has the whole link.
    const sizeOf = (openPacks: number): number =>
      requestBytes(board.rate(), Math.min(parallelUploads, openPacks), board.timeouts);
    const next = planNext(board.order, board.outgoing, board.progressOf, nowMs, sizeOf);
    const piece = next !== undefined && mayAsk(board, next, running, nowMs) ? next : undefined;
    if (piece === undefined) {
      await board.bell.after(seen, parkedMs(connection, nowMs), signal);
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
  stop(): void;
}

/** Stops everything that is not STAT as soon as a STAT pack wants to leave. Bytes that arrived stay at the relay. */
export function makeWay(
  connection: Pick<Connection, 'board' | 'clock'>,
  running: ReadonlySet<Running>,
): void {
  const { board, clock } = connection;
  const next = planNext(
    board.order,
    board.outgoing,
    board.progressOf,
    clock.monotonicMs(),
    () => 1,
  );
  if (next?.isStat !== true) return;
  for (const request of running) if (!request.isStat) request.stop();
}

async function sendPiece(
  connection: Connection,
  piece: Piece,
  running: Set<Running>,
): Promise<void> {
  const { board, client, clock, spool, signal } = connection;
  const { packId } = piece;
  const giveWay = new AbortController();
  const request: Running = { isStat: piece.isStat, stop: () => giveWay.abort() };
  board.note(packId, { isBusy: true });
  running.add(request);
  try {
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
    await onSent(connection, piece, sent.value);
  } finally {
    running.delete(request);
    board.note(packId, { isBusy: false });
  }
}

async function onSent(connection: Connection, piece: Piece, sent: Uploaded): Promise<void> {
  const { board } = connection;
  const { packId, offset, length, sizeBytes } = piece;
  if (sent.kind === 'custody') {
    if (!packsOfReceipt(utf8Text(sent.receipt) ?? '').includes(packId)) {
      park(connection, packId, strangeReceipt);
      return;
    }
    countSent(connection, length);
    await keepReceipt(connection, packId, sent.receipt);
    settle(connection, packId);
    return;
  }
  board.note(packId, { offset: Math.min(sent.offset, sizeBytes) });
  if (sent.offset > offset && sent.offset <= sizeBytes) {
    countSent(connection, sent.offset - offset);
    settle(connection, packId);
    return;
  }
  // A relay that takes bytes and does not move would be fed for ever.
  park(connection, packId, strangeRelay);
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
      board.note(packId, { offset });
      if (offset === piece.offset) park(connection, packId, strangeRelay);
      return;
    }
    case 'agent/wrong-hash':
      board.note(packId, { offset: 0 });
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
