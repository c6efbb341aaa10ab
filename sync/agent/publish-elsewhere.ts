import { fromBase64url } from '../core/bytes.ts';
import type { Board } from './board.ts';
import { createRelayClient } from './client.ts';
import { pauseMs } from './context.ts';
import type { AgentPorts } from './ports.ts';
import { hasNews, publish } from './publish.ts';

/**
 * Keeps the signed lists of a center current at every relay that its peer file names, whether the agent works with
 * it now or not: a box may use any of them. Ends with `signal`.
 */
export async function publishElsewhere(
  ports: AgentPorts,
  board: Board,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const seen = board.bell.count();
    const areAllThere = await publishAll(ports, board, signal);
    failures = areAllThere ? 0 : failures + 1;
    if (!areAllThere) {
      const woken = board.wake.count();
      await board.wake.after(woken, pauseMs(ports, failures), signal);
    } else {
      await board.bell.after(seen, 60_000, signal);
    }
  }
}

/** Whether every relay that could be asked has all lists. */
async function publishAll(ports: AgentPorts, board: Board, signal: AbortSignal): Promise<boolean> {
  const peer = await ports.spool.readPeer();
  const transport = await ports.transportKey();
  if (!peer.ok || !transport.ok) return true;
  let areAllThere = true;
  for (const { id, urls, spki } of peer.value.relays) {
    const [url] = urls;
    if (url === undefined || !(await hasNews(ports, board, id))) continue;
    const link = ports.connect({ id, url, spki });
    const spkiSha256 = fromBase64url(spki) ?? new Uint8Array();
    const party = { handle: peer.value.handle, transport: transport.value, spkiSha256 };
    try {
      const client = createRelayClient(link, party, signal);
      if ((await publish(ports, board, id, client, signal)) !== undefined) areAllThere = false;
    } finally {
      link.close();
    }
  }
  return areAllThere;
}
