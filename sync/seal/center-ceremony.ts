import { base64url, hex } from '../core/bytes.ts';
import { fault } from '../core/fault.ts';
import { ok, type Result } from '../core/result.ts';
import { type Card, enrolKeyOf, ticketOf } from './card.ts';
import {
  type CeremonyFault,
  maxWrongAttempts,
  refuseStep,
  type Step,
  wrongWords,
} from './ceremony.ts';
import type { PairingGrant } from './pairing-grant.ts';
import type { PairingRequest } from './pairing-request.ts';
import type { CenterTicket } from './peers.ts';
import { areWordsTyped } from './words.ts';

/** A good M1 (`openRequest`), with the names that the center would give the box: hex, 16 random bytes each. */
export interface ClaimedRequest {
  readonly packId: string;
  readonly request: PairingRequest;
  readonly words: readonly string[];
  readonly handle: string;
  readonly boxMailbox: string;
}

/** What happens to a center's record of one ticket. */
export type CenterEvent =
  /** Every good M1 of one round, all verified before the key is burnt. `today` is YYYY-MM-DD, center clock. */
  | {
      readonly type: 'requests';
      readonly requests: readonly ClaimedRequest[];
      readonly today: string;
    }
  /** Bytes came for a ticket whose key is burnt; only their SHA-256 can still be compared. */
  | { readonly type: 'repeat'; readonly packId: string }
  | { readonly type: 'day'; readonly today: string }
  /** The operator typed what the engineer read out: words 5 to 8. Where a center has two, a second one must agree. */
  | {
      readonly type: 'words';
      readonly typed: string;
      readonly operator?: string;
      readonly needsSecond?: boolean;
    }
  /** The operator lets a box come back that proved its grant; where a center has two, a second one must agree. */
  | { readonly type: 'readmit'; readonly operator?: string; readonly needsSecond?: boolean }
  /** A second operator agrees. */
  | { readonly type: 'approve'; readonly operator: string }
  /** The operator gives the ticket up. */
  | { readonly type: 'cancel' }
  | { readonly type: 'revoke' }
  /** A person lets in what the retired box had under way. */
  | { readonly type: 'release' }
  /** The box's replacement became active. `custody`: on which days what relays have of it is let in. */
  | { readonly type: 'replaced'; readonly custody?: CenterTicket['custody'] };

type CenterStep = Result<Step<CenterTicket>, CeremonyFault>;

/** The record of a ticket whose card was just made. */
export function newTicket(card: Card, site: string): CenterTicket {
  return {
    format: 1,
    state: 'open',
    kind: card.kind,
    site,
    ticket: hex(ticketOf(card)),
    lastDay: card.lastDay,
    enrolKey: hex(enrolKeyOf(card)),
    wrongAttempts: 0,
  };
}

/** The center's side of the ceremony (pairing design, state machines). */
export function stepCenter(ticket: CenterTicket, event: CenterEvent): CenterStep {
  switch (event.type) {
    case 'requests':
      return stepRequests(ticket, event.requests, event.today);
    case 'repeat':
      return stepRepeat(ticket, event.packId);
    case 'day':
      return ok(stepDay(ticket, event.today));
    case 'words':
      return stepWords(ticket, event);
    case 'readmit':
      return stepReadmit(ticket, event);
    case 'approve':
      return stepApprove(ticket, event.operator);
    case 'cancel':
      return move(ticket, ['open', 'claimed', 'disputed'], 'closed');
    case 'revoke':
      return move(ticket, ['claimed', 'active'], 'revoked');
    case 'release':
      return ticket.state === 'retired'
        ? ok({ next: ticket.isReleased ? ticket : { ...ticket, isReleased: true } })
        : notNow(ticket);
    case 'replaced':
      return stepReplaced(ticket, event.custody);
  }
}

/** Whether the box behind the ticket is in the access list: its packs may come, be it into quarantine. */
export function isAdmitted(ticket: CenterTicket): boolean {
  return ticket.state === 'claimed' || ticket.state === 'active';
}

