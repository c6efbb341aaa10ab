import { fromBase64url } from '../core/bytes.ts';
import { fault } from '../core/fault.ts';
import { ok, type Result } from '../core/result.ts';
import { joinSignals, waitFor } from '../core/signals.ts';
import { idsPerRequest } from '../wire/limits.ts';
import { type Events, type Letter, longestWaitS } from '../wire/routes.ts';
import { type CallFault, isLinkFault } from './call.ts';
import { type Connection, noteFailure, restAfter } from './context.ts';
import { type Inbox, makeWayDown, markRead, noteOrigin } from './inbox.ts';
import { afterEnd, afterLoss, afterMute, fullTrust, type StreamTrust } from './streams.ts';
import { countFetched } from './usage.ts';

/** Packs that may wait here; a relay that names more is asked again once some are fetched or known to be gone. */
const mostWaiting = 50 * idsPerRequest;

/** Pages of a stream that wait to be looked at: a relay that names packs faster fills no memory. */
const pagesAhead = 50;

/** A relay that answers at once with nothing new must not be asked in a circle. */
const shortestRoundMs = 1_000;

/** About as long as a stream lives. */
const readWholeEveryMs = 55 * 60_000;

/** A stream that says nothing for so long at its beginning is held back by a proxy on the way. */
const firstWordMs = 30_000;

/** Listens at the mailbox until the connection ends: to a stream, or by asking where streams do not come through. */
export async function listenLoop(connection: Connection, inbox: Inbox): Promise<void> {
  const { board, clock, standing, signal } = connection;
  let failures = 0;
  while (!signal.aborted) {
    const seen = board.bell.count();
    if (inbox.waiting.size >= mostWaiting) {
      await board.bell.after(seen, longestWaitS * 1_000, signal);
      continue;
    }
    const fromMs = clock.monotonicMs();
    if (isToReadWhole(connection, inbox)) inbox.cursor = '';
    const isPolled = trustOf(connection).pollUntilMs > fromMs;
    const cursor = inbox.cursor;
    const heard = await (isPolled ? ask(connection, inbox) : follow(connection, inbox));
    if (signal.aborted) return;
    if (!heard.ok) {
      noteFailure(connection, heard.fault);
      if (isLinkFault(heard.fault))
        judge(connection, (trust) => afterLoss(trust, clock.monotonicMs()));
      else standing.fault('mailbox', heard.fault);
      await restAfter(connection, ++failures, heard.fault);
      continue;
    }
    failures = 0;
    if (cursor === inbox.cursor && clock.monotonicMs() - fromMs < shortestRoundMs) {
      await clock.wait(shortestRoundMs, signal);
    }
  }
}

/**
 * Whether to begin anew with the mailbox: a pack that somebody took out of the spool before it was read lies at the
 * relay behind the cursor, and nobody would fetch it again. What is held is passed over, what was acknowledged is gone.
 */
function isToReadWhole({ board, clock, endpoint }: Connection, inbox: Inbox): boolean {
  const nowMs = clock.monotonicMs();
  const lastMs = board.readWholeAtMs.get(endpoint.id) ?? nowMs;
  const isDue = nowMs - lastMs >= readWholeEveryMs && inbox.waiting.size === 0;
  if (isDue || lastMs === nowMs) board.readWholeAtMs.set(endpoint.id, nowMs);
  return isDue;
}

/** One long poll. */
async function ask(connection: Connection, inbox: Inbox): Promise<Result<void, CallFault>> {
  const { client, peer, signal } = connection;
  const events = await client.events(peer.ownMailbox, inbox.cursor, longestWaitS, signal);
  if (!events.ok) return events;
  await take(connection, inbox, events.value);
  return ok(undefined);
}

