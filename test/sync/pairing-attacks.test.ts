import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

/** Rules and misuses of the pairing ceremony, and the tests that try them, under `test/`. */
const rows: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'card: typed with each single error, cut, too long, of another form': {
    'sync/pairing-misuse.test.ts': ['a card typed with each single error', 'a truncated card'],
    'sync/seal/card.test.ts': [
      'each single wrong character is found, and its group is named',
      'a group in another place is found',
      'a wrong check sum, length or kind is refused',
      'a card of a later version is unknown, not damaged',
    ],
  },
  'card: one site, one use, one center, until its last day by the clock of the center': {
    'sync/pairing-misuse.test.ts': [
      'a card for another site',
      'a used card',
      'a card of another center',
      'a card whose last day is over by the clock of the center',
      'a card on its last day',
      'a card that nobody used expires by itself',
    ],
    'sync/relay/enrolment.test.ts': [
      'no clock of the relay ends a ticket: it is good while the center lists it',
    ],
  },
  'two boxes, one card': {
    'sync/pairing-misuse.test.ts': ['two boxes that race with one card'],
    'sync/seal/center-ceremony.test.ts': [
      'a known request beside another one is a dispute, in whatever order they came',
      'a dispute keeps the words of each request that could be verified',
      'a request on a used ticket never touches an active box',
    ],
  },
  'key list: first by the card, then by the stored root; lower, equal and other numbers': {
    'sync/seal/box-ceremony.test.ts': [
      'the key list that the card names is kept as text, another is refused',
    ],
    'sync/seal/key-list.test.ts': [
      'the list of another root is not trusted',
      'a higher number replaces, a lower one is ignored, the same number with other content alarms',
    ],
    'appliance/adapters/pairing-files.test.ts': [
      'a key list that the stored root did not sign makes no center',
      'an older list, another list under the same number and one of a stranger change nothing',
    ],
  },
  'a relay that keeps a key list from the box': {
    'appliance/intake/key-list-watch.test.ts': [
      'a relay that keeps a key list from the box is noticed by the first letter of the center',
      'what letters told is kept once a day and for a list that is missed, and counts after a restart',
    ],
  },
  'root hand-over: in order, and by nobody else': {
    'sync/adapters/center-keys-change.test.ts': [
      'a root hands over twice; who slept over both, box or relay, follows the chain',
      'a stranger cannot hand over: a list that the named root did not sign leads nowhere',
    ],
    'sync/relay/lists.test.ts': [
      'the root of a center is handed over, and a restarted relay follows from its pin',
    ],
  },
  'request: every field is bound, and each change is refused': {
    'sync/seal/pairing-request.test.ts': [
      'each changed field of a request is refused, though sealed and signed by the sender',
      'a request under another card is refused',
      'a request made with the card of one root and the key list of another is refused',
      'a request signed by another key than its identity is refused',
      'one key for identity and transport is refused',
      'a receiving key that nothing can be sealed to is refused',
    ],
    'sync/seal/fuzz.test.ts': ['no changed request and no changed grant is believed'],
  },
  'grant: for this request, this box, this center, and newer than the known one': {
    'sync/seal/pairing-grant.test.ts': [
      'a grant by a key that does not sign for the center is refused',
      'a grant for another request, or of another box, is refused',
      'a grant whose header names another mailbox than it grants is refused',
    ],
    'sync/seal/box-ceremony.test.ts': [
      'a grant that is not newer than the known one changes nothing',
      'a grant for another request or site is refused',
    ],
    'sync/pairing-misuse.test.ts': ['the grant of one box given to another'],
  },
  'grant or request lost, program killed, at every step': {
    'sync/seal/ceremony-model.test.ts': [
      'whatever order of events, losses and deaths: the invariants of both machines hold',
      'two honest ends are linked at last, however often letters are lost and programs die',
    ],
    'sync/adapters/pairing.test.ts': [
      'the same card asks again with the same bytes, and the same request gets the same grant',
      'a grant whose file a crash took is written again, and the refusal says how',
    ],
    'e2e/pairing-kills.slow.ts': [
      'a ceremony killed at each durable step, and typed again, ends as one that nobody disturbed',
    ],
  },
  'words: typed at both ends, four each, three attempts, no yes and no': {
    'sync/seal/box-ceremony.test.ts': [
      'only the first four words confirm at the box',
      'the third wrong attempt closes and tells so',
    ],
    'sync/seal/center-ceremony.test.ts': [
      'only the last four words confirm at the center, and wrong ones are told and counted',
      'where two operators are asked for, the words alone admit nobody',
    ],
    'sync/adapters/pairing.test.ts': [
      'three wrong attempts at the words close the ticket at the center',
    ],
  },
  'an attacker between, with a card of his own': {
    'sync/pairing-misuse.test.ts': [
      'an attacker between, with a forged card of a center of his own',
    ],
  },
  'before the words: no patient leaves the box, nothing reaches a PACS, a small quota': {
    'sync/seal/box-ceremony.test.ts': [
      'patients are sent only once words and grant are both there',
    ],
    'appliance/adapters/pairing-files.test.ts': [
      'patients leave only when the box is linked and the grant stands',
    ],
    'sync/center/take-senders.test.ts': [
      'packs of a box that is not confirmed are held sealed, and delivered once it is',
    ],
    'sync/center/publishing.test.ts': ['assert.equal(provisional.handles[1]?.bytesPerDay, 200'],
  },
  'every arrow of both machines, and none beside them': {
    'sync/seal/box-ceremony.test.ts': [
      'every arrow of the box leads where the table says',
      'what has no arrow changes nothing and says why',
    ],
    'sync/seal/center-ceremony.test.ts': [
      'every arrow of the center leads where the table says',
      'what has no arrow changes nothing and says why',
      'the enrolment key is burnt at the first change',
    ],
  },
  'revocation: the relay first, then quarantine; the box is told and keeps its images': {
    'sync/center/attacks.test.ts': [
      'the relay hears of a revocation before what the box had sent is put aside',
    ],
    'sync/center/take-senders.test.ts': ['held packs of a box that was revoked go to quarantine'],
    'sync/pairing-misuse.test.ts': ['a revoked box asks again with its old request'],
    'sync/relay/app.test.ts': ['a retired handle is shut out at once, with a running session too'],
    'e2e/pairing-relay.slow.ts': [
      'a card and eight words link a box over the relay alone; a revoked box hears it there',
    ],
  },
  'replacement: at its site alone; what the old box had under way waits for a person': {
    'sync/seal/center-ceremony.test.ts': [
      'a replacement takes the place of the active box at its site, and of no other',
      'only what a retired box had under way is released',
      'what relays had of a replaced box is let in for its days, by a clock that does not go back, and then by a person',
    ],
    'sync/center/take-senders.test.ts': [
      'a replaced box of the same site takes its studies over',
      'what a replaced box had under way waits for a person, and its study is answered to the new one',
    ],
    'sync/center/reporting.test.ts': [
      'reports that a broken box did not acknowledge go to the one in its place, at once and for good',
    ],
  },
  'second center: keys, handle and mailbox of its own, and believed for its own studies': {
    'sync/pairing-misuse.test.ts': [
      'a second center gets a transport key of its own, the same identity, and another mailbox',
    ],
    'appliance/road-attacks.test.ts': [
      'a report from a second center of the box, which was not sent this study, is not shown',
      'a key of the first center opens nothing in the mailbox of the second',
    ],
    'sync/relay/app.test.ts': [
      'a second center at one relay cannot reach into the mailbox of the first',
    ],
  },
  'a box whose record the center lost: kept sealed within bounds, named, and believed once it is admitted':
    {
      'sync/center/unknown-box.test.ts': [
        'what a box that no record names sends is kept sealed and named, and taken once it is admitted',
        'a box that is confirmed no more after it was unknown is not delivered, and one that was revoked is put aside',
        'of a box that is unknown only what proves its key is kept, and only kinds that a box may send',
        'what is kept of unknown boxes is bounded: by box, in all and in days',
      ],
      'sync/commands/pair.test.ts': [
        'the list of tickets names boxes that no record of pairing names, and what is kept of them',
      ],
    },
  'a center restored from before the pairing: a box comes back by its own grant alone, and a person decides':
    {
      'sync/pairing-return.test.ts': [
        'takes a box back from its own grant, once a person says so',
        'a box that returns may also be let in by its words, and two operators are two',
        'only a box that returned is let in without words',
        'a box that the records know as revoked, closed or replaced does not come back',
        'a ticket that went to another box, and a place at the relays that is taken, come back with nobody',
        'the agent brings the return with the ticket, until a newer grant comes',
        'after a restore the relays keep their list until the first box is let in; then one above it goes out',
      ],
      'sync/seal/pairing-return.test.ts': [
        'a forged, borrowed, changed or foreign grant brings nobody back',
        'an identity key of the center that was revoked has let nobody in; an old one has',
        'who does not hold the transport key, or uses one key twice, does not come back; a request is no return',
      ],
      'sync/center/unknown-box.test.ts': [
        'a box that shows its own grant in the mailbox is claimed, and what is kept of it is taken once a person lets it in',
      ],
    },
  'an epoch that is gone: sealed anew from the source, wherever the pack is, and the center says why':
    {
      'appliance/intake/reseal.test.ts': [
        'what is sealed to an epoch that is gone is sealed anew to the current one',
        'what a relay has that is sealed to an epoch that is gone goes again, and what the center signed for does not',
        'a pack that was being sealed while its epoch went is found later, also after the catalog was made anew',
      ],
      'sync/center/epoch-gone.test.ts': [
        'a pack of an epoch that is gone is put aside, and every confirmed box hears its name, once',
        'while an epoch is accepted a missing key is a key that may come back: the pack waits',
      ],
    },
  'a cloned box, and a lost counter file': {
    'sync/center/take-senders.test.ts': [
      'two packs of one number are a clone: the second is put aside',
    ],
    'sync/relay/sessions.test.ts': [
      'two holders of one transport key are noticed, and told once an hour',
    ],
    'sync/adapters/sequence-file.test.ts': [
      'a number is never given twice, however often programs die and whoever else takes a lease',
      'a lost or damaged counter file begins a new stream and says so',
    ],
    'sync/center/attacks.test.ts': [
      'a box that lost its counter file begins a new stream: its numbers come again and are no clone',
    ],
  },
  'clocks of 1970 and 2099 through pairing, TLS and session': {
    'sync/pairing-misuse.test.ts': [
      "['a box at 1970', { boxMs: 0 }]",
      "['a box at 2099', { boxMs: Date.UTC(2099, 11, 31) }]",
      'wrong clocks: a center at 1970 is told to set its clock before it makes a card',
    ],
    'sync/adapters/http-client-clock.test.ts': ['is not good yet', 'was good long ago'],
    'sync/relay/app.test.ts': ['a challenge is good for a minute and a session for an hour'],
    'sync/adapters/center-keys-change.test.ts': [
      'a clock that stands at 1970 ends no epoch, and one that is a year ahead warns and stops nothing',
    ],
  },
  'an epoch that ends is told, and no clock of the box makes or stops a warning': {
    'appliance/intake/key-list-watch.test.ts': [
      'an epoch that ends is told at 60, 30 and 7 days, by the clock of the center and by no other',
      'no wall clock of the box counts',
      'a letter of a center whose clock is far off, a list without dates and a stopped center warn of nothing',
    ],
    'sync/seal/key-list.test.ts': [
      'a list with dates says them; a later form of them verifies and says nothing; an older list has none',
    ],
  },
  'enrolment at the relay: listed tickets, small packs, four a ticket, twenty tries an hour': {
    'sync/relay/enrolment.test.ts': [
      'a ticket that no center lists is unknown to both routes, as any other text',
      'a stranger with a ticket brings small packs to the center and nothing else',
      'four requests a ticket and twenty tries an hour; a stored one may come again',
    ],
  },
  'admission: a proof for this relay, handle and challenge; what is not the own is not there': {
    'sync/seal/session.test.ts': [
      'a challenge is good for its handle, at its relay, until it expires',
      'an answer is of one transport key, for one relay, handle and challenge',
    ],
    'sync/relay/app.test.ts': [
      'a party without a good proof gets no session, and learns nothing from it',
      'a box writes only into mailboxes that it was given',
      'what is not the caller’s own is answered like what does not exist',
    ],
  },
  'a relay of a third party: it believes the roots of its config alone, and others of the list stand in for it':
    {
      'sync/relay/lists.test.ts': [
        'lists of unknown centers, damaged lists and lists by a wrong key are refused',
      ],
      'sync/relay/app.test.ts': [
        'a second center at one relay cannot reach into the mailbox of the first',
      ],
      'sync/agent/two-relays.test.ts': [
        'while the first relay is away the next one is used, and left again when the first is back',
        'a relay that calls good packs damaged twice is left for the next one, where the center finds them',
      ],
    },
  'access list: by a current identity, upward, one content a version': {
    'sync/relay/lists.test.ts': [
      'an access list goes up and never down, and a revoked identity signs none',
      'lists of unknown centers, damaged lists and lists by a wrong key are refused',
      'a stolen identity key, once revoked, leaves neither its list nor its high number behind',
      'a right to read the mailbox of another owner is none',
    ],
    'sync/seal/access-list.test.ts': [
      'the list of another center under our identity key is refused',
      'versions rise, and one version has one content',
    ],
  },
  'a stick with images and packs': {
    'appliance/adapters/import-folder-aside.test.ts': [
      'a stick with images and packs: images are taken, packs are set aside as they are',
    ],
    'sync/commands/courier.test.ts': [
      'images on the stick are no business of the courier: they stay, and the packs come over',
    ],
  },
};

for (const [rule, files] of Object.entries(rows)) {
  test(`pairing, ${rule}`, () => {
    for (const [file, sentences] of Object.entries(files)) {
      const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
      for (const sentence of sentences) assert.ok(text.includes(sentence), `${file}: ${sentence}`);
    }
  });
}
