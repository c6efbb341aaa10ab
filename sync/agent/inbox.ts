import type { PackId } from '../wire/pack-id.ts';
import type { Connection } from './context.ts';
import { type Acknowledged, rateBytesPerS, withSample } from './rate.ts';

/** A pack that lies at the relay for this party. */
export interface Waiting {
  readonly sizeBytes: number;
  /** A hint of its header: 0 and 1 go before 2 and 3. */
  readonly class: number;
  readonly notBeforeMs: number;
}

/** A pack that is being fetched. */
export interface Fetching {
  readonly class: number;
  restBytes: number;
  /** Ends the request under way; what came of it stays. */
  stop(): void;
}

/** Packs that wait at the relay for this party, and how far the mailbox was read. */
export interface Inbox {
  readonly waiting: Map<PackId, Waiting>;
  readonly busy: Map<PackId, Fetching>;
  /** The relay sent the last fetches away: how often in a row, and the monotonic time before which none is made. */
  away: { times: number; notBeforeMs: number };
  cursor: string;
  /** Handles that the relay last told to have two holders. */
  doubled: ReadonlySet<string>;
  /** Bytes a second that came lately; what is sent says nothing about this way. */
  rate(): number;
  came(sample: Acknowledged): void;
}

/** The highest class that nothing else may hold up. */
export const urgentClass = 1;

/** Starts where the journal says that everything was fetched. */
export function openInbox(connection: Connection): Inbox {
  const cursor = connection.journalEntry().cursors[connection.endpoint.id] ?? '';
  let samples: readonly Acknowledged[] = [];
  return {
    ...{ waiting: new Map(), busy: new Map(), doubled: new Set() },
    ...{ away: { times: 0, notBeforeMs: 0 }, cursor },
    rate: () => rateBytesPerS(samples),
    came(sample) {
      samples = withSample(samples, sample);
    },
  };
}

/**
 * What to fetch next: the lowest class, in it the order of arrival. While an urgent pack is under way nothing else is
 * begun; `isUrgentOnly` leaves the others to other hands. Of what is not urgent the classes `held` wait.
 */
export function nextToFetch(
  { waiting, busy }: Pick<Inbox, 'waiting' | 'busy'>,
  nowMs: number,
  isUrgentOnly: boolean,
  held: readonly number[] = [],
): PackId | undefined {
  const isHeldUp = [...busy.values()].some((fetching) => fetching.class <= urgentClass);
  const highest = isUrgentOnly || isHeldUp ? urgentClass : 3;
  let found: { readonly packId: PackId; readonly class: number } | undefined;
  for (const [packId, { class: packClass, notBeforeMs }] of waiting) {
    if (packClass > highest || notBeforeMs > nowMs || busy.has(packId)) continue;
    if (isHeld(packClass, held)) continue;
    if (found === undefined || packClass < found.class) found = { packId, class: packClass };
  }
  return found?.packId;
}

/** Timetable and budget hold data and priors; a report comes whatever they say. */
export function isHeld(packClass: number, held: readonly number[]): boolean {
  return packClass > urgentClass && held.includes(packClass);
}

/** What is over by then may end: a connection that is reset has to be made anew. */
const waitForWayS = 1;

/** Stops what is not urgent when something urgent waits, unless the link is done with it in a moment. */
export function makeWayDown(inbox: Inbox, nowMs: number): void {
  const wanted = [...inbox.waiting].some(
    ([packId, waiting]) =>
      waiting.class <= urgentClass && waiting.notBeforeMs <= nowMs && !inbox.busy.has(packId),
  );
  if (!wanted) return;
  const others = [...inbox.busy.values()].filter((fetching) => fetching.class > urgentClass);
  const restBytes = others.reduce((sum, fetching) => sum + fetching.restBytes, 0);
  if (restBytes <= inbox.rate() * waitForWayS) return;
  for (const fetching of others) fetching.stop();
}

/** When nothing waits any more, everything up to the cursor is here. */
export function markRead(connection: Connection, inbox: Inbox): void {
  if (inbox.waiting.size > 0) return;
  const { id } = connection.endpoint;
  if (connection.journalEntry().cursors[id] === inbox.cursor) return;
  connection.remember((entry) => ({
    ...entry,
    cursors: { ...entry.cursors, [id]: inbox.cursor },
  }));
}

/** The relay named the pack, which is to be told there once it is here. */
export function noteOrigin({ board, endpoint }: Connection, packId: PackId): void {
  const origins = board.origins.get(packId) ?? new Set();
  board.origins.set(packId, origins.add(endpoint.id));
}

/** The relay has the pack no more: nothing is to be told there. */
export function forgetOrigin({ board, endpoint }: Connection, packId: PackId): void {
  const origins = board.origins.get(packId);
  origins?.delete(endpoint.id);
  if (origins?.size === 0) board.origins.delete(packId);
}