/** One stream, from its first word to its end. A fault is what stood in the way before the first word. */
async function follow(connection: Connection, inbox: Inbox): Promise<Result<void, CallFault>> {
  const { client, clock, log, peer, standing, signal } = connection;
  const fromMs = clock.monotonicMs();
  const over = new AbortController();
  const spoken = new AbortController();
  let work = Promise.resolve();
  let ahead = 0;
  const onEvents = (events: Events | 'quiet'): void => {
    spoken.abort();
    standing.contact();
    if (events === 'quiet' || over.signal.aborted) return;
    if (++ahead >= pagesAhead) over.abort();
    work = work.then(async () => {
      await take(connection, inbox, events);
      ahead--;
      if (inbox.waiting.size >= mostWaiting) over.abort();
    });
  };
  const { signal: either, release } = joinSignals(signal, over.signal);
  const following = client.follow(peer.ownMailbox, inbox.cursor, onEvents, either);
  const waiting = waitFor(clock, firstWordMs, spoken.signal, either);
  const first = await Promise.race([waiting.then(() => 'waited' as const), following]);
  const isMute = first === 'waited' && !spoken.signal.aborted && !either.aborted;
  if (isMute) over.abort();
  const ended = await following;
  spoken.abort();
  release();
  await work;
  if (signal.aborted) return ok(undefined);
  if (isMute) {
    // A relay that answers when it is asked is there: then something on the way gathers what it streams.
    const asked = await ask(connection, inbox);
    if (!asked.ok) return asked;
    log.warn('agent/stream-mute', { relay: connection.endpoint.id });
    judge(connection, (trust) => afterMute(trust, clock.monotonicMs()));
    return ok(undefined);
  }
  // Enough is named for now.
  if (over.signal.aborted) return ok(undefined);
  const livedMs = clock.monotonicMs() - fromMs;
  const wasHeard = first === 'waited';
  if (!ended.ok && !(isLinkFault(ended.fault) && wasHeard)) return ended;
  // We reset it ourselves, after a cut of the link.
  if (!ended.ok && ended.fault.kind === 'link/reset') return ok(undefined);
  judge(connection, (trust) => afterEnd(trust, livedMs, clock.monotonicMs()));
  if (trustOf(connection).pollUntilMs > clock.monotonicMs()) {
    log.warn('agent/stream-breaks', { relay: connection.endpoint.id });
  }
  return ok(undefined);
}

async function take(connection: Connection, inbox: Inbox, events: Events): Promise<void> {
  const { board, clock, spool, standing } = connection;
  standing.contact();
  standing.clear('mailbox');
  const held = new Set((await spool.incoming()).held);
  for (const letter of events.packs) {
    const { packId, sizeBytes, class: packClass = 2 } = letter;
    noteOrigin(connection, packId);
    if (held.has(packId) || inbox.waiting.has(packId)) continue;
    if (await keepInline(connection, letter)) continue;
    inbox.waiting.set(packId, { sizeBytes, class: packClass, notBeforeMs: 0 });
  }
  inbox.cursor = events.cursor;
  markRead(connection, inbox);
  tellDoubled(connection, inbox, events.doubled ?? []);
  noteRun(connection, events.run);
  makeWayDown(inbox, clock.monotonicMs());
  board.bell.ring();
  await fetchKeyList(connection, events.keyList);
}

/** A pack that rode in the answer; what is not whole is fetched like any other. */
async function keepInline(
  connection: Connection,
  { packId, sizeBytes, bytes: text }: Letter,
): Promise<boolean> {
  const bytes = text === undefined ? undefined : fromBase64url(text);
  if (bytes === undefined || bytes.length !== sizeBytes) return false;
  const { spool } = connection;
  const added = await spool.appendPart(packId, 0, bytes);
  if (!added.ok) return false;
  countFetched(connection, sizeBytes);
  return (await spool.finishPart(packId)).ok;
}

/** A center hears that two machines use the key of one of its boxes, for as long as the relay says so. */
function tellDoubled({ standing }: Connection, inbox: Inbox, handles: readonly string[]): void {
  const now = new Set(handles);
  for (const handle of inbox.doubled) if (!now.has(handle)) standing.clear(`doubled ${handle}`);
  for (const handle of now) {
    const told = fault(
      'agent/two-holders',
      `Two machines use the key of the box with handle ${handle.slice(0, 8)}`,
      'Call the clinic: a box was copied or its key stolen; replace the box, or revoke it',
      'never',
    );
    standing.fault(`doubled ${handle}`, told);
  }
  inbox.doubled = now;
}

/**
 * A relay that was started anew may have been put back from a backup, with lists by which a revoked box is let in: a
 * center pushes its own again. A box has none. Streams that ended with the run before say nothing of the way.
 */
function noteRun({ board, endpoint }: Connection, run: string | undefined): void {
  if (run === undefined) return;
  const before = board.runs.get(endpoint.id);
  board.runs.set(endpoint.id, run);
  if (before === undefined || before === run) return;
  board.published.delete(endpoint.id);
  board.streams.delete(endpoint.id);
}

/** A newer key list goes to the clinical side as received; only it can tell what it is worth. */
async function fetchKeyList(connection: Connection, number: number): Promise<void> {
  const { board, client, endpoint, spool, signal } = connection;
  if (number === 0 || board.keyLists.get(endpoint.id) === number) return;
  // Another relay may be behind the one that the agent works with.
  if (connection.isReceiving && number <= Math.max(0, ...board.keyLists.values())) return;
  const keyList = await client.keyList(signal);
  if (!keyList.ok) return noteFailure(connection, keyList.fault);
  const kept = await spool.putPublic('center.keys', keyList.value);
  if (kept.ok) board.keyLists.set(endpoint.id, number);
}

function trustOf({ board, endpoint }: Connection): StreamTrust {
  return board.streams.get(endpoint.id) ?? fullTrust;
}

function judge(connection: Connection, change: (trust: StreamTrust) => StreamTrust): void {
  connection.board.streams.set(connection.endpoint.id, change(trustOf(connection)));
}
