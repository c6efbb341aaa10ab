import { fromBase64url, fromHex, hex } from '../core/bytes.ts';
import type { PackKind } from '../seal/kind.ts';
import type { CenterTicket } from '../seal/peers.ts';
import { parseReceivingKey, type ReceivingKey } from '../seal/receiving-key.ts';

/** A box that claimed a ticket: who it is and where its mail goes. */
export interface Box {
  readonly site: string;
  /**
   * `confirmed`: both ends compared the words; its images are delivered and it is answered. `unconfirmed`: what it
   * sends is kept sealed until it is confirmed. `retired`: another box took its place; what it still sends is
   * kept sealed until a person lets it in: `released`, as what it had under way is for some days. `gone`: revoked or
   * closed; nothing of it is believed.
   */
  readonly standing: 'confirmed' | 'unconfirmed' | 'retired' | 'released' | 'gone';
  /** Ed25519 public key, hex. */
  readonly identity: string;
  readonly receive: ReceivingKey;
  readonly mailbox: Uint8Array;
}

/**
 * The box behind an identity key (hex), from the records of pairing; undefined when no ticket names it. Where
 * several do (it was paired again), the best standing counts.
 */
export function findBox(tickets: readonly CenterTicket[], identity: string): Box | undefined {
  const boxes = tickets.flatMap((ticket) => boxOf(ticket) ?? []);
  const own = boxes.filter((box) => box.identity === identity);
  return (
    own.find(({ standing }) => standing === 'confirmed') ??
    own.find(({ standing }) => standing === 'unconfirmed') ??
    own[0]
  );
}

/** Every box that is confirmed, once. */
export function confirmedBoxes(tickets: readonly CenterTicket[]): readonly Box[] {
  const confirmed = tickets
    .flatMap((ticket) => boxOf(ticket) ?? [])
    .filter(({ standing }) => standing === 'confirmed');
  return [...new Map(confirmed.map((box) => [box.identity, box])).values()];
}

/** Check 8 of opening: whether a box with this identity key may send this kind to its center (FORMAT.md, kinds). */
export function mayBoxSend(
  tickets: readonly CenterTicket[],
  identity: Uint8Array,
  kind: PackKind,
): boolean {
  const box = findBox(tickets, hex(identity));
  if (box === undefined || box.standing === 'gone') return false;
  return isReplaced(box) ? kindsOfRetired.has(kind) : kindsOfBox.has(kind);
}

/** Whether another box took the place of this one: it is answered no more. */
export function isReplaced({ standing }: Box): boolean {
  return standing === 'retired' || standing === 'released';
}

/** Who is answered for what the box with this identity sent: itself, or the one that took its place at its site. */
export function answeredBox(tickets: readonly CenterTicket[], identity: string): Box | undefined {
  const box = findBox(tickets, identity);
  if (box === undefined || !isReplaced(box)) return box;
  return tickets
    .filter(({ kind, site }) => kind === 'replace' && site === box.site)
    .flatMap((ticket) => boxOf(ticket) ?? [])
    .find(({ standing }) => standing === 'confirmed');
}

const kindsOfRetired: ReadonlySet<PackKind> = new Set(['data', 'manifest']);

/** What a box may send to its center. */
export const kindsOfBox: ReadonlySet<PackKind> = new Set([
  'data',
  'manifest',
  'receipt',
  'control',
]);

function boxOf(ticket: CenterTicket): Box | undefined {
  const { box } = ticket;
  const receive = box && fromBase64url(box.receive);
  const mailbox = box && fromHex(box.boxMailbox);
  const key = receive && parseReceivingKey(receive);
  if (box === undefined || key === undefined || mailbox === undefined) return undefined;
  return {
    site: ticket.site,
    standing: standingOf(ticket),
    identity: box.identity,
    receive: key,
    mailbox,
  };
}

function standingOf({ state, isReleased, custody }: CenterTicket): Box['standing'] {
  if (state === 'active') return 'confirmed';
  if (state === 'retired') return isReleased || custody ? 'released' : 'retired';
  return state === 'claimed' ? 'unconfirmed' : 'gone';
}
