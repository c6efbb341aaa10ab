import { fromBase64url } from '../core/bytes.ts';
import { fault } from '../core/fault.ts';
import { joinSignals } from '../core/signals.ts';
import type { Peer } from '../wire/peer.ts';
import { acknowledgeLoop } from './acknowledge.ts';
import type { Board, Standing } from './board.ts';
import type { CallFault } from './call.ts';
import { createRelayClient } from './client.ts';
import type { ConnectionSetting } from './connection.ts';
import { type Connection, pauseMs } from './context.ts';
import { fetchLoop } from './fetch.ts';
import { openInbox } from './inbox.ts';
import { listenLoop } from './listen.ts';
import type { AgentPorts, Endpoint } from './ports.ts';
import { createPulse } from './pulse.ts';
import { together } from './together.ts';
import { untilPeerChanges } from './ways.ts';

export type ReceivingSetting = Pick<
  ConnectionSetting,
  'board' | 'running' | 'gate' | 'valve' | 'journalEntry' | 'remember'
>;

/**
 * Empties the mailbox at every relay of the list beside the one that is worked with: the other side may have had to go
 * to another one. Nothing is sent there. Ends with `signal`.
 */
export async function receiveElsewhere(
  ports: AgentPorts,
  setting: ReceivingSetting,
  signal: AbortSignal,
): Promise<void> {
  const { board } = setting;
  while (!signal.aborted) {
    const seen = board.bell.count();
    const peer = await ports.spool.readPeer();
    if (!peer.ok || peer.value.relays.length < 2) {
      await board.bell.after(seen, 60_000, signal);
      continue;
    }
    const over = new AbortController();
    const { signal: until } = joinSignals(signal, over.signal);
    const receiving = peer.value.relays.map(({ id, urls: [url = ''], spki }) =>
      receiveAt(ports, setting, peer.value, { id, url, spki }, until),
    );
    const moved = untilPeerChanges(ports.spool, board, peer.value, until).finally(() =>
      over.abort(),
    );
    await together([...receiving, moved], () => over.abort());
  }
}

/** Away from the list's first relay nothing is urgent: so many times the usual pauses. */
const patience = 5;

async function receiveAt(
  ports: AgentPorts,
  setting: ReceivingSetting,
  peer: Peer,
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<void> {
  const { board } = setting;
  let failures = 0;
  while (!signal.aborted) {
    const seen = board.bell.count();
    const woken = board.wake.count();
    // Before the agent has found a relay to work with, nobody knows which are the others.
    if (board.relayId === undefined || board.relayId === endpoint.id) {
      await board.bell.after(seen, 60_000, signal);
      continue;
    }
    const failed = await receiveOnce(ports, setting, peer, endpoint, signal);
    failures = failed === undefined ? 0 : failures + 1;
    const pause = patience * pauseMs(ports, Math.max(1, failures), failed);
    if (!signal.aborted) await board.wake.after(woken, pause, signal);
  }
}

/** Listens and fetches until the way breaks, or the agent works with this relay. */
async function receiveOnce(
  ports: AgentPorts,
  setting: ReceivingSetting,
  peer: Peer,
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<CallFault | undefined> {
  const transport = await ports.transportKey();
  if (!transport.ok) return undefined;
  const over = new AbortController();
  const { signal: lifetime } = joinSignals(signal, over.signal);
  const link = ports.connect(endpoint);
  const spkiSha256 = fromBase64url(endpoint.spki) ?? new Uint8Array();
  const party = { handle: peer.handle, transport: transport.value, spkiSha256 };
  let left: CallFault | undefined;
  const leave = (cause: CallFault): void => {
    left ??= cause;
    over.abort();
  };
  const connection: Connection = {
    ...ports,
    ...setting,
    ...{ endpoint, peer, hasOthers: true, isReceiving: true },
    standing: standingApart(),
    client: createRelayClient(link, party, lifetime),
    pulse: {
      ...createPulse(ports.clock, () => undefined),
      alarm: () => leave(brokenFault),
    },
    signal: lifetime,
    leave,
  };
  try {
    const inbox = openInbox(connection);
    const loops = [
      listenLoop(connection, inbox),
      fetchLoop(connection, inbox),
      acknowledgeLoop(connection),
      untilWorkedWith(setting.board, endpoint.id, lifetime).finally(() => over.abort()),
    ];
    await together(loops, () => over.abort());
  } finally {
    over.abort();
    link.close();
  }
  return left;
}

async function untilWorkedWith(board: Board, relayId: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && board.relayId !== relayId) {
    await board.bell.after(board.bell.count(), 60_000, signal);
  }
}

/** What happens here says nothing about the link to the relay that the agent works with. */
function standingApart(): Standing {
  const nothing = () => undefined;
  return { timeouts: 0, contact: nothing, fault: nothing, clear: nothing };
}

const brokenFault: CallFault = fault(
  'link/down',
  'Cannot reach another relay of the list',
  'It is tried again by itself',
  'later',
);
