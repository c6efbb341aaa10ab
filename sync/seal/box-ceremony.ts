import { base64url, fromHex, hex } from '../core/bytes.ts';
import { fault } from '../core/fault.ts';
import { ok, type Result } from '../core/result.ts';
import { type Card, isCardForSite, parseCardBytes, ticketOf } from './card.ts';
import {
  type CeremonyFault,
  maxWrongAttempts,
  refuseStep,
  type Step,
  wrongWords,
} from './ceremony.ts';
import { openKeyListChain } from './key-list-chain.ts';
import type { OpenedGrant } from './pairing-grant.ts';
import type { BoxPeer } from './peers.ts';
import { areWordsTyped } from './words.ts';

/** What happens to a box's record of one center. */
export type BoxEvent =
  /** A card was read; `site` is the site code that the engineer gave. */
  | {
      readonly type: 'card';
      readonly card: Card & { readonly bytes: Uint8Array };
      readonly site: string;
    }
  /** The text of a key list is at hand. */
  | { readonly type: 'key-list'; readonly text: string | Uint8Array }
  /** M1 was built and its bytes are stored. */
  | { readonly type: 'request'; readonly packId: string; readonly words: readonly string[] }
  /** The engineer typed what the operator read out: words 1 to 4. */
  | { readonly type: 'words'; readonly typed: string }
  /** A grant was opened (`openGrant`, or `grantOf` once the box has a mailbox). */
  | { readonly type: 'grant'; readonly grant: OpenedGrant };

type BoxStep = Result<Step<BoxPeer>, CeremonyFault>;

/**
 * The box's side of the ceremony (pairing design, state machines): the next record for an event, or why there is
 * no arrow. A fresh ceremony starts from undefined; so does one with a new card after `refused`, `closed` or `revoked`.
 */
export function stepBox(peer: BoxPeer | undefined, event: BoxEvent): BoxStep {
  if (event.type === 'card') return stepCard(peer, event);
  if (!peer) return notNow('A card comes first');
  switch (event.type) {
    case 'key-list':
      return stepKeyList(peer, event.text);
    case 'request':
      return peer.state === 'listed'
        ? ok({
            next: { ...peer, state: 'requested', request: event.packId, words: [...event.words] },
          })
        : notNow('The request of this pairing was made before, or its key list is missing');
    case 'words':
      return stepWords(peer, event.typed);
    case 'grant':
      return stepGrant(peer, event.grant);
  }
}

/** Whether packs with patients may leave for this center: only when its words were confirmed here and it granted. */
export function maySendPatients(peer: Pick<BoxPeer, 'state'>): boolean {
  return peer.state === 'linked' || peer.state === 'active';
}

/** The parsed card of a record that still has one. */
export function cardOfPeer(peer: BoxPeer): Card | undefined {
  const bytes = peer.card === undefined ? undefined : fromHex(peer.card);
  const card = bytes && parseCardBytes(bytes);
  return card?.ok ? card.value : undefined;
}

function stepCard(peer: BoxPeer | undefined, event: BoxEvent & { readonly type: 'card' }): BoxStep {
  if (peer && maySendPatients(peer)) {
    return notNow('This box is linked to the center of this card already');
  }
  if (!isCardForSite(event.card, event.site)) {
    return refuseStep(
      'pairing/other-site',
      'Cannot use the card: it was made for another site',
      'Check the site code, then ask the center for a card for this site',
    );
  }
  return ok({
    next: {
      format: 1,
      state: 'carded',
      site: event.site,
      kind: event.card.kind,
      card: hex(event.card.bytes),
      ticket: hex(ticketOf(event.card)),
      wrongAttempts: 0,
    },
  });
}

