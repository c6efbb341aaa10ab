import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  challengeSize,
  checkChallenge,
  makeChallenge,
  sessionSignature,
  verifySession,
} from '#sync/seal/session.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import { shake } from './shake-random.ts';

const secret = shake('relay secret', 32);
const handle = shake('handle', 16);
const challenge = makeChallenge(secret, handle, shake('nonce', 16), 60_000);
const transport = signingKeyOf(shake('transport', 32));
const spki = shake('spki', 32);

test('a challenge is good for its handle, at its relay, until it expires', () => {
  assert.equal(challenge.length, challengeSize);
  assert.ok(checkChallenge(secret, handle, challenge, 59_999));
  assert.equal(checkChallenge(secret, handle, challenge, 60_000), false);
  assert.equal(checkChallenge(secret, shake('other', 16), challenge, 0), false);
  assert.equal(checkChallenge(shake('other', 32), handle, challenge, 0), false);
});

test('no changed bit or length of a challenge is taken', () => {
  for (let bit = 0; bit < challengeSize * 8; bit++) {
    const changed = Uint8Array.from(challenge);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(checkChallenge(secret, handle, changed, 0), false, `bit ${bit}`);
  }
  assert.equal(checkChallenge(secret, handle, challenge.subarray(0, 39), 0), false);
  assert.equal(checkChallenge(secret, handle, new Uint8Array(0), 0), false);
});

test('an answer is of one transport key, for one relay, handle and challenge', () => {
  const answer = sessionSignature(transport, spki, handle, challenge);
  const verified = (...args: Parameters<typeof verifySession>) => verifySession(...args);
  assert.ok(verified(transport.publicKey, spki, handle, challenge, answer));
  const other = shake('other', 32);
  const stranger = signingKeyOf(other).publicKey;
  assert.equal(verified(stranger, spki, handle, challenge, answer), false);
  assert.equal(verified(transport.publicKey, other, handle, challenge, answer), false);
  assert.equal(verified(transport.publicKey, spki, shake('h', 16), challenge, answer), false);
  const later = makeChallenge(secret, handle, shake('later', 16), 60_000);
  assert.equal(verified(transport.publicKey, spki, handle, later, answer), false);
});
