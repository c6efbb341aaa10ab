import { joinSignals } from '../core/signals.ts';
import type { PackId } from '../wire/pack-id.ts';
import { type CallFault, isLinkFault } from './call.ts';
import { type Connection, noteFailure, pauseMs } from './context.ts';
import {
  type Fetching,
  forgetOrigin,
  type Inbox,
  isHeld,
  makeWayDown,
  markRead,
  nextToFetch,
  urgentClass,
  type Waiting,
} from './inbox.ts';
import { deadlineMs, requestBytes } from './rate.ts';
import { countFetched } from './usage.ts';

/** Fetches side by side; beside them one that takes urgent packs only, so that none waits for a free hand. */
export const parallelFetches = 2;

/** What a fetch came to: here, not there any more, to be tried again, or gone out of the way of something urgent. */
type Fetched = 'over' | 'failed' | 'stopped';

/** Fetches what waits, piece by piece, until the connection ends; several of these run side by side. */
export async function fetchLoop(
  connection: Connection,
  inbox: Inbox,
  isUrgentOnly = false,
): Promise<void> {
  const { board, clock, gate, signal } = connection;
  const failures = new Map<PackId, number>();
  while (!signal.aborted) {
    const seen = board.bell.count();
    const nowMs = clock.monotonicMs();
    makeWayDown(inbox, nowMs);
    const packId = mayFetch(inbox, nowMs)
      ? nextToFetch(inbox, nowMs, isUrgentOnly, gate.limits().heldClasses)
      : undefined;
    const found = packId === undefined ? undefined : inbox.waiting.get(packId);
    if (packId === undefined || found === undefined) {
      await board.bell.after(seen, untilNextMs(inbox, nowMs), signal);
      continue;
    }
    const outcome = await fetchPack(connection, inbox, packId, found);
    if (signal.aborted) return;
    if (outcome === 'over') {
      inbox.waiting.delete(packId);
      failures.delete(packId);
      markRead(connection, inbox);
    }
    if (outcome === 'failed') {
      failures.set(packId, (failures.get(packId) ?? 0) + 1);
      const pause = pauseMs(connection, failures.get(packId) ?? 1);
      inbox.waiting.set(packId, { ...found, notBeforeMs: clock.monotonicMs() + pause });
    }
    board.bell.ring();
  }
}

/** While the relay sends fetches away, one at a time finds out whether that is over. */
function mayFetch({ away, busy }: Inbox, nowMs: number): boolean {
  return away.times === 0 || (busy.size === 0 && nowMs >= away.notBeforeMs);
}

function untilNextMs({ away, waiting }: Inbox, nowMs: number): number {
  let waitMs = away.notBeforeMs > nowMs ? Math.min(60_000, away.notBeforeMs - nowMs) : 60_000;
  for (const { notBeforeMs } of waiting.values()) {
    if (notBeforeMs > nowMs) waitMs = Math.min(waitMs, notBeforeMs - nowMs);
  }
  return waitMs;
}

async function fetchPack(
  connection: Connection,
  inbox: Inbox,
  packId: PackId,
  { sizeBytes, class: packClass }: Waiting,
): Promise<Fetched> {
  const giveWay = new AbortController();
  const fetching: Fetching = { class: packClass, restBytes: 0, stop: () => giveWay.abort() };
  const either = joinSignals(connection.signal, giveWay.signal);
  inbox.busy.set(packId, fetching);
  try {
    const signals = { giveWay: giveWay.signal, either: either.signal };
    return await fetchRest(connection, inbox, { packId, sizeBytes, fetching }, signals);
  } finally {
    either.release();
    inbox.busy.delete(packId);
  }
}

/** Goes on where an earlier try ended. */
async function fetchRest(
  connection: Connection,
  inbox: Inbox,
  pack: { readonly packId: PackId; readonly sizeBytes: number; readonly fetching: Fetching },
  { giveWay, either }: Readonly<Record<'giveWay' | 'either', AbortSignal>>,
): Promise<Fetched> {
  const { client, clock, gate, spool, standing, signal } = connection;
  const { packId, sizeBytes, fetching } = pack;
  let offset = await spool.partSize(packId);
  while (offset < sizeBytes) {
    if (giveWay.aborted || isHeld(fetching.class, gate.limits().heldClasses)) return 'stopped';
    const rate = inbox.rate();
    const wanted = requestBytes(rate, parallelFetches, standing.timeouts);
    const length = Math.min(sizeBytes - offset, wanted, mostUnderCap(connection, fetching));
    fetching.restBytes = length;
    if (fetching.class > urgentClass) await clock.wait(gate.waitMs(false), either);
    if (either.aborted) return 'stopped';
    const fromMs = clock.monotonicMs();
    const deadline = deadlineMs(length, rate, parallelFetches);
    const bytes = await client.fetch(packId, offset, length, deadline, either);
    if (!bytes.ok && giveWay.aborted && !signal.aborted) return 'stopped';
    if (!bytes.ok) return onFailed(connection, inbox, packId, bytes.fault);
    standing.contact();
    standing.timeouts = 0;
    inbox.away = { times: 0, notBeforeMs: 0 };
    inbox.came({ fromMs, toMs: clock.monotonicMs(), sizeBytes: bytes.value.length });
    const added = await spool.appendPart(packId, offset, bytes.value);
    if (!added.ok) {
      standing.fault('spool', added.fault);
      return 'failed';
    }
    offset += bytes.value.length;
    countFetched(connection, bytes.value.length);
  }
  const finished = await spool.finishPart(packId);
  if (finished.ok) standing.clear('spool');
  else standing.fault(finished.fault.kind === 'spool/damaged' ? 'fetch' : 'spool', finished.fault);
  if (finished.ok) standing.clear('fetch');
  return finished.ok ? 'over' : 'failed';
}

/** Under a cap requests are short, so that none takes more than the timetable gives in a moment. */
const secondsUnderCap = 4;

function mostUnderCap({ gate }: Connection, fetching: Fetching): number {
  const { capBytesPerS } = gate.limits();
  return capBytesPerS && fetching.class > urgentClass
    ? capBytesPerS * secondsUnderCap
    : Number.POSITIVE_INFINITY;
}

function onFailed(
  connection: Connection,
  inbox: Inbox,
  packId: PackId,
  failed: CallFault,
): Fetched {
  const { clock, standing } = connection;
  if (failed.kind === 'link/timeout') standing.timeouts = Math.min(standing.timeouts + 1, 6);
  noteFailure(connection, failed);
  if (failed.kind === 'agent/busy') {
    if (clock.monotonicMs() >= inbox.away.notBeforeMs) inbox.away.times++;
    const pause = pauseMs(connection, inbox.away.times, failed);
    inbox.away.notBeforeMs = clock.monotonicMs() + pause;
  }
  if (failed.kind === 'agent/absent') {
    forgetOrigin(connection, packId);
    return 'over';
  }
  if (!isLinkFault(failed)) standing.fault('fetch', failed);
  return 'failed';
}