function stepKeyList(peer: BoxPeer, text: string | Uint8Array): BoxStep {
  const card = cardOfPeer(peer);
  if (peer.state !== 'carded' || !card) return notNow('The key list was taken before');
  const chain = openKeyListChain(text, { rootHash: card.rootHash });
  if (!chain.ok) {
    return refuseStep(
      'pairing/key-list-refused',
      'Cannot use the key list: it is not the one that the card names',
      'Get center.keys and the card from the same center',
    );
  }
  const { list, text: keyList, roots } = chain.value;
  const root = hex(roots[0] ?? list.root);
  const listRoot = hex(list.root);
  return ok({
    next: { ...peer, state: 'listed', keyList, root, ...(listRoot !== root && { listRoot }) },
  });
}

function stepWords(peer: BoxPeer, typed: string): BoxStep {
  if ((peer.state !== 'requested' && peer.state !== 'granted') || !peer.words) {
    return notNow('There are no words to confirm');
  }
  if (areWordsTyped(typed, peer.words.slice(0, 4))) {
    return ok({ next: { ...peer, state: stateOf(true, peer.grant) } });
  }
  const wrongAttempts = peer.wrongAttempts + 1;
  if (wrongAttempts < maxWrongAttempts) {
    return ok({ next: { ...peer, wrongAttempts }, notice: wrongWords(wrongAttempts, readAgain) });
  }
  const { card: _card, ...rest } = peer;
  return ok({ next: { ...rest, state: 'closed', wrongAttempts }, notice: closed });
}

function stepGrant(peer: BoxPeer, incoming: OpenedGrant): BoxStep {
  if (!statesWithRequest.has(peer.state)) return notNow('No request of this box waits for a grant');
  const { request, site, list: _list, certificate, ...grant } = incoming;
  if (request !== peer.request || site !== peer.site) {
    return refuseStep(
      'pairing/other-grant',
      'Cannot use the grant: it answers another request',
      'Carry the grant to the box that it was made for',
    );
  }
  if (peer.grant && grant.version <= peer.grant.version) return ok({ next: peer });
  const { card: _card, isReturning: _isReturning, ...rest } = peer;
  const isConfirmed = peer.state === 'confirmed' || maySendPatients(peer);
  const isLetIn = grant.state === 'provisional' || grant.state === 'active';
  const kept = certificate && isLetIn ? { certificate: base64url(certificate) } : {};
  const next = { ...rest, ...kept, grant, state: stateOf(isConfirmed, grant) };
  const notice = noticeOf(grant);
  return ok(notice ? { next, notice } : { next });
}

function stateOf(isConfirmed: boolean, grant: BoxPeer['grant']): BoxPeer['state'] {
  switch (grant?.state) {
    case undefined:
      return isConfirmed ? 'confirmed' : 'requested';
    case 'provisional':
      return isConfirmed ? 'linked' : 'granted';
    case 'active':
      return isConfirmed ? 'active' : 'granted';
    case 'refused':
      return 'refused';
    case 'revoked':
    case 'retired':
      return 'revoked';
  }
}

function noticeOf(grant: NonNullable<BoxPeer['grant']>): CeremonyFault | undefined {
  const why = grant.reason === undefined ? '' : `: ${grant.reason}`;
  switch (grant.state) {
    case 'refused':
      return fault(
        'pairing/refused',
        `The center refused this box${why}`,
        'Call the center and ask for a new card',
      );
    case 'revoked':
    case 'retired':
      return fault(
        'pairing/revoked',
        `The center takes nothing from this box any more${why}`,
        'Call the center; all studies stay on this box',
      );
    default:
      return undefined;
  }
}

function notNow(reason: string): { readonly ok: false; readonly fault: CeremonyFault } {
  return refuseStep(
    'pairing/not-now',
    reason,
    'See what the pairing waits for with outpost pair status',
  );
}

const readAgain = 'Ask the operator to read the four words again';

const closed: CeremonyFault = fault(
  'pairing/closed',
  `The words were wrong ${maxWrongAttempts} times: the card is deleted`,
  'Ask the center for a new card',
);

const statesWithRequest: ReadonlySet<BoxPeer['state']> = new Set([
  'requested',
  'confirmed',
  'granted',
  'linked',
  'active',
]);
