import type { Peer } from '../wire/peer.ts';
import type { Board } from './board.ts';
import type { Connection } from './context.ts';
import type { AgentPorts, Endpoint } from './ports.ts';
import { attemptDeadlineMs } from './silence.ts';
import type { Trust } from './trust.ts';

/** Every way to a relay of the party, in the order of its list. */
export function waysOf(peer: Peer): readonly Endpoint[] {
  return peer.relays.flatMap(({ id, urls, spki }) => urls.map((url) => ({ id, url, spki })));
}

/** Resolves when `peer.json` says something else than `peer`, or at the end. */
export async function untilPeerChanges(
  spool: AgentPorts['spool'],
  { bell }: Pick<Board, 'bell'>,
  peer: Peer,
  signal: AbortSignal,
): Promise<void> {
  const known = JSON.stringify(peer);
  while (!signal.aborted) {
    const seen = bell.count();
    const now = await spool.readPeer();
    if (now.ok && JSON.stringify(now.value) !== known) return;
    await bell.after(seen, 60_000, signal);
  }
}

/** The way to take: the one at `turn`, or the next whose relay is believed; when none is, the one at `turn`. */
export function wayAt(
  ways: readonly Endpoint[],
  turn: number,
  trust: Pick<Trust, 'waitMs'>,
): number {
  const inTurn = ways.map((_, at) => (turn + at) % ways.length);
  const isBelieved = (at: number): boolean => trust.waitMs(ways[at]?.id ?? '') === 0;
  return inTurn.find(isBelieved) ?? turn % Math.max(1, ways.length);
}

/** Whether another relay than `relayId` is listed that is believed. */
export function hasOtherRelay({ relays }: Peer, relayId: string, trust: Trust): boolean {
  return relays.some(({ id }) => id !== relayId && trust.waitMs(id) === 0);
}

const lookEveryMs = 10 * 60_000;
/** A part that is begun at one relay is sent anew at the other: so long that is waited for. */
const politeForMs = 30 * 60_000;

/**
 * While a later way of the list is used: looks every ten minutes whether an earlier one is open again, and answers its
 * number as soon as nothing half-sent is left behind. Undefined at the end.
 */
export async function untilEarlierWay(
  ports: Pick<AgentPorts, 'connect' | 'clock'>,
  { board, running }: Pick<Connection, 'board' | 'running'>,
  ways: readonly Endpoint[],
  current: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { clock } = ports;
  while (!signal.aborted) {
    await clock.wait(lookEveryMs, signal);
    const open = signal.aborted ? undefined : await firstOpen(ports, board, ways, current, signal);
    if (open === undefined) continue;
    const endMs = clock.monotonicMs() + politeForMs;
    while (!signal.aborted && (running.size > 0 || isHalfSent(board))) {
      const leftMs = endMs - clock.monotonicMs();
      if (leftMs <= 0) break;
      await board.bell.after(board.bell.count(), leftMs, signal);
    }
    if (!signal.aborted) return open;
  }
  return undefined;
}

async function firstOpen(
  ports: Pick<AgentPorts, 'connect'>,
  board: Board,
  ways: readonly Endpoint[],
  current: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  for (const [number, way] of ways.slice(0, current).entries()) {
    if (board.trust.waitMs(way.id) > 0) continue;
    const link = ports.connect(way);
    const deadlineMs = attemptDeadlineMs(board.roundTripMs());
    const opened = await link.open(deadlineMs, () => undefined, signal);
    link.close();
    if (opened.ok) return number;
  }
  return undefined;
}

function isHalfSent({ outgoing, progressOf }: Board): boolean {
  return outgoing.some(({ packId, sizeBytes }) => {
    const { offset, claims, isDone } = progressOf(packId);
    return !isDone && ((offset > 0 && offset < sizeBytes) || claims.length > 0);
  });
}
