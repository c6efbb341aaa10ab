import { utf8 } from '../core/bytes.ts';
import { signAccessList } from '../seal/access-list.ts';
import { spoolValue } from './disk.ts';
import { grantsByTicket } from './granting.ts';
import type { CenterPorts } from './ports.ts';
import type { Party } from './ports-party.ts';
import { accessOf, nextAccessList, peerOf, versionAfterRestore } from './publish.ts';
import type { OutgoingRow } from './rows.ts';

type PublishPorts = Pick<CenterPorts, 'spool' | 'readAccessList' | 'writeAccessList' | 'log'>;

/**
 * Publishes what the agent and the relays need: `peer.json`, `center.keys`, `access.json`. Each is written when its
 * content changed; the access list is kept before it is published, so its version can only rise.
 */
export function createPublishing(ports: PublishPorts) {
  const { spool, log } = ports;
  const published = new Map<string, string>();
  let settled = '';

  async function put(name: 'center.keys' | 'access.json', text: string): Promise<void> {
    if (published.get(name) === text) return;
    spoolValue(await spool.putPublic(name, utf8(text)));
    published.set(name, text);
  }

  /** The signed list that holds now. To check our own signature takes 20 ms: once for the same bytes is enough. */
  async function accessText(
    party: Party,
    outgoing: readonly OutgoingRow[],
  ): Promise<string | undefined> {
    const text = await ports.readAccessList();
    const wanted = accessOf(party, grantsByTicket(party.tickets, outgoing));
    const ground = JSON.stringify([
      wanted,
      party.keyListText,
      text,
      versionAfterRestore(party.tickets),
    ]);
    if (ground === settled) return text;
    const floor = versionAfterRestore(party.tickets);
    const access = nextAccessList(wanted, text, party.keyList, floor);
    if (access === undefined) {
      settled = ground;
      return text;
    }
    const signed = signAccessList(access, party.identity);
    await ports.writeAccessList(signed);
    log.info('center/access-list', { version: access.version, boxes: access.handles.length - 1 });
    return signed;
  }

  return async function publish(party: Party, outgoing: readonly OutgoingRow[]): Promise<void> {
    await put('center.keys', party.keyListText);
    const access = await accessText(party, outgoing);
    if (access !== undefined) await put('access.json', access);
    if (party.keyList.relays.length === 0) return;
    const peer = peerOf(party);
    const text = JSON.stringify(peer);
    if (published.get('peer.json') === text) return;
    spoolValue(await spool.writePeer(peer));
    published.set('peer.json', text);
  };
}
