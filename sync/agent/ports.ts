import type { Clock } from '../core/clock.ts';
import type { Fault } from '../core/fault.ts';
import type { Log } from '../core/log.ts';
import type { Random } from '../core/random.ts';
import type { Result } from '../core/result.ts';
import type { SigningKey } from '../seal/signature.ts';
import type { AgentSpool } from '../wire/spool.ts';

export type LinkFault = Fault<
  | 'link/down'
  | 'link/no-name'
  | 'link/not-tls'
  | 'link/wrong-pin'
  | 'link/timeout'
  | 'link/reset'
  | 'link/closed'
  | 'link/not-http'
>;

/**
 * Says how many of the next `wantedBytes` of a body may leave, once they may; 0 = none any more, since `signal` aborted.
 */
export type Pacing = (wantedBytes: number, signal: AbortSignal) => Promise<number>;

/**
 * `bulk` has connections of its own; `small` is the default. `fresh` makes one anew, `kept` takes the one that rested
 * longest and ends with `link/closed` where none rests: the two tell what became of the connections that stand.
 */
export type LinkUse = 'bulk' | 'small' | 'fresh' | 'kept';

/** One request to a relay. */
export interface LinkRequest {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'POST';
  /** Path below the relay's URL, with `/v1`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** At once unless given. */
  readonly pace?: Pacing;
  readonly use?: LinkUse;
  /** The whole exchange must be over by then, milliseconds. */
  readonly deadlineMs: number;
  /** A longer answer is cut and counts as a fault of the link. */
  readonly answerSizeBytes: number;
  /**
   * Called with the head of an answer below 300. What it gives back takes the bytes as they come, so that those from
   * before a cut count, and the answer has an empty body.
   */
  readonly stream?: (head: LinkHead) => ((bytes: Uint8Array) => void) | undefined;
  /** Once the head is here, without a byte for this long the answer is given up, as at its deadline. */
  readonly silenceMs?: number;
  /** Gives the request up: its socket is reset, so that nothing of it stays in the kernel. */
  readonly signal: AbortSignal;
}

/** The head of an answer. */
export interface LinkHead {
  readonly status: number;
  /** One header by its lower-case name. */
  header(name: string): string | undefined;
}

export interface LinkAnswer extends LinkHead {
  /** The caller owns the bytes. */
  readonly body: Uint8Array;
}

/** Pinned connections to one URL of one relay. */
export interface Link {
  /** Never throws for what a network or a relay does. Nothing is sent before the pin is checked. */
  request(request: LinkRequest): Promise<Result<LinkAnswer, LinkFault>>;
  /**
   * Opens one more connection and checks its pin; it then waits for a request. `onReached` is called as soon as
   * something answers at the address, which is no proof of who.
   */
  open(
    deadlineMs: number,
    onReached: () => void,
    signal: AbortSignal,
  ): Promise<Result<void, LinkFault>>;
  /** Resets the connections on which a request is under way, which ends with `link/reset`. */
  reset(): void;
  /** The connections that stand now: calling it resets those that still do, in use or not, as `reset` does. */
  standing(): () => void;
  /** Resets every socket; requests under way end with `link/closed`. */
  close(): void;
}

/** One way to a relay: `spki` is its pin, base64url of 32 bytes. */
export interface Endpoint {
  readonly id: string;
  readonly url: string;
  readonly spki: string;
}

/** What the agent remembers over a restart. Losing it costs bytes, never a pack. */
export interface JournalEntry {
  /** By relay id: everything up to this mailbox cursor was fetched. */
  readonly cursors: Readonly<Record<string, string>>;
  /** Month YYYY-MM of the counts below. */
  readonly month: string;
  /** Sealed bytes that relays acknowledged, and that were fetched, in that month. */
  readonly sentBytes: number;
  readonly fetchedBytes: number;
  /** Bytes that count against the data budget, by period (`budget.ts`); ahead of the truth by a lease. */
  readonly budget?: Readonly<Record<string, number>> | undefined;
}

export interface Journal {
  /** An empty entry when there is none or it is damaged. */
  read(): Promise<JournalEntry>;
  /** Durable on return; throws the system's error. */
  write(entry: JournalEntry): Promise<void>;
}

export interface AgentPorts {
  readonly spool: AgentSpool;
  readonly journal: Journal;
  /** Opens no socket yet; connections are made by the first requests. */
  connect(endpoint: Endpoint): Link;
  /** The transport key of this party; a fault before pairing. Read at every connect. */
  transportKey(): Promise<Result<SigningKey, Fault>>;
  /** Calls `onChange` when a way out of this machine came or went, until `signal`; resolves at the end. */
  watchNetwork(onChange: () => void, signal: AbortSignal): Promise<void>;
  /** Bytes that the way out of this machine has carried, both ways, since it is up; left out where nobody can tell. */
  uplinkBytes?(): Promise<number | undefined>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}
