import type { Clock } from '../core/clock.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { idsPerRequest } from '../wire/limits.ts';
import type { Events } from '../wire/routes.ts';
import { type RelayFault, storageFault } from './fault.ts';
import type { Caller, RelayIndex } from './ports.ts';

/** Requests of one caller that may wait at a time; the oldest is answered when one more comes. */
const waitersPerCaller = 4;

/** Mailboxes with a bell: who waits is answered as soon as something came. */
export interface Mailboxes {
  /**
   * What lies in `mailbox` behind `after`, waiting up to `waitMs` for the first thing. Ends early, with what there
   * is, on `signal`, on a new key list, and when the caller asks too often at once.
   */
  events(
    caller: Caller,
    mailbox: string,
    after: string,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<Result<Events, RelayFault>>;
  /** Something was put into a mailbox. */
  ring(center: string, mailbox: string): void;
  /** Something changed for everybody of a center. */
  ringAll(center: string): void;
}

interface Waiter {
  readonly caller: Caller;
  readonly mailbox: string;
  wake(): void;
}

export function createMailboxes(ports: {
  readonly index: Pick<RelayIndex, 'epoch' | 'waiting'>;
  readonly clock: Clock;
  /** Number of the newest key list of a center. */
  keyListNumber(center: string): number;
}): Mailboxes {
  const { index, clock } = ports;
  const waiters = new Set<Waiter>();

  const read = async (
    caller: Caller,
    mailbox: string,
    after: string,
  ): Promise<Result<Events, RelayFault>> => {
    const sequence = sequenceOf(after, index.epoch);
    const rows = await index.waiting(caller.center, mailbox, sequence, idsPerRequest);
    if (!rows.ok) return fail(storageFault(rows.fault));
    return ok({
      cursor: `${index.epoch}-${rows.value.at(-1)?.sequence ?? sequence}`,
      packs: rows.value.map(({ packId, sizeBytes }) => ({ packId, sizeBytes })),
      keyList: ports.keyListNumber(caller.center),
    });
  };

  return {
    async events(caller, mailbox, after, waitMs, signal) {
      const bell = new AbortController();
      const waiter: Waiter = { caller, mailbox, wake: () => bell.abort() };
      const own = [...waiters].filter((other) => isSame(other.caller, caller));
      for (const old of own.slice(0, Math.max(0, own.length + 1 - waitersPerCaller))) old.wake();
      // Before the first look: what comes between look and wait must ring.
      waiters.add(waiter);
      try {
        const first = await read(caller, mailbox, after);
        if (!first.ok || first.value.packs.length > 0 || waitMs <= 0) return first;
        await clock.wait(waitMs, AbortSignal.any([bell.signal, signal]));
      } finally {
        waiters.delete(waiter);
      }
      return read(caller, mailbox, after);
    },
    ring(center, mailbox) {
      for (const waiter of waiters) {
        if (waiter.caller.center === center && waiter.mailbox === mailbox) waiter.wake();
      }
    },
    ringAll(center) {
      for (const waiter of waiters) if (waiter.caller.center === center) waiter.wake();
    },
  };
}

/** A cursor of another index, or no cursor at all, starts from the beginning. */
function sequenceOf(cursor: string, epoch: string): number {
  const [, found, digits] = /^([0-9a-f]{16})-(\d{1,15})$/.exec(cursor) ?? [];
  return found === epoch && digits !== undefined ? Number(digits) : 0;
}

function isSame(a: Caller, b: Caller): boolean {
  return a.center === b.center && a.handle === b.handle;
}
