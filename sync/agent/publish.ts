import { hex } from '../core/bytes.ts';
import { sha256 } from '../seal/sha256.ts';
import { publicFiles } from '../wire/spool.ts';
import type { Board } from './board.ts';
import type { CallFault } from './call.ts';
import type { RelayClient } from './client.ts';
import type { AgentPorts } from './ports.ts';

/**
 * Pushes the center's signed files to one relay, key list first, when they changed since that relay took them. A
 * box has none, and nothing is sent. Answers the fault that stopped it. A relay that refuses a file (409, 403) keeps
 * its own: that is shown, and the file is not pushed again before it changes.
 */
export async function publish(
  ports: Pick<AgentPorts, 'spool' | 'log'>,
  board: Board,
  relayId: string,
  client: Pick<RelayClient, 'putPublic'>,
  signal: AbortSignal,
): Promise<CallFault | undefined> {
  const { spool, log } = ports;
  for (const name of publicFiles) {
    const bytes = await spool.readPublic(name);
    if (bytes === undefined) continue;
    const digest = hex(sha256(bytes));
    if (board.published.get(relayId)?.[name] === digest) continue;
    const put = await client.putPublic(name, bytes, signal);
    const key = `publish ${relayId} ${name}`;
    if (!put.ok) {
      const isRefused = put.fault.kind === 'agent/offset' || put.fault.kind === 'agent/refused';
      if (!isRefused) return put.fault;
      log.warn('agent/list-refused', { relayId, name });
      board.fault(key, put.fault);
    } else {
      log.info('agent/list-accepted', { relayId, name });
      board.clear(key);
    }
    // Asked anew: the relay may have started anew meanwhile, and then knows nothing of the others.
    board.published.set(relayId, { ...board.published.get(relayId), [name]: digest });
  }
  return undefined;
}

/** Whether a file in the spool is not at the relay yet. */
export async function hasNews(
  { spool }: Pick<AgentPorts, 'spool'>,
  board: Board,
  relayId: string,
): Promise<boolean> {
  for (const name of publicFiles) {
    const bytes = await spool.readPublic(name);
    if (bytes !== undefined && board.published.get(relayId)?.[name] !== hex(sha256(bytes))) {
      return true;
    }
  }
  return false;
}
