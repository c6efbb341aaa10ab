import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromHex, utf8Text } from '#sync/core/bytes.ts';
import type { Fault } from '#sync/core/fault.ts';
import type { Result } from '#sync/core/result.ts';
import { acceptKeyList, openKeyList } from '#sync/seal/key-list.ts';
import { type BoxPeer, boxPeerSchema } from '#sync/seal/peers.ts';
import type { Center, Pairing } from '../ports.ts';

/** Keys and peer records in the data folder, as pairing writes them. */
export interface PairingKeys {
  readonly readBoxKeys: (
    dataDir: string,
  ) => Promise<Result<Pick<Pairing, 'identity' | 'receive'>, Fault>>;
  readonly readBoxPeers: (dataDir: string) => Promise<readonly BoxPeer[]>;
  readonly writePeerRecord: (dataDir: string, name: string, record: BoxPeer) => Promise<void>;
}

/**
 * What pairing left in the data folder, or undefined before the box has keys. A center counts when its key list
 * verifies under the stored root and a grant is there.
 */
export async function readPairing(
  { readBoxKeys, readBoxPeers }: PairingKeys,
  dataDir: string,
): Promise<Pairing | undefined> {
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
export async function adoptKeyList(
  { writePeerRecord }: PairingKeys,
  dataDir: string,
  bytes: Uint8Array,
): Promise<KeyListOutcome> {
  const text = utf8Text(bytes);
  if (text === undefined) return 'not-ours';
  for (const { name, peer } of await readRecords(join(dataDir, 'peers'))) {
    const known = centerOf(peer)?.keyList;
    const incoming = known && openKeyList(text, { root: known.root });
    if (!known || !incoming?.ok) continue;
    const outcome = acceptKeyList(known, incoming.value);
    if (outcome === 'higher') await writePeerRecord(dataDir, name, { ...peer, keyList: text });
    return outcome;
  }
  return 'not-ours';
}

/** Peer records with the names of their files, so that a change goes back to where it came from. */
async function readRecords(
  folder: string,
): Promise<readonly { readonly name: string; readonly peer: BoxPeer }[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) =>
    /^[^.].*\.json$/.test(name),
  );
  const records: { name: string; peer: BoxPeer }[] = [];
  for (const name of names) {
    const text = await readFile(join(folder, name), 'utf8');
    const peer = boxPeerSchema.safeParse(parseJson(text));
    if (peer.success) records.push({ name: name.replace(/\.json$/, ''), peer: peer.data });
  }
  return records;
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
