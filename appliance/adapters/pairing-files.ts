import { readBoxKeys, readBoxPeers, writePeerRecord } from '#sync/adapters/keys-file.ts';
import { fromHex, hex } from '#sync/core/bytes.ts';
import { acceptKeyList, openKeyList } from '#sync/seal/key-list.ts';
import type { BoxPeer } from '#sync/seal/peers.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import type { Center, Pairing } from '../ports.ts';

/**
 * What pairing left in the data folder, or undefined before the box has keys. A center counts when its key list
 * verifies under the stored root and a grant is there.
 */
export async function readPairing(dataDir: string): Promise<Pairing | undefined> {
  const keys = await readBoxKeys(dataDir);
  if (!keys.ok) return undefined;
  const centers = (await readBoxPeers(dataDir)).flatMap((peer) => centerOf(peer) ?? []);
  return { ...keys.value, centers };
}

/** What came of a key list that the agent brought. */
export type KeyListOutcome = 'higher' | 'same' | 'lower' | 'alarm' | 'not-ours';

/**
 * Takes a newer key list that a relay handed out: it is written into the record of its center when it is higher.
 * A list that contradicts the known one is an alarm and changes nothing. A change of root needs pairing anew.
 */
export async function adoptKeyList(dataDir: string, text: Uint8Array): Promise<KeyListOutcome> {
  for (const peer of await readBoxPeers(dataDir)) {
    const known = centerOf(peer)?.keyList;
    if (!known) continue;
    const incoming = openKeyList(text, { root: known.root });
    if (!incoming.ok) continue;
    const outcome = acceptKeyList(known, incoming.value);
    if (outcome === 'higher') {
      const keyList = new TextDecoder().decode(text);
      await writePeerRecord(dataDir, hex(sha256(known.root)).slice(0, 16), { ...peer, keyList });
    }
    return outcome;
  }
  return 'not-ours';
}

function centerOf(peer: BoxPeer): Center | undefined {
  const root = fromHex(peer.root ?? '');
  if (!peer.grant || !peer.root || !root || peer.keyList === undefined) return undefined;
  const keyList = openKeyList(peer.keyList, { root });
  if (!keyList.ok) return undefined;
  return {
    root: peer.root,
    name: keyList.value.name,
    state: peer.state,
    keyList: keyList.value,
    grant: peer.grant,
  };
}
