import { utf8 } from '../core/bytes.ts';
import { idsPerRequest } from '../wire/limits.ts';
import type { Board } from './board.ts';
import type { CallFault } from './call.ts';
import { afterStatus } from './claims.ts';
import { type Connection, noteFailure, restAfter } from './context.ts';
import { keepReceipt } from './parking.ts';
import type { Outgoing } from './plan.ts';
import { packsOfReceipt } from './receipt.ts';
import { countSent } from './usage.ts';

/**
 * Asks the relay about every pack that is not done: one round trip puts both ends right after an outage. Answers the
 * fault that stopped it.
 */
export function synchronise(connection: Connection): Promise<CallFault | undefined> {
  const { board } = connection;
  return ask(
    connection,
    board.outgoing.filter(({ packId }) => !board.progressOf(packId).isDone),
  );
}

/** Asks about packs with bytes that were cut on their way, as soon as there are any; the others go on meanwhile. */
export async function clearDoubtsLoop(connection: Connection): Promise<void> {
  const { board, clock, pulse, signal } = connection;
  let failures = 0;
  while (!signal.aborted) {
    const seen = board.bell.count();
    if (doubtful(board).length === 0 || pulse.isDark) {
      await board.bell.after(seen, 60_000, signal);
      continue;
    }
    // What is cut together is doubtful together, a moment later.
    await clock.wait(togetherMs, signal);
    const failed = await ask(connection, doubtful(board));
    failures = failed === undefined ? 0 : failures + 1;
    if (failed === undefined) continue;
    noteFailure(connection, failed);
    await restAfter(connection, failures, failed);
  }
}

const togetherMs = 50;

function doubtful(board: Board): readonly Outgoing[] {
  return board.outgoing.filter(({ packId }) => {
    const { claims, isDone } = board.progressOf(packId);
    return !isDone && claims.some(({ state }) => state === 'doubtful');
  });
}

async function ask(
  connection: Connection,
  packs: readonly Outgoing[],
): Promise<CallFault | undefined> {
  const { board, client, pulse, signal } = connection;
  for (let at = 0; at < packs.length; at += idsPerRequest) {
    const ids = packs.slice(at, at + idsPerRequest).map(({ packId }) => packId);
    const asked = new Map(ids.map((packId) => [packId, board.progressOf(packId)]));
    const beat = pulse.begin();
    const status = await client.status(ids, signal);
    if (!status.ok) {
      beat.ended();
      return status.fault;
    }
    beat.answered();
    board.contact();
    for (const { packId, offset, early } of status.value.packs) {
      const before = asked.get(packId);
      if (before === undefined) continue;
      const known = board.progressOf(packId);
      const told = afterStatus(known, before, offset, early ?? []);
      if (before.claims.length > 0) countSent(connection, Math.max(0, told.offset - known.offset));
      board.note(packId, { ...told, ...(known.requests === 0 && { isNarrow: false }) });
    }
    for (const receipt of status.value.receipts) {
      for (const packId of packsOfReceipt(receipt)) {
        const before = asked.get(packId);
        if (before === undefined) continue;
        // Of a pack that this run has sent something of, the rest arrived with a request that was cut.
        const size = packs.find((pack) => pack.packId === packId)?.sizeBytes ?? 0;
        const restBytes = size - board.progressOf(packId).offset;
        if (before.claims.length > 0) countSent(connection, Math.max(0, restBytes));
        await keepReceipt(connection, packId, utf8(receipt));
      }
    }
  }
  return undefined;
}
