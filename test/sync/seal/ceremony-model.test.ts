import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hex } from '#sync/core/bytes.ts';
import type { Result } from '#sync/core/result.ts';
import { type BoxEvent, maySendPatients, stepBox } from '#sync/seal/box-ceremony.ts';
import { ticketOf } from '#sync/seal/card.ts';
import {
  type CenterEvent,
  type ClaimedRequest,
  grantOfTicket,
  isAdmitted,
  newTicket,
  stepCenter,
} from '#sync/seal/center-ceremony.ts';
import type { CeremonyFault, Step } from '#sync/seal/ceremony.ts';
import type { PairingGrant } from '#sync/seal/pairing.ts';
import {
  type BoxPeer,
  boxPeerSchema,
  type CenterTicket,
  centerTicketSchema,
} from '#sync/seal/peers.ts';
import { boxOf, cardOf, centerOf, site } from './parties.ts';

/**
 * Both ends as they are in the field: letters are lost, come twice and late, people type what they like, a thief asks
 * with the same card, and either end dies between any two of: step, write, letter. Whatever happens, the invariants
 * below hold, and two honest ends with a new card are linked at last.
 */
const runs = Number(process.env['OUTPOST_MODEL_RUNS'] ?? 300);

const center = centerOf('model center');
const card = cardOf(center);
const box = boxOf('model box');
const wordsOf = (who: string) => Array.from({ length: 8 }, (_, at) => `${who}${at + 1}`);

const requestBy = (who: string, packId: string): ClaimedRequest => ({
  packId,
  request: {
    kind: 'enrol',
    ticket: hex(ticketOf(card)),
    site,
    identity: box.identity.publicKey,
    receive: box.receive,
    transport: box.transport.publicKey,
    hw: 'Test machine',
    version: '0.1.0',
  },
  words: wordsOf(who),
  handle: packId.slice(0, 32),
  boxMailbox: packId.slice(32),
});

const own = requestBy('own', 'ab'.repeat(32));
const thief = requestBy('thief', 'cd'.repeat(32));
const lastDay = '2027-01-31';

/** What may happen, by name; `kill` says where the end that acts dies. */
const happening = fc.record({
  what: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('list', 'ask', 'centerTakes', 'boxTypesRight') },
    { weight: 8, arbitrary: fc.constantFrom('boxTakes', 'operatorTypesRight', 'approve') },
    { weight: 2, arbitrary: fc.constantFrom('card', 'boxTypesWrong', 'operatorTypesWrong') },
    { weight: 1, arbitrary: fc.constantFrom('thiefAsks', 'centerTakesBoth', 'operatorTypesThief') },
    { weight: 1, arbitrary: fc.constantFrom('dayPasses', 'yearPasses', 'cancel') },
    { weight: 1, arbitrary: fc.constantFrom('revoke', 'replaced') },
  ),
  kill: fc.constantFrom('none', 'none', 'before the write', 'before the letter'),
  pick: fc.nat({ max: 2 }),
  needsSecond: fc.boolean(),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

/** Where a run begins: at nothing, or some way into an honest ceremony. */
const start = fc
  .nat({ max: 6 })
  .map((length) =>
    (['card', 'list', 'ask', 'centerTakes', 'boxTakes', 'operatorTypesRight'] as const).slice(
      0,
      length,
    ),
  );

/** Arrows of the two tables; a record that stays where it is needs none. */
const boxArrows: Readonly<Record<string, readonly BoxPeer['state'][]>> = {
  none: ['carded'],
  carded: ['listed'],
  listed: ['requested', 'carded'],
  requested: ['confirmed', 'granted', 'refused', 'revoked', 'closed', 'carded'],
  confirmed: ['linked', 'active', 'refused', 'revoked', 'carded'],
  granted: ['linked', 'active', 'refused', 'revoked', 'closed', 'carded'],
  linked: ['active', 'refused', 'revoked'],
  active: ['refused', 'revoked'],
  refused: ['carded', 'revoked'],
  revoked: ['carded'],
  closed: ['carded'],
};
const ticketArrows: Readonly<Record<CenterTicket['state'], readonly CenterTicket['state'][]>> = {
  open: ['claimed', 'expired', 'disputed', 'closed'],
  claimed: ['active', 'disputed', 'closed', 'revoked'],
  disputed: ['closed'],
  active: ['revoked', 'retired'],
  expired: [],
  closed: [],
  revoked: [],
  retired: [],
};

