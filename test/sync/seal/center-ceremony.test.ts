import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { findBox } from '#sync/center/boxes.ts';
import { hex } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { enrolKeyOf, ticketOf } from '#sync/seal/card.ts';
import {
  type CenterEvent,
  type ClaimedRequest,
  grantOfTicket,
  isAdmitted,
  isReplacedBy,
  newTicket,
  stepCenter,
} from '#sync/seal/center-ceremony.ts';
import type { PairingRequest } from '#sync/seal/pairing.ts';
import { type CenterTicket, centerTicketSchema, ticketStates } from '#sync/seal/peers.ts';
import { boxOf, cardOf, centerOf, site } from './parties.ts';

const center = centerOf('center ceremony center');
const card = cardOf(center);
const box = boxOf('center ceremony box');
const words = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];
const request: PairingRequest = {
  kind: 'enrol',
  ticket: hex(ticketOf(card)),
  site,
  identity: box.identity.publicKey,
  receive: box.receive,
  transport: box.transport.publicKey,
  hw: 'Test machine',
  version: '0.1.0',
};
const first: ClaimedRequest = {
  packId: 'ab'.repeat(32),
  request,
  words,
  handle: '11'.repeat(16),
  boxMailbox: '22'.repeat(16),
};
const second: ClaimedRequest = { ...first, packId: 'cd'.repeat(32) };

const events = {
  good: { type: 'requests', requests: [first], today: '2027-01-31' },
  twice: { type: 'requests', requests: [first, first], today: '2027-01-31' },
  two: { type: 'requests', requests: [first, second], today: '2027-01-31' },
  late: { type: 'requests', requests: [first], today: '2027-02-01' },
  none: { type: 'requests', requests: [], today: '2027-01-31' },
  other: { type: 'requests', requests: [second], today: '2027-01-31' },
  same: { type: 'repeat', packId: first.packId },
  strange: { type: 'repeat', packId: second.packId },
  lastDay: { type: 'day', today: '2027-01-31' },
  dayAfter: { type: 'day', today: '2027-02-01' },
  right: { type: 'words', typed: 'five six seven eight' },
  wrong: { type: 'words', typed: 'one two three four' },
  cancel: { type: 'cancel' },
  revoke: { type: 'revoke' },
  replaced: { type: 'replaced' },
} as const satisfies Record<string, CenterEvent>;

type Name = keyof typeof events;

/** The ticket after `names`, each of which has an arrow; every record on the way is one that can be stored. */
function after(...names: readonly Name[]): CenterTicket {
  let ticket = newTicket(card, site);
  for (const name of names) {
    ticket = expectOk(stepCenter(ticket, events[name])).next;
    assert.deepEqual(centerTicketSchema.parse(JSON.parse(JSON.stringify(ticket))), ticket);
  }
  return ticket;
}

test('a new ticket keeps the enrolment key and not the card', () => {
  const ticket = newTicket(card, site);
  assert.equal(ticket.state, 'open');
  assert.equal(ticket.enrolKey, hex(enrolKeyOf(card)));
  assert.equal(JSON.stringify(ticket).includes(hex(card.secret)), false);
});

test('every arrow of the center leads where the table says', () => {
  const arrows: readonly (readonly [readonly Name[], CenterTicket['state']])[] = [
    [['none'], 'open'],
    [['lastDay'], 'open'],
    [['dayAfter'], 'expired'],
    [['late'], 'expired'],
    [['good'], 'claimed'],
    [['twice'], 'claimed'],
    [['two'], 'disputed'],
    [['cancel'], 'closed'],
    [['good', 'same'], 'claimed'],
    [['good', 'good'], 'claimed'],
    [['good', 'dayAfter'], 'claimed'],
    [['good', 'strange'], 'disputed'],
    [['good', 'other'], 'disputed'],
    [['good', 'strange', 'cancel'], 'closed'],
    [['two', 'cancel'], 'closed'],
    [['good', 'cancel'], 'closed'],
    [['good', 'right'], 'active'],
    [['good', 'wrong', 'wrong', 'right'], 'active'],
    [['good', 'wrong', 'wrong', 'wrong'], 'closed'],
    [['good', 'revoke'], 'revoked'],
    [['good', 'right', 'revoke'], 'revoked'],
    [['good', 'right', 'same'], 'active'],
    [['good', 'right', 'replaced'], 'retired'],
  ];
  for (const [names, state] of arrows) assert.equal(after(...names).state, state, names.join());
});

