import { backoffMs } from '../core/backoff.ts';
import type { Peer } from '../wire/peer.ts';
import type { Board, Standing } from './board.ts';
import { type CallFault, isBrokenWay, isHopelessFault, isLinkFault } from './call.ts';
import type { RelayClient } from './client.ts';
import type { Gate } from './gate.ts';
import type { AgentPorts, Endpoint, JournalEntry } from './ports.ts';
import type { Pulse } from './pulse.ts';
import type { Running } from './running.ts';
import type { Valve } from './valve.ts';

/** What the loops of one connection share. */
export interface Connection extends AgentPorts {
  readonly board: Board;
  /** The board's, unless the agent works with another relay. */
  readonly standing: Standing;
  readonly client: RelayClient;
  /** Which class sends next, and when. */
  readonly gate: Gate;
  /** How fast uploads leave. */
  readonly valve: Valve;
  /** Whether the relay answers. */
  readonly pulse: Pulse;
  /** Requests that may have to make way for STAT. */
  readonly running: Set<Running>;
  /** There are other ways to relays beside this one. */
  readonly hasOthers: boolean;
  /** Only mail is taken in here; the agent works with another relay. */
  readonly isReceiving?: boolean;
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
 * Takes note of a failed call. Somebody else in the relay's place ends the connection; a session that is refused does
 * too, since nothing works without. A connection that broke is an alarm. Anything else is the caller's to deal with.
 */
export function noteFailure(connection: Connection, failed: CallFault): void {
  if (connection.signal.aborted) return;
  if (isHopelessFault(failed) || failed.kind === 'agent/no-session') connection.leave(failed);
  else if (isBrokenWay(failed)) connection.pulse.alarm();
  else if (!isLinkFault(failed)) connection.standing.contact();
}

/** Rests after `failures` in a row, or until somebody says: try now. A cut is over as soon as the way is found again. */
export async function restAfter(
  connection: Connection,
  failures: number,
  failed: CallFault,
): Promise<void> {
  const { board, pulse, signal } = connection;
  if (!isLinkFault(failed)) {
    await board.wake.after(board.wake.count(), pauseMs(connection, failures, failed), signal);
    return;
  }
  // The alarm rings first; whoever looks after the way must have seen it.
  for (let isFirst = true; !signal.aborted && (isFirst || pulse.isDark); isFirst = false) {
    await board.bell.after(board.bell.count(), isFirst ? shortRestMs : 60_000, signal);
  }
}

const shortRestMs = 250;

/** How long to stay away after `failures` in a row; what the relay asks for counts when it is longer. */
export function pauseMs(
  { random }: Pick<AgentPorts, 'random'>,
  failures: number,
  failed?: CallFault,
): number {
  return Math.max(failed?.retryAfterMs ?? 0, backoffMs(failures - 1, random));
}