interface World {
  peer: BoxPeer | undefined;
  ticket: CenterTicket;
  /** M1 of the box reached the wire at least once. */
  isAsked: boolean;
  isThiefAsking: boolean;
  today: string;
  /** Every grant that ever left the center. */
  readonly grants: PairingGrant[];
  typedRightAtBox: boolean;
  typedRightAtCenter: boolean;
  confirmedThief: boolean;
}

test('whatever order of events, losses and deaths: the invariants of both machines hold', () => {
  fc.assert(
    fc.property(start, fc.array(happening, { maxLength: 60, size: 'max' }), (first, happenings) => {
      const world = newWorld();
      for (const what of first) act(world, what);
      for (const each of happenings) happen(world, each);
    }),
    { numRuns: runs },
  );
});

test('two honest ends are linked at last, however often letters are lost and programs die', () => {
  const honest = happening.filter(
    ({ what }) =>
      !['cancel', 'revoke', 'replaced', 'thiefAsks', 'yearPasses', 'card'].includes(what) &&
      !/Wrong|Thief|Both/.test(what),
  );
  fc.assert(
    fc.property(fc.array(honest, { maxLength: 30 }), (happenings) => {
      const world = newWorld();
      act(world, 'card');
      for (const each of happenings) happen(world, each);
      for (const what of ['list', 'ask', 'centerTakes', 'boxTypesRight'] as const) act(world, what);
      for (const what of ['operatorTypesRight', 'approve', 'boxTakes'] as const) act(world, what);
      assert.equal(world.ticket.state, 'active');
      assert.equal(world.peer?.state, 'active');
    }),
    // Each key list that is read costs a strict verification.
    { numRuns: runs / 3 },
  );
});

function newWorld(): World {
  return {
    ...{ peer: undefined, ticket: newTicket(card, site), isAsked: false, isThiefAsking: false },
    ...{ today: '2027-01-01', grants: [], typedRightAtBox: false, typedRightAtCenter: false },
    confirmedThief: false,
  };
}

function act(world: World, what: Happening['what']): void {
  // The newest grant is the last in the list: `pick` counts from the end.
  happen(world, { what, kill: 'none', pick: 0, needsSecond: false });
}

function happen(world: World, { what, kill, pick, needsSecond }: Happening): void {
  const before = { peer: world.peer, ticket: world.ticket };
  const atBox = (event: BoxEvent): boolean =>
    keep(stepBox(world.peer, event), kill, (next) => {
      world.peer = next;
    });
  const atCenter = (event: CenterEvent): boolean => {
    const isKept = keep(stepCenter(world.ticket, event), kill, (next) => {
      world.ticket = next;
    });
    if (isKept && kill !== 'before the letter') sendGrant(world);
    return isKept;
  };
  switch (what) {
    case 'card':
      if (atBox({ type: 'card', card, site })) world.typedRightAtBox = false;
      break;
    case 'list':
      atBox({ type: 'key-list', text: center.text });
      break;
    case 'ask':
      atBox({ type: 'request', packId: own.packId, words: own.words });
      if (world.peer?.request && kill !== 'before the letter') world.isAsked = true;
      break;
    case 'boxTypesRight':
      if (atBox({ type: 'words', typed: own.words.slice(0, 4).join(' ') })) {
        world.typedRightAtBox = true;
      }
      break;
    case 'boxTypesWrong':
      atBox({ type: 'words', typed: thief.words.slice(0, 4).join(' ') });
      break;
    case 'boxTakes': {
      const grant = world.grants.at(-1 - pick);
      if (grant) atBox({ type: 'grant', grant });
      break;
    }
    case 'centerTakes':
      if (world.isAsked) takeAtCenter([own]);
      break;
    case 'centerTakesBoth':
      if (world.isAsked && world.isThiefAsking) takeAtCenter([own, thief]);
      break;
    case 'thiefAsks':
      world.isThiefAsking = true;
      takeAtCenter([thief]);
      break;
    case 'dayPasses':
    case 'yearPasses':
      world.today = what === 'dayPasses' ? lastDay : '2028-01-01';
      atCenter({ type: 'day', today: world.today });
      break;
    case 'operatorTypesRight':
    case 'operatorTypesThief': {
      const { words } = what === 'operatorTypesRight' ? own : thief;
      const typed = words.slice(4).join(' ');
      if (atCenter({ type: 'words', typed, operator: 'Ann', needsSecond })) {
        const isOfBox = world.ticket.box?.words.join() === words.join();
        if (isOfBox && what === 'operatorTypesRight') world.typedRightAtCenter = true;
        if (isOfBox && what === 'operatorTypesThief') world.confirmedThief = true;
      }
      break;
    }
    case 'operatorTypesWrong':
      atCenter({ type: 'words', typed: 'four wrong words typed', operator: 'Ann', needsSecond });
      break;
    case 'approve':
      atCenter({ type: 'approve', operator: pick % 2 === 0 ? 'Ben' : 'Ann' });
      break;
    default:
      atCenter({ type: what });
  }
  check(world, before);

  function takeAtCenter(requests: readonly ClaimedRequest[]): void {
    // Once the key is burnt nothing can be verified any more: only the hash is left to compare.
    if (world.ticket.state === 'open') {
      atCenter({ type: 'requests', requests, today: world.today });
    } else {
      for (const { packId } of requests) atCenter({ type: 'repeat', packId });
    }
  }
}

