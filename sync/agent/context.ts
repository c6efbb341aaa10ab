import { backoffMs } from '../core/backoff.ts';
import type { Peer } from '../wire/peer.ts';
import type { Board } from './board.ts';
import { type CallFault, isLinkFault } from './call.ts';
import type { RelayClient } from './client.ts';
import type { Gate } from './gate.ts';
import type { AgentPorts, Endpoint, JournalEntry } from './ports.ts';

/** What the loops of one connection share. */
export interface Connection extends AgentPorts {
  readonly board: Board;
  readonly client: RelayClient;
  /** Which class sends next, and when. */
  readonly gate: Gate;
  readonly endpoint: Endpoint;
  readonly peer: Peer;
  /** Aborts when the connection is given up. */
  readonly signal: AbortSignal;
  readonly journalEntry: () => JournalEntry;
  /** Changes the journal, which is written some seconds later: losing the change costs bytes, never a pack. */
  remember(change: (entry: JournalEntry) => JournalEntry): void;
  /** Gives the connection up: the way is gone, or another relay should be tried. */
  leave(fault: CallFault): void;
}

/**
 * Takes note of a failed call. A fault of the link ends the connection; a session that is refused does too, since
 * nothing works without. Anything else is the caller's to deal with.
 */
export function noteFailure(connection: Connection, failed: CallFault): void {
  if (connection.signal.aborted) return;
  if (isLinkFault(failed) || failed.kind === 'agent/no-session') connection.leave(failed);
  else connection.board.contact();
}

/** How long to stay away after `failures` in a row; what the relay asks for counts when it is longer. */
export function pauseMs(
  { random }: Pick<AgentPorts, 'random'>,
  failures: number,
  failed?: CallFault,
): number {
  return Math.max(failed?.retryAfterMs ?? 0, backoffMs(failures - 1, random));
}
