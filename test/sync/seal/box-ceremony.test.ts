import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hex, utf8 } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { type BoxEvent, cardOfPeer, maySendPatients, stepBox } from '#sync/seal/box-ceremony.ts';
import { ticketOf } from '#sync/seal/card.ts';
import type { PairingGrant } from '#sync/seal/pairing.ts';
import { type BoxPeer, boxPairingStates, boxPeerSchema } from '#sync/seal/peers.ts';
import { cardOf, centerOf, site } from './parties.ts';

const center = centerOf('box ceremony center');
const card = cardOf(center);
const words = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];
const packId = 'ab'.repeat(32);
const grant: PairingGrant = {
  request: packId,
  version: 1,
  state: 'provisional',
  site,
  handle: '11'.repeat(16),
  boxMailbox: '22'.repeat(16),
  centerMailbox: '33'.repeat(16),
  list: 3,
};

const events = {
  card: { type: 'card', card, site },
  list: { type: 'key-list', text: center.text },
  request: { type: 'request', packId, words },
  right: { type: 'words', typed: 'one two three four' },
  wrong: { type: 'words', typed: 'five six seven eight' },
  grant: { type: 'grant', grant },
  active: { type: 'grant', grant: { ...grant, version: 2, state: 'active' } },
  refused: { type: 'grant', grant: { ...grant, version: 3, state: 'refused', reason: 'No box' } },
  revoked: { type: 'grant', grant: { ...grant, version: 4, state: 'revoked' } },
  retired: { type: 'grant', grant: { ...grant, version: 5, state: 'retired' } },
} as const satisfies Record<string, BoxEvent>;

type Name = keyof typeof events;

/** The record after `names`, each of which has an arrow; every record on the way is one that can be stored. */
function after(...names: readonly Name[]): BoxPeer {
  let peer: BoxPeer | undefined;
  for (const name of names) {
    peer = expectOk(stepBox(peer, events[name])).next;
    assert.deepEqual(boxPeerSchema.parse(JSON.parse(JSON.stringify(peer))), peer);
  }
  assert.ok(peer);
  return peer;
}

const requested = ['card', 'list', 'request'] as const;

test('every arrow of the box leads where the table says', () => {
  const arrows: readonly (readonly [readonly Name[], BoxPeer['state']])[] = [
    [['card'], 'carded'],
    [['card', 'list'], 'listed'],
    [requested, 'requested'],
    [[...requested, 'right'], 'confirmed'],
    [[...requested, 'wrong'], 'requested'],
    [[...requested, 'wrong', 'wrong', 'right'], 'confirmed'],
    [[...requested, 'wrong', 'wrong', 'wrong'], 'closed'],
    [[...requested, 'grant'], 'granted'],
    [[...requested, 'grant', 'wrong', 'wrong', 'wrong'], 'closed'],
    [[...requested, 'right', 'grant'], 'linked'],
    [[...requested, 'grant', 'right'], 'linked'],
    [[...requested, 'active'], 'granted'],
    [[...requested, 'active', 'right'], 'active'],
    [[...requested, 'right', 'active'], 'active'],
    [[...requested, 'right', 'grant', 'active'], 'active'],
    [[...requested, 'refused'], 'refused'],
    [[...requested, 'right', 'refused'], 'refused'],
    [[...requested, 'grant', 'refused'], 'refused'],
    [[...requested, 'right', 'grant', 'refused'], 'refused'],
    [[...requested, 'right', 'grant', 'revoked'], 'revoked'],
    [[...requested, 'right', 'active', 'revoked'], 'revoked'],
    [[...requested, 'right', 'active', 'retired'], 'revoked'],
    [[...requested, 'grant', 'revoked'], 'revoked'],
    [[...requested, 'refused', 'card'], 'carded'],
    [[...requested, 'wrong', 'wrong', 'wrong', 'card'], 'carded'],
    [[...requested, 'right', 'grant', 'revoked', 'card'], 'carded'],
    [[...requested, 'card'], 'carded'],
    [[...requested, 'grant', 'card'], 'carded'],
  ];
  for (const [names, state] of arrows) assert.equal(after(...names).state, state, names.join());
});