/** Whether `replacement`, active by a card of kind replace, takes the place of the active box of `ticket`. */
export function isReplacedBy(ticket: CenterTicket, replacement: CenterTicket): boolean {
  return (
    replacement.kind === 'replace' &&
    replacement.state === 'active' &&
    ticket.state === 'active' &&
    ticket.ticket !== replacement.ticket &&
    ticket.site === replacement.site
  );
}

/**
 * What M2 says for the ticket as it stands, or undefined while no box is behind it or the operator must decide about a
 * dispute. The version rises with every change of the record that a box should hear of, so the same record gives the
 * same grant.
 */
export function grantOfTicket(
  ticket: CenterTicket,
  center: { readonly centerMailbox: string; readonly list: number; readonly reason?: string },
): PairingGrant | undefined {
  const state = grantStates[ticket.state];
  if (!ticket.box || !state) return undefined;
  const { request, handle, boxMailbox, grantVersion } = ticket.box;
  return {
    request,
    version: grantVersion,
    state,
    site: ticket.site,
    handle,
    boxMailbox,
    ...center,
  };
}

function stepRequests(
  ticket: CenterTicket,
  requests: readonly ClaimedRequest[],
  today: string,
): CenterStep {
  const [first, ...others] = requests;
  if (!first) return ok({ next: ticket });
  if (ticket.state !== 'open') {
    const other = requests.find(({ packId }) => packId !== ticket.box?.request);
    return stepRepeat(ticket, (other ?? first).packId);
  }
  if (today > ticket.lastDay) return ok(expire(ticket));
  if (others.some(({ packId }) => packId !== first.packId)) {
    const rivals = new Map(requests.map(({ packId, words }) => [packId, words]));
    return ok(
      dispute(
        ticket,
        [...rivals].map(([request, words]) => ({ request, words: [...words] })),
      ),
    );
  }
  if (
    [first.request.ticket, first.request.site, first.request.kind].join() !==
    [ticket.ticket, ticket.site, ticket.kind].join()
  ) {
    return refuseStep(
      'pairing/other-site',
      'Cannot take the request: it names another site than its card',
      'Cancel the ticket and make a new card for the site',
    );
  }
  const { request, words, packId, handle, boxMailbox } = first;
  const { enrolKey: _burnt, ...rest } = ticket;
  const box = {
    request: packId,
    identity: hex(request.identity),
    receive: base64url(request.receive.publicKey),
    transport: hex(request.transport),
    handle,
    boxMailbox,
    grantVersion: 1,
    words: [...words],
  };
  return ok({ next: { ...rest, state: 'claimed', box } });
}

function stepRepeat(ticket: CenterTicket, packId: string): CenterStep {
  if (ticket.box?.request === packId) return ok({ next: ticket });
  if (ticket.state === 'claimed' && ticket.box) {
    const { request, words } = ticket.box;
    return ok(dispute(ticket, [{ request, words }, { request: packId }]));
  }
  return refuseStep(
    'pairing/ticket-used',
    `Cannot take the request: its ticket is ${ticket.state}`,
    'Make a new card for the site, and ask who has the old one',
  );
}

function stepWords(
  ticket: CenterTicket,
  { typed, operator, needsSecond }: CenterEvent & { readonly type: 'words' },
): CenterStep {
  if (ticket.state !== 'claimed' || !ticket.box) return notNow(ticket);
  if (ticket.confirmedBy !== undefined) return ok({ next: ticket });
  if (needsSecond && operator === undefined) return whoTypes();
  if (areWordsTyped(typed, ticket.box.words.slice(4))) {
    return needsSecond && operator !== undefined
      ? ok({ next: { ...ticket, confirmedBy: operator } })
      : ok({ next: { ...withNewGrant(ticket), state: 'active' } });
  }
  const wrongAttempts = ticket.wrongAttempts + 1;
  const isClosed = wrongAttempts >= maxWrongAttempts;
  return ok(
    isClosed
      ? { next: { ...withNewGrant(ticket), state: 'closed', wrongAttempts }, notice: closed }
      : { next: { ...ticket, wrongAttempts }, notice: wrongWords(wrongAttempts, readAgain) },
  );
}