test('what has no arrow changes nothing and says why', () => {
  const none: readonly (readonly [readonly Name[], readonly Name[]])[] = [
    [[], ['right', 'wrong', 'revoke', 'replaced']],
    [['good'], ['replaced']],
    [
      ['good', 'right'],
      ['right', 'wrong', 'cancel'],
    ],
    [
      ['good', 'strange'],
      ['right', 'revoke', 'replaced'],
    ],
    [['dayAfter'], ['right', 'cancel', 'revoke']],
    [
      ['good', 'revoke'],
      ['right', 'revoke', 'cancel'],
    ],
    [
      ['good', 'right', 'replaced'],
      ['right', 'revoke', 'replaced'],
    ],
  ];
  for (const [names, refused] of none) {
    for (const name of refused) {
      const result = stepCenter(after(...names), events[name]);
      assert.equal(
        result.ok ? 'moved' : result.fault.kind,
        'pairing/not-now',
        `${names} + ${name}`,
      );
    }
  }
});

test('a request on a used ticket never touches an active box', () => {
  for (const names of [['good', 'right'], ['dayAfter'], ['good', 'revoke'], ['cancel']] as const) {
    const result = stepCenter(after(...names), events.other);
    assert.equal(result.ok ? 'moved' : result.fault.kind, 'pairing/ticket-used', names.join());
  }
});

test('the enrolment key is burnt at the first change', () => {
  for (const names of [['good'], ['two'], ['dayAfter'], ['cancel']] as const) {
    assert.equal('enrolKey' in after(...names), false, names.join());
  }
});

test('a claim keeps what admits the box', () => {
  assert.deepEqual(after('good').box, {
    request: first.packId,
    identity: hex(box.identity.publicKey),
    receive: Buffer.from(box.receive.publicKey).toString('base64url'),
    transport: hex(box.transport.publicKey),
    handle: first.handle,
    boxMailbox: first.boxMailbox,
    grantVersion: 1,
    words,
  });
});

test('a request that names another site, kind or ticket than the card is refused', () => {
  const changes = [{ site: 'OTHER' }, { kind: 'replace' as const }, { ticket: '00'.repeat(16) }];
  for (const change of changes) {
    const bad = { ...first, request: { ...request, ...change } };
    const result = stepCenter(newTicket(card, site), { ...events.good, requests: [bad] });
    assert.equal(result.ok ? 'moved' : result.fault.kind, 'pairing/other-site');
  }
});

test('only the last four words confirm at the center, and wrong ones are told and counted', () => {
  for (const typed of ['six seven eight', words.join(' '), '']) {
    const step = expectOk(stepCenter(after('good'), { type: 'words', typed }));
    assert.equal(step.notice?.kind, 'pairing/words-wrong');
    assert.equal(step.next.wrongAttempts, 1);
  }
  const third = expectOk(stepCenter(after('good', 'wrong', 'wrong'), events.wrong));
  assert.equal(third.notice?.kind, 'pairing/closed');
});

test('where two operators are asked for, the words alone admit nobody', () => {
  const typed = 'five six seven eight';
  const asked = { type: 'words', typed, needsSecond: true } as const;
  const nameless = stepCenter(after('good'), asked);
  assert.equal(nameless.ok ? 'moved' : nameless.fault.kind, 'pairing/which-operator');
  const half = expectOk(stepCenter(after('good'), { ...asked, operator: 'Ann' })).next;
  assert.equal(half.state, 'claimed');
  assert.equal(half.confirmedBy, 'Ann');
  assert.equal(expectOk(stepCenter(half, { ...asked, operator: 'Ben' })).next, half);
  const same = stepCenter(half, { type: 'approve', operator: 'Ann' });
  assert.equal(same.ok ? 'moved' : same.fault.kind, 'pairing/same-operator');
  const agreed = expectOk(stepCenter(half, { type: 'approve', operator: 'Ben' })).next;
  assert.equal(agreed.state, 'active');
  assert.equal(agreed.box?.grantVersion, 2);
  const early = stepCenter(after('good'), { type: 'approve', operator: 'Ben' });
  assert.equal(early.ok ? 'moved' : early.fault.kind, 'pairing/not-now');
});

test('a dispute keeps the words of each request that could be verified', () => {
  assert.deepEqual(after('two').rivals, [
    { request: first.packId, words },
    { request: second.packId, words },
  ]);
  assert.deepEqual(after('good', 'strange').rivals, [
    { request: first.packId, words },
    { request: second.packId },
  ]);
});

