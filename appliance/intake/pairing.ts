import { base64url, sameBytes } from '#sync/core/bytes.ts';
import { maySendPatients } from '#sync/seal/box-ceremony.ts';
import { isCenterIdentity, type KeyList } from '#sync/seal/key-list.ts';
import type { PackKind } from '#sync/seal/kind.ts';
import { codeOfRoot } from '#sync/seal/party.ts';
import type { Peer } from '#sync/wire/peer.ts';
import type { Center, Pairing } from '../ports-pairing.ts';

/** Whether patients may go to this center now. */
export function mayReceive(center: Center): boolean {
  const { state } = center.grant;
  return maySendPatients(center) && (state === 'provisional' || state === 'active');
}

/** The first center that patients may go to now; undefined while they may not leave. */
export function sendingCenter(pairing: Pairing | undefined): Center | undefined {
  return pairing?.centers.find(mayReceive);
}

/** The center whose mailbox for this box is `mailbox` (hex); its packs are opened in whatever state it is. */
export function centerOfMailbox(pairing: Pairing | undefined, mailbox: string): Center | undefined {
  return pairing?.centers.find(({ grant }) => grant.boxMailbox === mailbox);
}

/** Check 8 at the box: which keys of a center may sign which kinds to a clinic (sealed-pack format, kinds). */
export function maySign(center: Center, identity: Uint8Array, kind: PackKind): boolean {
  if (!kindsOfCenter.has(kind)) return false;
  if (center.state === 'refused' || center.state === 'revoked') return false;
  return isCenterIdentity(center.keyList, identity);
}

/** `enrol` is a grant of later: active, revoked. */
const kindsOfCenter: ReadonlySet<PackKind> = new Set(['report', 'receipt', 'control', 'enrol']);

/** The relay's receipt keys that the center's list names now. */
export function receiptKeys(center: Center): readonly Uint8Array[] {
  return center.keyList.relays
    .map(({ receipt }) => receipt)
    .filter((key, index, all) => all.findIndex((other) => sameBytes(other, key)) === index);
}

/** `peer.json` for the agent, or undefined while the center names no relay. */
export function peerOf(center: Center): Peer | undefined {
  const { grant, keyList } = center;
  if (keyList.relays.length === 0) return undefined;
  return {
    format: 1,
    handle: grant.handle,
    ownMailbox: grant.boxMailbox,
    center: { code: codeOfRoot(center.root), name: center.name.slice(0, 100) },
    relays: keyList.relays.map(peerRelayOf),
    ...(center.transport !== undefined && { transport: center.transport }),
  };
}

/** A relay of a key list as the agent is told of it. */
export function peerRelayOf({ id, urls, spki }: KeyList['relays'][number]): Peer['relays'][number] {
  return { id, urls, spki: base64url(spki) };
}
