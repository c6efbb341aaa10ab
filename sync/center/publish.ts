import { base64url, hex } from '../core/bytes.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { type AccessList, openAccessList } from '../seal/access-list.ts';
import { isAdmitted } from '../seal/center-ceremony.ts';
import type { KeyList } from '../seal/key-list.ts';
import { type Peer, peerSchema } from '../wire/peer.ts';
import type { Party } from './ports-party.ts';

/**
 * Bytes a day: a box whose words are not confirmed yet (200 MiB), a confirmed one and the center itself (512 GiB).
 * In powers of two: a long run of zeros in a public file would look like a patient ID of zeros to the plaintext scan.
 */
const provisionalBytesPerDay = 200 * 2 ** 20;
const activeBytesPerDay = 512 * 2 ** 30;

/** Packs under way at once: an agent has a dozen uploads, and some more are cut and wait for their turn. */
const openPacks = 32;

/**
 * The version below which no list may go out: once an operator let a box come back, the list that the relays have was
 * made after the backup and has a version that nobody here knows. The second in which such a record was made is above
 * it, since versions count changes. Before that, the relays keep that list, and with it everybody whom it admits.
 */
export function versionAfterRestore(tickets: Party['tickets']): number {
  const seconds = tickets.flatMap(({ state, returnedAt }) =>
    state === 'active' && returnedAt !== undefined ? [Date.parse(returnedAt) / 1_000] : [],
  );
  return Math.max(0, ...seconds.map(Math.floor));
}

/** What the center's agent needs to reach its mailbox. Throws (a bug) while the key list names no relay. */
export function peerOf({ handle, keyList }: Party): Peer {
  return peerSchema.parse({
    format: 1,
    handle,
    ownMailbox: hex(keyList.mailbox),
    relays: keyList.relays.map(({ id, urls, spki }) => ({ id, urls, spki: base64url(spki) })),
  });
}

/**
 * The access list that the tickets ask for: the center reads its mailbox and writes those of its boxes; a box writes
 * the center's and reads its own. A revoked or closed box may do nothing any more; its ticket stays with the grant
 * that says so, which it finds without a session. Without the version, which says only that something changed.
 */
export function accessOf(
  { handle, transport, keyList, tickets }: Party,
  grants: ReadonlyMap<string, string>,
): Omit<AccessList, 'version'> {
  const own = hex(keyList.mailbox);
  const known = tickets.flatMap(({ box }) => box ?? []);
  const boxes = tickets
    .filter(isAdmitted)
    .flatMap(({ state, box }) => (box ? [{ ...box, isActive: state === 'active' }] : []));
  return {
    v: 1,
    center: hex(keyList.root),
    mailboxes: [
      { id: own, owner: handle },
      ...known.map((box) => ({ id: box.boxMailbox, owner: box.handle })),
    ],
    handles: [
      {
        handle,
        transport,
        state: 'active',
        write: known.map(({ boxMailbox }) => boxMailbox),
        read: [own],
        bytesPerDay: activeBytesPerDay,
        openPacks,
      },
      ...boxes.map((box) => ({
        handle: box.handle,
        transport: box.transport,
        state: box.isActive ? ('active' as const) : ('provisional' as const),
        write: [own],
        read: [box.boxMailbox],
        bytesPerDay: box.isActive ? activeBytesPerDay : provisionalBytesPerDay,
        openPacks,
      })),
    ],
    tickets: tickets
      .filter(({ state, box }) => state === 'open' || box !== undefined)
      .map(({ ticket, lastDay }) => {
        const grant = grants.get(ticket);
        return { id: ticket, until: lastDay, ...(grant !== undefined && { grant }) };
      }),
  };
}

/**
 * The list to publish after `published`, the signed text of the last one: undefined when it still holds, else one
 * with the next version, `atLeast` so high. The version counts on even when an identity key of before signed it.
 */
export function nextAccessList(
  wanted: Omit<AccessList, 'version'>,
  published: string | undefined,
  keyList: KeyList,
  atLeast = 0,
): AccessList | undefined {
  const opened = published === undefined ? undefined : openAccessList(published, keyList);
  const version = opened?.ok ? opened.value.version : versionIn(published ?? '');
  const isSame =
    opened?.ok === true && canonicalJson({ ...wanted, version }) === canonicalJson(opened.value);
  return isSame && version >= atLeast
    ? undefined
    : { ...wanted, version: Math.max(version + 1, atLeast) };
}

/** The version in our own file, whoever of us signed it; 0 when there is none. */
function versionIn(text: string): number {
  const version = /\\"version\\":(\d{1,15})[,}]/.exec(text)?.[1];
  return Number(version ?? 0);
}
