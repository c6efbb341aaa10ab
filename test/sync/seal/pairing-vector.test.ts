import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { hex } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import {
  buildCard,
  cardQrText,
  cardText,
  enrolKeyOf,
  parseCard,
  ticketOf,
} from '#sync/seal/card.ts';
import { pairingMac, pairingTranscript } from '#sync/seal/pairing-transcript.ts';
import { receivingSecretOf } from '#sync/seal/receiving-key.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import { pairingWords } from '#sync/seal/words.ts';
import { shake } from './shake-random.ts';

interface Vector {
  readonly prefix: string;
  readonly kind: 'enrol' | 'replace';
  readonly site: string;
  readonly lastDay: string;
  readonly card: string;
  readonly ticket: string;
  readonly transcriptLength: number;
  readonly transcriptSha256: string;
  readonly mac: string;
  readonly wordIndices: readonly number[];
}

const url = new URL('../../fixtures/seal/pairing-1.json', import.meta.url);
const vector: Vector = JSON.parse(readFileSync(url, 'utf8'));
const value = (name: string, length: number) => shake(vector.prefix + name, length);
const publicKey = (name: string) => signingKeyOf(value(name, 32)).publicKey;

const card = buildCard({
  kind: vector.kind,
  lastDay: vector.lastDay,
  site: vector.site,
  root: publicKey('root seed'),
  secret: value('secret', 16),
});

test('the card of the pairing vector is printed to the letter', () => {
  assert.equal(cardText(card), vector.card);
  assert.equal(cardQrText(card), `OUTPOST1:${vector.card.replaceAll('-', '')}`);
  assert.deepEqual(expectOk(parseCard(vector.card)).bytes, card);
});

test('ticket, transcript, mac and words of the pairing vector are those written down', () => {
  const parsed = expectOk(parseCard(vector.card));
  const ticket = ticketOf(parsed);
  assert.equal(hex(ticket), vector.ticket);
  const transcript = pairingTranscript({
    kind: parsed.kind,
    ticket,
    root: publicKey('root seed'),
    site: vector.site,
    identity: publicKey('identity seed'),
    receive: receivingSecretOf(value('receive seed', 32)).publicKey,
    transport: publicKey('transport seed'),
    nonce: value('nonce', 16),
  });
  assert.equal(transcript.length, vector.transcriptLength);
  assert.equal(hex(sha256(transcript)), vector.transcriptSha256);
  const mac = pairingMac(enrolKeyOf(parsed), transcript);
  assert.equal(hex(mac), vector.mac);
  assert.deepEqual(
    pairingWords(transcript, mac).map((word) => wordlist.indexOf(word)),
    vector.wordIndices,
  );
});
