import type { Board } from './board.ts';
import type { RelayClient } from './client.ts';
import type { Connection } from './context.ts';

/** What it takes of a connection. */
export interface WarmConnection extends Pick<Connection, 'clock' | 'signal'> {
  readonly board: Pick<Board, 'lastWorkMs' | 'echoed'>;
  readonly client: Pick<RelayClient, 'ping'>;
}

/** Shorter than what a relay lets a kept connection rest, and long enough to cost next to nothing. */
const everyMs = 60_000;
/** Without work for so long the connection may go (sync design, decisions). */
const restMs = 10 * 60_000;

/**
 * Keeps the connections of the uploads open for ten minutes after the last work: the next pack then leaves at once,
 * without the two round trips of a handshake. Work itself keeps them open. What the link needs for a small request is
 * noted. A ping that fails means nothing: who really has something to say finds out.
 */
export async function warmLoop(connection: WarmConnection, width: number): Promise<void> {
  const { board, clock, signal } = connection;
  const startedMs = clock.monotonicMs();
  while (!signal.aborted) {
    const nowMs = clock.monotonicMs();
    const workedMs = nowMs - board.lastWorkMs();
    const restedMs = Math.min(workedMs, nowMs - startedMs);
    // At the same time, so that each has a connection of its own.
    if (restedMs < restMs && workedMs >= everyMs) {
      await Promise.all(Array.from({ length: width }, () => ping(connection)));
    }
    await clock.wait(everyMs, signal);
  }
}

async function ping({ board, client, clock, signal }: WarmConnection): Promise<void> {
  const fromMs = clock.monotonicMs();
  const answer = await client.ping(signal, 'bulk');
  if (answer.ok) board.echoed(clock.monotonicMs() - fromMs);
}
