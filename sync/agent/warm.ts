import type { Board } from './board.ts';
import type { RelayClient } from './client.ts';
import type { Connection } from './context.ts';

/** What it takes of a connection. */
export interface WarmConnection extends Pick<Connection, 'clock' | 'signal'> {
  readonly board: Pick<Board, 'lastWorkMs'>;
  readonly client: Pick<RelayClient, 'ping'>;
}

/** Shorter than what a relay lets a kept connection rest, and long enough to cost next to nothing. */
const everyMs = 60_000;
/** Without work for so long the connection may go (sync design, decisions). */
const restMs = 10 * 60_000;

/**
 * Keeps a second connection open beside the one that waits at the mailbox, for ten minutes after the last work: the
 * next pack then leaves at once, without the two round trips of a handshake. A ping that fails means nothing: who
 * really has something to say finds out.
 */
export async function warmLoop({ board, client, clock, signal }: WarmConnection): Promise<void> {
  const startedMs = clock.monotonicMs();
  while (!signal.aborted) {
    const restedMs = clock.monotonicMs() - Math.max(startedMs, board.lastWorkMs());
    if (restedMs < restMs) await client.ping(signal);
    await clock.wait(everyMs, signal);
  }
}