test('what has no arrow changes nothing and says why', () => {
  const none: readonly (readonly [readonly Name[], readonly Name[]])[] = [
    [['card'], ['request', 'right', 'grant']],
    [
      ['card', 'list'],
      ['list', 'right', 'grant'],
    ],
    [requested, ['list', 'request']],
    [
      [...requested, 'right'],
      ['right', 'wrong', 'list', 'request'],
    ],
    [
      [...requested, 'grant'],
      ['list', 'request'],
    ],
    [
      [...requested, 'right', 'grant'],
      ['card', 'list', 'request', 'right'],
    ],
    [
      [...requested, 'right', 'active'],
      ['card', 'list', 'request', 'right'],
    ],
    [
      [...requested, 'refused'],
      ['list', 'request', 'right', 'grant', 'active'],
    ],
    [
      [...requested, 'right', 'grant', 'revoked'],
      ['right', 'grant', 'retired'],
    ],
    [
      [...requested, 'wrong', 'wrong', 'wrong'],
      ['list', 'request', 'right', 'grant'],
    ],
  ];
  for (const [names, refused] of none) {
    const peer = after(...names);
    for (const name of refused) {
      const result = stepBox(peer, events[name]);
      assert.equal(
        result.ok ? 'moved' : result.fault.kind,
        'pairing/not-now',
        `${names} + ${name}`,
      );
    }
  }
});

test('a ceremony begins with a card', () => {
  for (const name of Object.keys(events) as Name[]) {
    assert.equal(stepBox(undefined, events[name]).ok, name === 'card', name);
  }
});

test('a card for another site is refused before anything is kept', () => {
  const result = stepBox(undefined, { type: 'card', card, site: 'OTHER' });
  assert.equal(result.ok ? 'moved' : result.fault.kind, 'pairing/other-site');
});

test('the card is kept until the grant, and its ticket for ever', () => {
  assert.deepEqual(cardOfPeer(after('card'))?.secret, card.secret);
  assert.deepEqual(cardOfPeer(after(...requested, 'right'))?.secret, card.secret);
  for (const names of [
    [...requested, 'grant'],
    [...requested, 'right', 'grant'],
    [...requested, 'refused'],
    [...requested, 'wrong', 'wrong', 'wrong'],
  ] as const) {
    const peer = after(...names);
    assert.equal('card' in peer, false, names.join());
    assert.equal(cardOfPeer(peer), undefined);
    assert.equal(peer.ticket, hex(ticketOf(card)));
  }
});

test('the key list that the card names is kept as text, another is refused', () => {
  const carded = after('card');
  const { next } = expectOk(stepBox(carded, { type: 'key-list', text: utf8(center.text) }));
  assert.equal(next.keyList, center.text);
  assert.equal(next.root, hex(center.root.publicKey));
  for (const text of [centerOf('other').text, '', '{}']) {
    const result = stepBox(carded, { type: 'key-list', text });
    assert.equal(result.ok ? 'moved' : result.fault.kind, 'pairing/key-list-refused');
  }
});

test('only the first four words confirm at the box', () => {
  const peer = after(...requested);
  for (const typed of ['one two three', words.join(' '), 'four three two one', '']) {
    const step = expectOk(stepBox(peer, { type: 'words', typed }));
    assert.equal(step.notice?.kind, 'pairing/words-wrong', typed);
    assert.equal(step.next.wrongAttempts, 1);
  }
});

test('the third wrong attempt closes and tells so', () => {
  const step = expectOk(stepBox(after(...requested, 'wrong', 'wrong'), events.wrong));
  assert.equal(step.notice?.kind, 'pairing/closed');
});

test('a refusal or revocation is told with the reason of the center', () => {
  const refused = expectOk(stepBox(after(...requested), events.refused));
  assert.equal(refused.notice?.kind, 'pairing/refused');
  assert.match(refused.notice?.message ?? '', /No box/);
  const revoked = expectOk(stepBox(after(...requested, 'right', 'grant'), events.revoked));
  assert.equal(revoked.notice?.kind, 'pairing/revoked');
});

test('a grant that is not newer than the known one changes nothing', () => {
  const active = after(...requested, 'right', 'active');
  for (const old of [events.active, events.grant]) {
    assert.equal(expectOk(stepBox(active, old)).next, active);
  }
});

test('a grant for another request or site is refused', () => {
  const peer = after(...requested);
  for (const change of [{ request: 'cd'.repeat(32) }, { site: 'OTHER' }]) {
    const result = stepBox(peer, { type: 'grant', grant: { ...grant, ...change } });
    assert.equal(result.ok ? 'moved' : result.fault.kind, 'pairing/other-grant');
  }
});

test('patients are sent only once words and grant are both there', () => {
  const base = after(...requested);
  const sending = boxPairingStates.filter((state) => maySendPatients({ ...base, state }));
  assert.deepEqual(sending, ['linked', 'active']);
});
