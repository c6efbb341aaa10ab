import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, hex, utf8 } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import {
  buildCard,
  cardQrText,
  cardText,
  enrolKeyOf,
  isCardForSite,
  parseCard,
  parseCardBytes,
  ticketOf,
} from '#sync/seal/card.ts';
import { rootHashOf } from '#sync/seal/key-list.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import { cardOf, centerOf, site } from './parties.ts';
import { shake } from './shake-random.ts';

const center = centerOf('card center');
const card = cardOf(center);
const text = cardText(card.bytes);
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const kindOf = (input: string): string => {
  const result = parseCard(input);
  return result.ok ? 'ok' : result.fault.kind;
};

test('a card says kind, last day, site, root and secret', () => {
  assert.equal(card.kind, 'enrol');
  assert.equal(card.lastDay, '2027-01-31');
  assert.deepEqual(card.rootHash, rootHashOf(center.root.publicKey));
  assert.deepEqual(card.secret, shake('secret', 16));
  assert.ok(isCardForSite(card, site));
  assert.equal(isCardForSite(card, 'OTHER-CLINIC'), false);
  assert.equal(cardOf(center, 'replace').kind, 'replace');
});

test('any card survives print and typing', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.integer({ min: 0, max: 0xffff }),
      fc.constantFrom('enrol' as const, 'replace' as const),
      (secret, day, kind) => {
        const lastDay = new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10);
        const bytes = buildCard({ kind, lastDay, site, root: center.root.publicKey, secret });
        const parsed = expectOk(parseCard(cardText(bytes)));
        assert.deepEqual(parsed.bytes, bytes);
        assert.equal(parsed.lastDay, lastDay);
        assert.deepEqual(expectOk(parseCard(cardQrText(bytes))), parsed);
      },
    ),
    { numRuns: 50 },
  );
});

test('print is 16 groups of five, the QR code holds only alphanumeric characters', () => {
  assert.match(text, /^([0-9A-HJKMNP-TV-Z]{5}-){15}[0-9A-HJKMNP-TV-Z]{5}$/);
  assert.match(cardQrText(card.bytes), /^OUTPOST1:[0-9A-Z]{80}$/);
});

test('people may type small letters, O, I and L, spaces, lines and no dashes', () => {
  const spellings = [
    text.toLowerCase(),
    text.replaceAll('-', ''),
    text.replaceAll('-', ' '),
    `  ${text.replaceAll('-', '\n')}\n`,
    text.replaceAll('0', 'O').replaceAll('1', 'I'),
    text.replaceAll('0', 'o').replaceAll('1', 'l'),
    cardQrText(card.bytes).toLowerCase(),
  ];
  for (const spelling of spellings) {
    assert.deepEqual(expectOk(parseCard(spelling)).bytes, card.bytes, spelling);
  }
});

test('each single wrong character is found, and its group is named', () => {
  const characters = [...text.replaceAll('-', '')];
  for (const [at, right] of characters.entries()) {
    for (const wrong of alphabet) {
      if (wrong === right) continue;
      const result = parseCard(characters.with(at, wrong).join(''));
      assert.equal(result.ok, false);
      const group = Math.floor(at / 5) + 1;
      assert.match(result.fault.message, new RegExp(`group ${group} of 16 is mistyped`));
    }
  }
});

test('a group in another place is found', () => {
  const groups = text.split('-');
  for (let at = 0; at < 15; at++) {
    const [a, b] = [groups[at] ?? '', groups[at + 1] ?? ''];
    if (a === b) continue;
    assert.notEqual(
      kindOf(
        groups
          .with(at, b)
          .with(at + 1, a)
          .join('-'),
      ),
      'ok',
    );
  }
});

test('a card that is cut, too long or full of other characters is mistyped', () => {
  for (const input of [
    '',
    text.slice(0, -1),
    `${text}0`,
    text.replace(/./, 'U'),
    text.replace(/./, 'ß'),
  ]) {
    assert.equal(kindOf(input), 'card/mistyped', input);
  }
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (input) => {
      assert.equal(kindOf(input), 'card/mistyped');
    }),
  );
});

test('a wrong check sum, length or kind is refused', () => {
  const damagedBytes = Uint8Array.from(card.bytes);
  damagedBytes[30] = (damagedBytes[30] ?? 0) ^ 1;
  assert.equal(kindOf(cardText(damagedBytes)), 'card/damaged');
  for (const bytes of [damagedBytes, card.bytes.subarray(1), concat(card.bytes, card.bytes)]) {
    const result = parseCardBytes(bytes);
    assert.equal(result.ok ? 'ok' : result.fault.kind, 'card/damaged');
  }
});

test('a card of a later version is unknown, not damaged', () => {
  for (const first of [0x10, 0x13, 0x21]) {
    const body = Uint8Array.from(card.bytes.subarray(0, 38));
    body[0] = first;
    const sum = sha256(utf8('outpost/v1/card\0'), body).slice(0, 2);
    const result = parseCardBytes(concat(body, sum));
    assert.equal(result.ok ? 'ok' : result.fault.kind, 'card/unknown');
  }
});

test('a fault never repeats what was typed', () => {
  const result = parseCard(text.replace(/.$/, text.endsWith('Z') ? 'Y' : 'Z'));
  assert.equal(result.ok, false);
  assert.equal(JSON.stringify(result.fault).includes(text.slice(0, 5)), false);
});

test('ticket and enrolment key are different halves of one secret', () => {
  assert.equal(ticketOf(card).length, 16);
  assert.equal(enrolKeyOf(card).length, 32);
  assert.equal(hex(enrolKeyOf(card)).includes(hex(ticketOf(card))), false);
  assert.notDeepEqual(ticketOf(cardOf(center, 'enrol', 'other')), ticketOf(card));
});

test('a card for no day, or with a short secret, is a bug', () => {
  const root = center.root.publicKey;
  const secret = new Uint8Array(16);
  for (const lastDay of ['2025-12-31', '2205-06-08', 'soon', '2026-01-01T12:00:00Z']) {
    assert.throws(() => buildCard({ kind: 'enrol', lastDay, site, root, secret }), RangeError);
  }
  const short = new Uint8Array(15);
  assert.throws(
    () => buildCard({ kind: 'enrol', lastDay: '2026-01-01', site, root, secret: short }),
    RangeError,
  );
});
