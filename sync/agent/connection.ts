import { fromBase64url } from '../core/bytes.ts';
import { fault } from '../core/fault.ts';
import { joinSignals } from '../core/signals.ts';
import type { SigningKey } from '../seal/signature.ts';
import type { Peer } from '../wire/peer.ts';
import { acknowledgeLoop } from './acknowledge.ts';
import type { Board } from './board.ts';
import { type CallFault, isLinkFault } from './call.ts';
import { createRelayClient } from './client.ts';
import { type Connection, noteFailure, restAfter } from './context.ts';
import { echoLoop } from './echo.ts';
import { fetchLoop, parallelFetches } from './fetch.ts';
import type { Gate } from './gate.ts';
import { openInbox } from './inbox.ts';
import { listenLoop } from './listen.ts';
import type { AgentPorts, Endpoint, JournalEntry } from './ports.ts';
import { publish } from './publish.ts';
import { createPulse } from './pulse.ts';
import { findAgain, recoverLoop } from './recover.ts';
import type { Running } from './running.ts';
import { parallelUploads, sendLoop, warmConnections } from './send.ts';
import { clearDoubtsLoop, synchronise } from './synchronise.ts';
import { together } from './together.ts';
import type { Valve } from './valve.ts';
import { warmLoop } from './warm.ts';

/** What a connection needs beyond the ports. */
export interface ConnectionSetting {
  readonly board: Board;
  readonly endpoint: Endpoint;
  readonly peer: Peer;
  readonly transport: SigningKey;
  /** Requests that may have to make way for STAT; shared with whoever sees the order change. */
  readonly running: Set<Running>;
  readonly gate: Gate;
  readonly valve: Valve;
  /** There are other ways to relays beside this one. */
  readonly hasOthers: boolean;
  readonly journalEntry: () => JournalEntry;
  remember(change: (entry: JournalEntry) => JournalEntry): void;
}

/** How a connection ended. */
export interface Ending {
  /** The relay answered at least once. */
  readonly hadContact: boolean;
  /** Undefined when it was stopped from outside. */
  readonly fault: CallFault | undefined;
}

/**
 * Talks to one relay until the way is gone or `signal` aborts. First the signed lists (a center may have to
 * introduce itself), then the status of everything, then all loops side by side; every byte the relay confirmed
 * counts from there. All sockets are thrown away at the end: a dead one would swallow the next request.
 */
export async function serveConnection(
  ports: AgentPorts,
  setting: ConnectionSetting,
  signal: AbortSignal,
): Promise<Ending> {
  const { board, endpoint, peer } = setting;
  const link = ports.connect(endpoint);
  const over = new AbortController();
  const { signal: lifetime } = joinSignals(signal, over.signal);
  const spkiSha256 = fromBase64url(endpoint.spki) ?? new Uint8Array();
  const party = { handle: peer.handle, transport: setting.transport, spkiSha256 };
  let left: CallFault | undefined;
  let hadContact = false;
  const connection: Connection = {
    ...ports,
    ...setting,
    ...{ board, standing: board },
    client: createRelayClient(link, party, lifetime),
    pulse: createPulse(ports.clock, () => board.bell.ring()),
    signal: lifetime,
    leave(cause) {
      left ??= cause;
      over.abort();
    },
  };
  try {
    await findAgain(connection, link, true);
    if (!lifetime.aborted) {
      // At once, beside the greeting: what waits then leaves on connections that stand.
      const warming = warmLoop(connection, warmConnections);
      const loops = [recoverLoop(connection, link), greetAndServe(connection), warming];
      await together(loops, () => connection.leave(brokenLoop));
    }
    // A relay that does not know this party any more may have lost the lists of the center.
    if (left?.kind === 'agent/no-session') board.published.delete(endpoint.id);
  } finally {
    over.abort();
    link.close();
  }
  return { hadContact, fault: signal.aborted ? undefined : left };

  async function greetAndServe(own: Connection): Promise<void> {
    for (let failures = 1; !lifetime.aborted; failures++) {
      const refused =
        (await publish(ports, board, endpoint.id, own.client, lifetime)) ??
        (await synchronise(own));
      if (refused === undefined) break;
      noteFailure(own, refused);
      if (!isLinkFault(refused)) own.leave(refused);
      await restAfter(own, failures, refused);
    }
    if (lifetime.aborted) return;
    hadContact = true;
    board.relayId = endpoint.id;
    board.contact();
    board.clear('link');
    ports.log.info('agent/connected', { relay: endpoint.id });
    await serve(own);
  }
}

async function serve(connection: Connection): Promise<void> {
  const inbox = openInbox(connection);
  const loops = [
    listenLoop(connection, inbox),
    acknowledgeLoop(connection),
    echoLoop(connection),
    clearDoubtsLoop(connection),
    ...Array.from({ length: parallelUploads }, () => sendLoop(connection)),
    ...Array.from({ length: parallelFetches }, () => fetchLoop(connection, inbox)),
    fetchLoop(connection, inbox, true),
  ];
  await together(loops, () => connection.leave(brokenLoop));
}

const brokenLoop: CallFault = fault(
  'agent/relay-broken',
  'A part of the agent ended',
  'It starts again by itself',
  'later',
);