/** Write, then act: a kill before the write leaves the record that was. */
function keep<R>(
  step: Result<Step<R>, CeremonyFault>,
  kill: Happening['kill'],
  write: (next: R) => void,
): boolean {
  if (!step.ok || kill === 'before the write') return false;
  write(step.value.next);
  return true;
}

function sendGrant({ ticket, grants }: World): void {
  const grant = grantOfTicket(ticket, { centerMailbox: '33'.repeat(16), list: 3 });
  if (grant) grants.push(grant);
}

function check(world: World, before: Pick<World, 'peer' | 'ticket'>): void {
  const { peer, ticket } = world;
  assert.deepEqual(centerTicketSchema.parse(JSON.parse(JSON.stringify(ticket))), ticket);
  if (ticket.state !== before.ticket.state) {
    assert.ok(
      ticketArrows[before.ticket.state].includes(ticket.state),
      `${before.ticket.state} -> ${ticket.state}`,
    );
  }
  assert.equal(ticket.enrolKey !== undefined, ticket.state === 'open', 'the key is burnt once');
  assert.equal(isAdmitted(ticket), ticket.state === 'claimed' || ticket.state === 'active');
  if (ticket.state === 'active') {
    const isOwn = ticket.box?.request === own.packId;
    assert.ok(isOwn ? world.typedRightAtCenter : world.confirmedThief, 'active without words');
  }
  if (ticket.box && before.ticket.box) {
    assert.equal(ticket.box.request, before.ticket.box.request, 'a ticket never changes its box');
    assert.ok(ticket.box.grantVersion >= before.ticket.box.grantVersion);
  }
  assert.ok(ticket.wrongAttempts <= 3 && (ticket.wrongAttempts < 3 || ticket.state === 'closed'));

  if (!peer) return;
  assert.deepEqual(boxPeerSchema.parse(JSON.parse(JSON.stringify(peer))), peer);
  const was = before.peer?.state ?? 'none';
  if (peer.state !== was) {
    assert.ok(boxArrows[was]?.includes(peer.state), `${was} -> ${peer.state}`);
  }
  if (maySendPatients(peer)) {
    assert.ok(world.typedRightAtBox, 'patients may leave only behind the words');
    assert.equal(peer.grant?.handle, own.handle, 'and only under a grant for the own request');
  }
  assert.equal(
    peer.card !== undefined,
    ['carded', 'listed', 'requested', 'confirmed'].includes(peer.state),
    `the card at ${peer.state}`,
  );
  const isSame = peer.request !== undefined && peer.request === before.peer?.request;
  if (isSame && peer.grant && before.peer?.grant) {
    assert.ok(peer.grant.version >= before.peer.grant.version, 'no older grant counts');
  }
}