test('a known request beside another one is a dispute, in whatever order they came', () => {
  for (const requests of [
    [first, second],
    [second, first],
  ]) {
    const step = expectOk(stepCenter(after('good'), { ...events.good, requests }));
    assert.equal(step.next.state, 'disputed');
  }
});

test('only what a retired box had under way is released', () => {
  const retired = after('good', 'right', 'replaced');
  const released = expectOk(stepCenter(retired, { type: 'release' })).next;
  assert.equal(released.isReleased, true);
  assert.equal(released.state, 'retired');
  assert.equal(isAdmitted(released), false);
  assert.equal(expectOk(stepCenter(released, { type: 'release' })).next, released);
  for (const names of [['good'], ['good', 'right'], ['good', 'revoke']] as const) {
    const result = stepCenter(after(...names), { type: 'release' });
    assert.equal(result.ok ? 'moved' : result.fault.kind, 'pairing/not-now');
  }
});

test('what relays had of a replaced box is let in for its days, by a clock that does not go back, and then by a person', () => {
  const custody = { from: '2026-03-01', until: '2026-03-08' };
  const active = after('good', 'right');
  const retired = expectOk(stepCenter(active, { type: 'replaced', custody })).next;
  const standing = (ticket: CenterTicket) =>
    findBox([ticket], ticket.box?.identity ?? '')?.standing;
  const on = (today: string) => expectOk(stepCenter(retired, { type: 'day', today })).next;
  for (const day of ['2026-03-01', '2026-03-08']) assert.equal(standing(on(day)), 'released');
  for (const day of ['1970-01-01', '2026-02-28', '2026-03-09', '2099-01-01']) {
    assert.equal(standing(on(day)), 'retired', day);
    assert.equal(on(day).custody, undefined);
  }
  const released = expectOk(stepCenter(on('2026-03-09'), { type: 'release' })).next;
  assert.equal(standing(released), 'released');
  assert.equal(isAdmitted(retired), false, 'the relay lets it write no more');
});

test('a replacement takes the place of the active box at its site, and of no other', () => {
  const old = after('good', 'right');
  const replacement = { ...old, kind: 'replace', ticket: '99'.repeat(16) } as const;
  assert.ok(isReplacedBy(old, replacement));
  for (const other of [
    { ...replacement, kind: 'enrol' },
    { ...replacement, state: 'claimed' },
    { ...replacement, site: 'OTHER' },
    { ...replacement, ticket: old.ticket },
  ] as const) {
    assert.equal(isReplacedBy(old, other), false);
  }
  assert.equal(isReplacedBy(after('good'), replacement), false);
});

test('expiry and dispute are told', () => {
  const kindOf = (name: Name, ...names: readonly Name[]) =>
    expectOk(stepCenter(after(...names), events[name])).notice?.kind;
  assert.equal(kindOf('late'), 'pairing/expired');
  assert.equal(kindOf('dayAfter'), 'pairing/expired');
  assert.equal(kindOf('two'), 'pairing/disputed');
  assert.equal(kindOf('strange', 'good'), 'pairing/disputed');
  assert.equal(kindOf('good'), undefined);
});

test('the grant follows the ticket: its state, and a version that rises with it', () => {
  const about = { centerMailbox: '33'.repeat(16), list: 3 };
  const said = (...names: readonly Name[]) => {
    const grant = grantOfTicket(after(...names), about);
    return grant && `${grant.version} ${grant.state}`;
  };
  assert.equal(said(), undefined);
  assert.equal(said('good'), '1 provisional');
  assert.equal(said('good', 'same'), '1 provisional');
  assert.equal(said('good', 'wrong'), '1 provisional');
  assert.equal(said('good', 'right'), '2 active');
  assert.equal(said('good', 'wrong', 'wrong', 'wrong'), '2 refused');
  assert.equal(said('good', 'strange'), undefined);
  assert.equal(said('good', 'strange', 'cancel'), '2 refused');
  assert.equal(said('good', 'right', 'revoke'), '3 revoked');
  assert.equal(said('good', 'right', 'replaced'), '3 retired');
  assert.deepEqual(grantOfTicket(after('good'), { ...about, reason: 'why' }), {
    request: first.packId,
    version: 1,
    state: 'provisional',
    site,
    handle: first.handle,
    boxMailbox: first.boxMailbox,
    centerMailbox: '33'.repeat(16),
    list: 3,
    reason: 'why',
  });
});

test('only claimed and active boxes are admitted', () => {
  const base = after('good');
  const admitted = ticketStates.filter((state) => isAdmitted({ ...base, state }));
  assert.deepEqual(admitted, ['claimed', 'active']);
});
