import { idsPerRequest } from '../wire/limits.ts';
import type { PackId } from '../wire/pack-id.ts';
import { isLinkFault } from './call.ts';
import { type Connection, noteFailure, restAfter } from './context.ts';

/**
 * Tells the relay what the clinical side holds durably, then removes it from the spool: in this order, so that a
 * cut in between repeats the acknowledgement and loses nothing.
 */
export async function acknowledgeLoop(connection: Connection): Promise<void> {
  const { board, client, spool, standing, signal } = connection;
  let failures = 0;
  while (!signal.aborted) {
    const seen = board.bell.count();
    const { held, taken } = await spool.incoming();
    const marked = new Set(taken);
    const ready = held
      .filter((packId) => marked.has(packId) && isNamedHere(connection, packId))
      .slice(0, idsPerRequest);
    if (ready.length === 0) {
      await board.bell.after(seen, 60_000, signal);
      continue;
    }
    const answer = await client.acknowledge(ready, signal);
    if (!answer.ok) {
      noteFailure(connection, answer.fault);
      if (!isLinkFault(answer.fault)) standing.fault('acks', answer.fault);
      await restAfter(connection, ++failures, answer.fault);
      continue;
    }
    failures = 0;
    standing.contact();
    standing.clear('acks');
    for (const packId of ready) {
      const origins = board.origins.get(packId);
      origins?.delete(connection.endpoint.id);
      if (origins !== undefined && listedIn(connection, origins).length > 0) continue;
      board.origins.delete(packId);
      await spool.removeIncoming(packId);
    }
  }
}

/** A pack of which nobody knows any more where it came from is told where the agent works. */
function isNamedHere(connection: Connection, packId: PackId): boolean {
  const { board, endpoint, isReceiving = false } = connection;
  const origins = board.origins.get(packId) ?? new Set();
  if (origins.has(endpoint.id)) return true;
  return !isReceiving && listedIn(connection, origins).length === 0;
}

/** A relay that is not listed any more is asked nothing. */
function listedIn({ peer }: Connection, origins: ReadonlySet<string>): readonly string[] {
  return peer.relays.map(({ id }) => id).filter((id) => origins.has(id));
}
