import type { Clock } from '../core/clock.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { waitFor } from '../core/signals.ts';
import { idsPerRequest, urgentAtMost } from '../wire/limits.ts';
import { type Events, streamPulseMs } from '../wire/routes.ts';
import { type RelayFault, storageFault } from './fault.ts';
import { lettersOf } from './letters.ts';
import type { Caller, PackStore, RelayIndex } from './ports.ts';
import { sessionLifeS } from './sessions.ts';

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
  /**
   * The same without an end: at once what there is, even nothing, then whatever comes; `quiet` when nothing did for
   * 50 s. Ends on `signal`, after an hour, when the caller lost his right, when he listens too often at once, and at
   * a fault of the disk, which the next request then tells.
   */
  stream(
    caller: Caller,
    mailbox: string,
    after: string,
    signal: AbortSignal,
  ): AsyncIterable<Events | 'quiet'>;
  /** Something was put into a mailbox. */
  ring(center: string, mailbox: string): void;
  /** Something changed for everybody of a center. */
  ringAll(center: string): void;
  /** Requests and streams that wait now. */
  waiting(): number;
}

interface Waiter {
  readonly caller: Caller;
  readonly mailbox: string;
  bell: AbortController;
  /** It has to make room for a younger one. */
  isOver: boolean;
}

export interface MailboxPorts {
  readonly index: Pick<RelayIndex, 'epoch' | 'waiting'>;
  readonly store: Pick<PackStore, 'readPack'>;
  readonly clock: Clock;
  /** Number of the newest key list of a center. */
  keyListNumber(center: string): number;
  mayRead(caller: Caller, mailbox: string): boolean;
  /** Handles that the caller, if he is a center, should know to have two holders. */
  doubledFor(caller: Caller): readonly string[];
}

export function createMailboxes(ports: MailboxPorts): Mailboxes {
  const { index, clock } = ports;
  const waiters = new Set<Waiter>();

  const read = async (
    caller: Caller,
    mailbox: string,
    after: string,
  ): Promise<Result<Events, RelayFault>> => {
    const { center } = caller;
    const sequence = sequenceOf(after, index.epoch);
    const page = await index.waiting(center, mailbox, sequence, idsPerRequest);
    if (!page.ok) return fail(storageFault(page.fault));
    const last = page.value.at(-1)?.sequence ?? sequence;
    const isFull = page.value.length === idsPerRequest;
    const ahead = isFull ? await index.waiting(center, mailbox, last, urgentAtMost, 1) : ok([]);
    if (!ahead.ok) return fail(storageFault(ahead.fault));
    const doubled = ports.doubledFor(caller);
    return ok({
      cursor: `${index.epoch}-${last}`,
      packs: await lettersOf(ports.store, page.value, ahead.value),
      keyList: ports.keyListNumber(center),
      run: index.epoch,
      ...(doubled.length > 0 && { doubled: [...doubled] }),
    });
  };

  const enter = (caller: Caller, mailbox: string): Waiter => {
    const own = [...waiters].filter((other) => isSame(other.caller, caller) && !other.isOver);
    for (const old of own.slice(0, Math.max(0, own.length + 1 - waitersPerCaller))) {
      old.isOver = true;
      old.bell.abort();
    }
    const waiter: Waiter = { caller, mailbox, bell: new AbortController(), isOver: false };
    waiters.add(waiter);
    return waiter;
  };

  return {
    async events(caller, mailbox, after, waitMs, signal) {
      // Before the first look: what comes between look and wait must ring.
      const waiter = enter(caller, mailbox);
      try {
        const first = await read(caller, mailbox, after);
        if (!first.ok || first.value.packs.length > 0 || waitMs <= 0) return first;
        await waitFor(clock, waitMs, waiter.bell.signal, signal);
      } finally {
        waiters.delete(waiter);
      }
      return read(caller, mailbox, after);
    },

    async *stream(caller, mailbox, after, signal) {
      const waiter = enter(caller, mailbox);
      const endsAtMs = clock.monotonicMs() + sessionLifeS * 1000;
      let cursor = after;
      let told = '';
      try {
        while (!signal.aborted && !waiter.isOver && ports.mayRead(caller, mailbox)) {
          waiter.bell = new AbortController();
          const events = await read(caller, mailbox, cursor);
          if (!events.ok) return;
          cursor = events.value.cursor;
          const { packs, ...rest } = events.value;
          const isNews = packs.length > 0 || told !== JSON.stringify(rest);
          told = JSON.stringify(rest);
          if (isNews) yield events.value;
          // A full page may have another one behind it.
          if (packs.length >= idsPerRequest) continue;
          const leftMs = endsAtMs - clock.monotonicMs();
          if (leftMs <= 0) return;
          const { bell } = waiter;
          await waitFor(clock, Math.min(streamPulseMs, leftMs), bell.signal, signal);
          if (!bell.signal.aborted && !signal.aborted) yield 'quiet';
        }
      } finally {
        waiters.delete(waiter);
      }
    },
    ring(center, mailbox) {
      for (const waiter of waiters) {
        if (waiter.caller.center === center && waiter.mailbox === mailbox) waiter.bell.abort();
      }
    },
    ringAll(center) {
      for (const waiter of waiters) if (waiter.caller.center === center) waiter.bell.abort();
    },
    waiting: () => waiters.size,
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
