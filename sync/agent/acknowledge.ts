import { idsPerRequest } from '../wire/limits.ts';
import { isLinkFault } from './call.ts';
import { type Connection, noteFailure, restAfter } from './context.ts';

/**
 * Tells the relay what the clinical side holds durably, then removes it from the spool: in this order, so that a
 * cut in between repeats the acknowledgement and loses nothing.
 */
export async function acknowledgeLoop(connection: Connection): Promise<void> {
  const { board, client, spool, signal } = connection;
  let failures = 0;
  while (!signal.aborted) {
    const seen = board.bell.count();
    const { held, taken } = await spool.incoming();
    const marked = new Set(taken);
    const ready = held.filter((packId) => marked.has(packId)).slice(0, idsPerRequest);
    if (ready.length === 0) {
      await board.bell.after(seen, 60_000, signal);
      continue;
    }
    const answer = await client.acknowledge(ready, signal);
    if (!answer.ok) {
      noteFailure(connection, answer.fault);
      if (!isLinkFault(answer.fault)) board.fault('acks', answer.fault);
      await restAfter(connection, ++failures, answer.fault);
      continue;
    }
    failures = 0;
    board.contact();
    board.clear('acks');
    for (const packId of ready) await spool.removeIncoming(packId);
  }
}