function stepDay(ticket: CenterTicket, today: string): Step<CenterTicket> {
  if (ticket.state === 'open' && today > ticket.lastDay) return expire(ticket);
  const { custody, ...next } = ticket;
  // Also a clock that was set back ends it: a person is asked instead.
  const isOver = custody !== undefined && (today < custody.from || today > custody.until);
  return isOver ? { next } : { next: ticket };
}

function stepReplaced(ticket: CenterTicket, custody: CenterTicket['custody']): CenterStep {
  const step = move(ticket, ['active'], 'retired');
  if (!step.ok || custody === undefined) return step;
  return ok({ next: { ...step.value.next, custody } });
}

function stepReadmit(
  ticket: CenterTicket,
  { operator, needsSecond }: CenterEvent & { readonly type: 'readmit' },
): CenterStep {
  if (ticket.state !== 'claimed' || ticket.returnedAt === undefined) return notNow(ticket);
  if (ticket.confirmedBy !== undefined) return ok({ next: ticket });
  if (!needsSecond) return ok({ next: { ...withNewGrant(ticket), state: 'active' } });
  return operator === undefined ? whoTypes() : ok({ next: { ...ticket, confirmedBy: operator } });
}

function stepApprove(ticket: CenterTicket, operator: string): CenterStep {
  if (ticket.state !== 'claimed' || ticket.confirmedBy === undefined) return notNow(ticket);
  if (operator === ticket.confirmedBy) {
    return refuseStep(
      'pairing/same-operator',
      `Cannot admit the box: "${operator}" typed its words already`,
      'Let a second operator do it, under an own name',
    );
  }
  return ok({ next: { ...withNewGrant(ticket), state: 'active' } });
}

function whoTypes(): { readonly ok: false; readonly fault: CeremonyFault } {
  return refuseStep(
    'pairing/which-operator',
    'Cannot take the words without a name: this center asks for two operators',
    'Say who types with --operator NAME',
  );
}

function move(
  ticket: CenterTicket,
  from: readonly CenterTicket['state'][],
  state: CenterTicket['state'],
): CenterStep {
  if (!from.includes(ticket.state)) return notNow(ticket);
  const { enrolKey: _enrolKey, ...rest } = withNewGrant(ticket);
  return ok({ next: { ...rest, state } });
}

function expire(ticket: CenterTicket): Step<CenterTicket> {
  const { enrolKey: _enrolKey, ...rest } = ticket;
  return { next: { ...rest, state: 'expired' }, notice: expired };
}

function dispute(
  ticket: CenterTicket,
  rivals: NonNullable<CenterTicket['rivals']>,
): Step<CenterTicket> {
  const { enrolKey: _enrolKey, ...rest } = ticket;
  return { next: { ...rest, state: 'disputed', rivals }, notice: disputed };
}

function withNewGrant(ticket: CenterTicket): CenterTicket {
  const { box } = ticket;
  return box ? { ...ticket, box: { ...box, grantVersion: box.grantVersion + 1 } } : ticket;
}

function notNow(ticket: CenterTicket): { readonly ok: false; readonly fault: CeremonyFault } {
  return refuseStep(
    'pairing/not-now',
    `The ticket is ${ticket.state}`,
    // A power cut may have come between the record of the ticket and the file of its grant.
    ticket.box && ticket.state !== 'claimed'
      ? 'If the box has no grant that says so, "outpost pair grant REQUEST" writes it again'
      : 'See what the ticket waits for with outpost pair list',
  );
}

const grantStates: Readonly<Partial<Record<CenterTicket['state'], PairingGrant['state']>>> = {
  claimed: 'provisional',
  active: 'active',
  closed: 'refused',
  revoked: 'revoked',
  retired: 'retired',
};

const readAgain = 'Ask the engineer to read the last four words again';

const closed: CeremonyFault = fault(
  'pairing/closed',
  `The words were wrong ${maxWrongAttempts} times: the ticket is closed`,
  'Find out who is on the phone, then make a new card',
);

const expired: CeremonyFault = fault(
  'pairing/expired',
  'Cannot take the request: the last day of its card is over',
  'Make a new card for the site',
);

const disputed: CeremonyFault = fault(
  'pairing/disputed',
  'Two different requests came for one card',
  'Call the clinic, cancel this ticket and make a new card',
);
