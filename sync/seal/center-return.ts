import { base64url, hex } from '../core/bytes.ts';
import { ok, type Result } from '../core/result.ts';
import { type CeremonyFault, refuseStep } from './ceremony.ts';
import type { PairingReturn } from './pairing-return.ts';
import type { CenterTicket } from './peers.ts';

/**
 * The record of a box that shows its own grant to a center that lost it (pairing design, messages): `claimed`, so it is
 * admitted at the relay and what it sends is kept sealed, until an operator lets it in. Undefined when its record is
 * here. A box that the records know as revoked, refused or replaced does not come back this way, and a ticket comes
 * back with nobody but its own box. What was revoked after the backup, only a person can know.
 */
export function takeBack(
  tickets: readonly CenterTicket[],
  { kind, ticket, identity, receive, transport, grant, words }: PairingReturn,
  nowAt: string,
): Result<CenterTicket | undefined, CeremonyFault> {
  const key = hex(identity);
  const own = tickets.filter(({ box }) => box?.identity === key);
  if (own.some(({ state }) => state === 'claimed' || state === 'active')) return ok(undefined);
  if (own.length > 0) return refused('it was revoked, refused or replaced');
  const known = tickets.find((each) => each.ticket === ticket);
  if (known && (known.box || !['open', 'expired'].includes(known.state))) {
    return refused('its card belongs to another box, or was given up');
  }
  if (known && (known.site !== grant.site || known.kind !== kind)) {
    return refused('its card was made for another site or kind');
  }
  const isTaken = tickets.some(
    ({ box }) => box && (box.handle === grant.handle || box.boxMailbox === grant.boxMailbox),
  );
  if (isTaken) return refused('its place at the relays belongs to another box');
  return ok({
    ...{ format: 1, state: 'claimed', kind, site: grant.site, ticket },
    ...{ lastDay: known?.lastDay ?? nowAt.slice(0, 10), wrongAttempts: 0, returnedAt: nowAt },
    box: {
      ...{ request: grant.request, identity: key, receive: base64url(receive.publicKey) },
      ...{ transport: hex(transport), handle: grant.handle, boxMailbox: grant.boxMailbox },
      ...{ grantVersion: grant.version, words: [...words] },
    },
  });
}

function refused(why: string): { readonly ok: false; readonly fault: CeremonyFault } {
  return refuseStep(
    'pairing/return-refused',
    `Cannot take the box back: ${why}`,
    'See outpost pair list; if the clinic is right, make a new card for it',
  );
}
