import type { Clock } from '../core/clock.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { enrolSizeBytes } from '../wire/limits.ts';
import type { PackId } from '../wire/pack-id.ts';
import type { Admission, ListedTicket, Rights } from './admission.ts';
import { absent, type RelayFault, relayFault, storageFault } from './fault.ts';
import type { Caller, PackStore, RelayIndex } from './ports.ts';
import type { Uploads } from './uploads.ts';

/** Different requests that one ticket may leave here, and tries an hour; a repeat of a stored one counts for nothing. */
const requestsPerTicket = 4;
const triesPerHour = 20;
const hourMs = 3_600_000;
/** A waiting box looks at the list in memory so often. */
const lookEveryMs = 1_000;

/**
 * Pairing through the relay (pairing design, messages): a box that nobody knows yet leaves its request under a ticket
 * that a center listed, and fetches the grant that the center's list names for it. A request is a sealed pack in the
 * mailbox of the center; the relay can read neither. Whether a ticket is still good the center alone decides, by its
 * own clock: it takes it off its list.
 */
export interface Enrolment {
  /** Keeps a request; `ok` is as durable as custody. */
  request(ticket: string, packId: PackId, bytes: Uint8Array): Promise<Result<void, RelayFault>>;
  /**
   * The grant of a ticket other than `after`, as soon as there is one; undefined when `waitMs` passed without.
   * `relay/absent`: no center lists the ticket.
   */
  grant(
    ticket: string,
    after: string,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<Result<Uint8Array | undefined, RelayFault>>;
}

/** What somebody with a listed ticket may do: bring a few small packs to its center, and nothing else. */
export function rightsOfTicket(admission: Admission, caller: Caller): Rights | undefined {
  const listed = admission.ticket(caller.handle).find(({ center }) => center === caller.center);
  if (listed === undefined) return undefined;
  return {
    transport: new Uint8Array(),
    write: new Set([listed.mailbox]),
    read: new Set(),
    bytesPerDay: requestsPerTicket * enrolSizeBytes,
    openPacks: requestsPerTicket,
  };
}

/** Counts in memory: a restart gives each ticket its tries again, and no more than its bytes of the day. */
export function createEnrolment({
  admission,
  uploads,
  index,
  store,
  clock,
}: {
  readonly admission: Admission;
  readonly uploads: Uploads;
  readonly index: RelayIndex;
  readonly store: PackStore;
  readonly clock: Clock;
}): Enrolment {
  const stored = new Map<string, Set<PackId>>();
  const tries = new Map<string, number[]>();

  function mayTry(ticket: string): Result<void, RelayFault> {
    const nowMs = clock.monotonicMs();
    const recent = (tries.get(ticket) ?? []).filter((atMs) => nowMs - atMs < hourMs);
    const [first = nowMs] = recent;
    if (recent.length >= triesPerHour || (stored.get(ticket)?.size ?? 0) >= requestsPerTicket) {
      const retryAfterS = Math.max(60, Math.ceil((first + hourMs - nowMs) / 1_000));
      const message = 'Cannot take the request: this ticket has brought too many';
      return fail(relayFault('relay/too-many-requests', message, { retryAfterS, retry: 'later' }));
    }
    tries.set(ticket, [...recent, nowMs]);
    return ok(undefined);
  }

  return {
    async request(ticket, packId, bytes) {
      const [listed] = admission.ticket(ticket);
      if (listed === undefined) return fail(absent());
      const caller = { center: listed.center, handle: ticket };
      const known = await index.brought(caller, [packId]);
      if (!known.ok) return fail(storageFault(known.fault));
      if (known.value.length > 0) return ok(undefined);
      const may = mayTry(ticket);
      if (!may.ok) return may;
      const piece = { offset: 0, totalBytes: bytes.length };
      const received = await uploads.receive(caller, packId, piece, once(bytes));
      if (!received.ok) return received;
      if (received.value.kind !== 'custody') {
        return fail(relayFault('relay/bad-request', 'Cannot take half a request'));
      }
      stored.set(ticket, (stored.get(ticket) ?? new Set()).add(packId));
      return ok(undefined);
    },

    async grant(ticket, after, waitMs, signal) {
      const untilMs = clock.monotonicMs() + waitMs;
      for (;;) {
        const [listed] = admission.ticket(ticket);
        if (listed === undefined) return fail(absent());
        const bytes = await read(listed, after);
        if (!bytes.ok || bytes.value !== undefined) return bytes;
        if (signal.aborted || clock.monotonicMs() >= untilMs) return ok(undefined);
        await clock.wait(lookEveryMs, signal);
      }
    },
  };

  /** The list may name a grant that is still on its way here. */
  async function read(
    { center, grant }: ListedTicket,
    after: string,
  ): Promise<Result<Uint8Array | undefined, RelayFault>> {
    if (grant === undefined || grant === after) return ok(undefined);
    const row = await index.find(center, grant);
    if (!row.ok) return fail(storageFault(row.fault));
    if (row.value === undefined || row.value.isTaken || row.value.sizeBytes > enrolSizeBytes) {
      return ok(undefined);
    }
    const bytes = await store.readPack(grant, 0, row.value.sizeBytes);
    return bytes.ok ? bytes : fail(storageFault(bytes.fault));
  }
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
