import { utf8 } from '../core/bytes.ts';
import { signAccessList } from '../seal/access-list.ts';
import { spoolValue } from './disk.ts';
import type { CenterPorts, Party } from './ports.ts';
import { accessOf, nextAccessList, peerOf } from './publish.ts';

type PublishPorts = Pick<CenterPorts, 'spool' | 'readAccessList' | 'writeAccessList' | 'log'>;

/**
 * Publishes what the agent and the relays need: `peer.json`, `center.keys`, `access.json`. Each is written when its
 * content changed; the access list is kept before it is published, so its version can only rise.
 */
export function createPublishing(ports: PublishPorts) {
  const { spool, log } = ports;
  const published = new Map<string, string>();

  async function put(name: 'center.keys' | 'access.json', text: string): Promise<void> {
    if (published.get(name) === text) return;
    spoolValue(await spool.putPublic(name, utf8(text)));
    published.set(name, text);
  }

  return async function publish(party: Party): Promise<void> {
    await put('center.keys', party.keyListText);
    let text = await ports.readAccessList();
    const access = nextAccessList(accessOf(party), text, party.keyList);
    if (access !== undefined) {
      text = signAccessList(access, party.identity);
      await ports.writeAccessList(text);
      log.info('center/access-list', { version: access.version, boxes: access.handles.length - 1 });
    }
    if (text !== undefined) await put('access.json', text);
    if (party.keyList.relays.length === 0) return;
    const peer = JSON.stringify(peerOf(party));
    if (published.get('peer.json') === peer) return;
    spoolValue(await spool.writePeer(peerOf(party)));
    published.set('peer.json', peer);
  };
}
