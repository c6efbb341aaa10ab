import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { base64url, fromHex, hex } from '#sync/core/bytes.ts';
import type { Fault } from '#sync/core/fault.ts';
import type { Result } from '#sync/core/result.ts';
import { type KeyList, openKeyList } from '#sync/seal/key-list.ts';
import { followKeyList } from '#sync/seal/key-list-chain.ts';
import { type BoxPeer, boxPeerSchema } from '#sync/seal/peers.ts';
import type { EnrolmentAsk } from '#sync/wire/enrolment.ts';
import { peerRelayOf } from '../intake/pairing.ts';
import type { Center, Heard, Pairing } from '../ports-pairing.ts';

/** Keys and peer records in the data folder, as pairing writes them. */
export interface PairingKeys {
  readonly readBoxKeys: (
    dataDir: string,
  ) => Promise<Result<Pick<Pairing, 'identity' | 'receive'>, Fault>>;
  readonly readBoxPeers: (dataDir: string) => Promise<readonly BoxPeer[]>;
  readonly writePeerRecord: (dataDir: string, name: string, record: BoxPeer) => Promise<void>;
  /** Takes a grant that a relay or a stick brought; a fault when it answers no request of this box. */
  readonly acceptGrant: (
    place: { readonly dataDir: string },
    bytes: Uint8Array,
  ) => Promise<Result<unknown, Fault>>;
  /** Does `work` while no other process changes the records. */
  readonly withPairingRecords: <T>(dataDir: string, work: () => Promise<T>) => Promise<T>;
}

/**
 * What pairing left in the data folder, or undefined before the box has keys. A center counts when its key list
 * verifies under the stored root and a grant is there; the one that was paired first comes first.
 */
export async function readPairing(
  { readBoxKeys, readBoxPeers }: PairingKeys,
  dataDir: string,
): Promise<Pairing | undefined> {
  const keys = await readBoxKeys(dataDir);
  if (!keys.ok) return undefined;
  const peers = await readBoxPeers(dataDir);
  const centers = peers
    .flatMap((peer) => centerOf(peer) ?? [])
    .toSorted((a, b) => Number(a.transport !== undefined) - Number(b.transport !== undefined));
  const asks: (EnrolmentAsk & { root?: string | undefined })[] = [];
  for (const peer of peers) {
    const relays = listOf(peer)?.relays.map(peerRelayOf) ?? [];
    if (!mayAsk(peer) || relays.length === 0) continue;
    const isOpen = mayRequest(peer) || peer.isReturning === true;
    const request = isOpen ? await requestOf(dataDir, peer) : undefined;
    const root = peer.grant && peer.root;
    asks.push({ ticket: peer.ticket, relays, ...(request && { request }), ...(root && { root }) });
  }
  const waiting = peers.flatMap((peer) => {
    const isOpen = peer.state === 'requested' || peer.state === 'granted';
    const words = peer.words?.slice(4);
    return isOpen && words ? [{ center: listOf(peer)?.name ?? '', words }] : [];
  });
  return { ...keys.value, centers, asks, ...(waiting.length > 0 && { waiting }) };
}

/** What came of a key list that the agent brought. */
export type KeyListOutcome = 'higher' | 'same' | 'lower' | 'alarm' | 'not-ours';

/**
 * Takes a newer key list that a relay handed out: it is written into the record of its center when it is higher.
 * A list that contradicts the known one is an alarm and changes nothing. A root that the known one names may follow it.
 */
export function adoptKeyList(
  { writePeerRecord, withPairingRecords }: PairingKeys,
  dataDir: string,
  bytes: Uint8Array,
): Promise<KeyListOutcome> {
  return withPairingRecords(dataDir, async () => {
    for (const { name, peer } of await readRecords(join(dataDir, 'peers'))) {
      const known = listOf(peer);
      const followed = known && followKeyList(known, bytes);
      if (followed === undefined || followed.verdict === 'strange') continue;
      if (followed.verdict !== 'higher') return followed.verdict;
      const { text: keyList, list } = followed.chain;
      const listRoot = hex(list.root);
      await writePeerRecord(dataDir, name, {
        ...peer,
        keyList,
        ...(listRoot !== peer.root && { listRoot }),
      });
      return 'higher';
    }
    return 'not-ours';
  });
}

/** Keeps what letters of the center with this root told, durably. */
export function noteHeard(
  { writePeerRecord, withPairingRecords }: PairingKeys,
  dataDir: string,
  root: string,
  heard: Heard,
): Promise<void> {
  return withPairingRecords(dataDir, async () => {
    for (const { name, peer } of await readRecords(join(dataDir, 'peers'))) {
      if (peer.root === root) await writePeerRecord(dataDir, name, { ...peer, heard });
    }
  });
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
  const keyList = listOf(peer);
  if (!peer.grant || !peer.root || keyList === undefined) return undefined;
  const { root, state, grant, transport, heard } = peer;
  const own = { root, name: keyList.name, state, keyList, grant };
  return { ...own, ...(heard && { heard }), ...(transport !== undefined && { transport }) };
}

function listOf({ root, listRoot, keyList }: BoxPeer): KeyList | undefined {
  const signer = fromHex(listRoot ?? root ?? '');
  if (signer === undefined || keyList === undefined) return undefined;
  const opened = openKeyList(keyList, { root: signer });
  return opened.ok ? opened.value : undefined;
}

/** The request goes out for ever, until it is granted; a grant of later may come while no session is given. */
function mayRequest({ state, grant }: BoxPeer): boolean {
  return (state === 'requested' || state === 'confirmed') && grant === undefined;
}

function mayAsk(peer: BoxPeer): boolean {
  return mayRequest(peer) || ['granted', 'linked', 'active'].includes(peer.state);
}

async function requestOf(dataDir: string, peer: BoxPeer): Promise<string | undefined> {
  const name = `${peer.isReturning ? 'return' : 'enrol'}-${peer.ticket}.spk`;
  const bytes = await readFile(join(dataDir, 'peers', name)).catch(() => undefined);
  return bytes && base64url(bytes);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
