import { idsPerRequest } from '../wire/limits.ts';
import type { PackId } from '../wire/pack-id.ts';
import { longestWaitS } from '../wire/routes.ts';
import { type Connection, noteFailure, pauseMs } from './context.ts';
import { deadlineMs, requestBytes } from './rate.ts';
import { countFetched } from './usage.ts';

/** Fetches side by side. */
export const parallelFetches = 2;

/** Packs that wait at the relay for this party, and how far the mailbox was read. */
export interface Inbox {
  readonly waiting: Map<PackId, { readonly sizeBytes: number; readonly notBeforeMs: number }>;
  readonly busy: Set<PackId>;
  /** The relay sent the last fetches away: how often in a row, and the monotonic time before which none is made. */
  away: { times: number; notBeforeMs: number };
  cursor: string;
}

/** Starts where the journal says that everything was fetched. */
export function openInbox(connection: Connection): Inbox {
  const cursor = connection.journalEntry().cursors[connection.endpoint.id] ?? '';
  return { waiting: new Map(), busy: new Set(), away: { times: 0, notBeforeMs: 0 }, cursor };
}

/** Listens at the mailbox until the connection ends. */
export async function listenLoop(connection: Connection, inbox: Inbox): Promise<void> {
  const { board, client, clock, peer, spool, signal } = connection;
  let failures = 0;
  while (!signal.aborted) {
    const seen = board.bell.count();
    if (inbox.waiting.size >= mostWaiting) {
      await board.bell.after(seen, longestWaitS * 1_000, signal);
      continue;
    }
    const wake = board.wake.count();
    const events = await client.events(peer.ownMailbox, inbox.cursor, longestWaitS, signal);
    if (!events.ok) {
      noteFailure(connection, events.fault);
      board.fault('mailbox', events.fault);
      await board.wake.after(wake, pauseMs(connection, ++failures, events.fault), signal);
      continue;
    }
    failures = 0;
    board.contact();
    board.clear('mailbox');
    const { held } = await spool.incoming();
    for (const { packId, sizeBytes } of events.value.packs) {
      if (!held.includes(packId)) inbox.waiting.set(packId, { sizeBytes, notBeforeMs: 0 });
    }
    const hasMoved = inbox.cursor !== events.value.cursor;
    inbox.cursor = events.value.cursor;
    markRead(connection, inbox);
    board.bell.ring();
    await fetchKeyList(connection, events.value.keyList);
    // A relay that answers at once with nothing new must not be asked in a circle.
    if (!hasMoved) await clock.wait(shortestRoundMs, signal);
  }
}

const shortestRoundMs = 1_000;

/** Packs that may wait here; a relay that names more is asked again once some are fetched or known to be gone. */
const mostWaiting = 10 * idsPerRequest;

/** Fetches what waits, piece by piece, until the connection ends; several of these run side by side. */
export async function fetchLoop(connection: Connection, inbox: Inbox): Promise<void> {
  const { board, clock, signal } = connection;
  const failures = new Map<PackId, number>();
  while (!signal.aborted) {
    const seen = board.bell.count();
    const nowMs = clock.monotonicMs();
    const next = mayFetch(inbox, nowMs)
      ? [...inbox.waiting].find(
          ([packId, { notBeforeMs }]) => !inbox.busy.has(packId) && notBeforeMs <= nowMs,
        )
      : undefined;
    if (next === undefined) {
      const ends = [inbox.away, ...inbox.waiting.values()].map((each) => each.notBeforeMs - nowMs);
      const waitMs = Math.min(60_000, ...ends.filter((ms) => ms > 0));
      await board.bell.after(seen, waitMs, signal);
      continue;
    }
    const [packId, { sizeBytes }] = next;
    inbox.busy.add(packId);
    const isOver = await fetchPack(connection, inbox, packId, sizeBytes);
    inbox.busy.delete(packId);
    if (signal.aborted) return;
    if (isOver) {
      inbox.waiting.delete(packId);
      failures.delete(packId);
      markRead(connection, inbox);
    } else {
      failures.set(packId, (failures.get(packId) ?? 0) + 1);
      const pause = pauseMs(connection, failures.get(packId) ?? 1);
      inbox.waiting.set(packId, { sizeBytes, notBeforeMs: clock.monotonicMs() + pause });
    }
    board.bell.ring();
  }
}

/** While the relay sends fetches away, one at a time finds out whether that is over. */
function mayFetch({ away, busy }: Inbox, nowMs: number): boolean {
  return away.times === 0 || (busy.size === 0 && nowMs >= away.notBeforeMs);
}

/** Goes on where an earlier try ended. True when nothing is left to fetch: it is here, or it is not there any more. */
async function fetchPack(
  connection: Connection,
  inbox: Inbox,
  packId: PackId,
  sizeBytes: number,
): Promise<boolean> {
  const { board, client, clock, spool, signal } = connection;
  let offset = await spool.partSize(packId);
  while (offset < sizeBytes) {
    const length = Math.min(
      sizeBytes - offset,
      requestBytes(board.rate(), parallelFetches, board.timeouts),
    );
    const fromMs = clock.monotonicMs();
    const deadline = deadlineMs(length, board.rate(), parallelFetches);
    const bytes = await client.fetch(packId, offset, length, deadline, signal);
    if (!bytes.ok) {
      if (bytes.fault.kind === 'link/timeout') board.timeouts = Math.min(board.timeouts + 1, 6);
      noteFailure(connection, bytes.fault);
      if (bytes.fault.kind === 'agent/busy') {
        if (clock.monotonicMs() >= inbox.away.notBeforeMs) inbox.away.times++;
        const pause = pauseMs(connection, inbox.away.times, bytes.fault);
        inbox.away.notBeforeMs = clock.monotonicMs() + pause;
      }
      if (bytes.fault.kind !== 'agent/absent') board.fault('fetch', bytes.fault);
      return bytes.fault.kind === 'agent/absent';
    }
    board.contact();
    board.timeouts = 0;
    inbox.away = { times: 0, notBeforeMs: 0 };
    board.acknowledged({ fromMs, toMs: clock.monotonicMs(), sizeBytes: bytes.value.length });
    const added = await spool.appendPart(packId, offset, bytes.value);
    if (!added.ok) {
      board.fault('spool', added.fault);
      return false;
    }
    offset += bytes.value.length;
    countFetched(connection, bytes.value.length);
  }
  const finished = await spool.finishPart(packId);
  if (finished.ok) board.clear('spool');
  else board.fault(finished.fault.kind === 'spool/damaged' ? 'fetch' : 'spool', finished.fault);
  if (finished.ok) board.clear('fetch');
  return finished.ok;
}

/** When nothing waits any more, everything up to the cursor is here. */
function markRead(connection: Connection, inbox: Inbox): void {
  if (inbox.waiting.size > 0) return;
  const { id } = connection.endpoint;
  if (connection.journalEntry().cursors[id] === inbox.cursor) return;
  connection.remember((entry) => ({
    ...entry,
    cursors: { ...entry.cursors, [id]: inbox.cursor },
  }));
}

/** A newer key list goes to the clinical side as received; only it can tell what it is worth. */
async function fetchKeyList(connection: Connection, number: number): Promise<void> {
  const { board, client, spool, signal } = connection;
  if (number === 0 || board.keyListNumber === number) return;
  const keyList = await client.keyList(signal);
  if (!keyList.ok) return noteFailure(connection, keyList.fault);
  const kept = await spool.putPublic('center.keys', keyList.value);
  if (kept.ok) board.keyListNumber = number;
}
