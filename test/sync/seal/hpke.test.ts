import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { concat, hex, utf8 } from '#sync/core/bytes.ts';
import { hpkeKeySchedule, hpkeOpen, hpkeSeal, hpkeSuite } from '#sync/seal/hpke.ts';

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

test('RFC 9180, A.2.1: the key schedule of base mode with X25519, HKDF-SHA256, ChaCha20-Poly1305', () => {
  const { key, nonce } = hpkeKeySchedule(
    concat(utf8('HPKE'), bytes('002000010003')),
    bytes('0bbe78490412b4bbea4812666f7916932b828bba79942424abb65244930d69a7'),
    utf8('Ode on a Grecian Urn'),
  );
  assert.equal(hex(key), 'ad2744de8e17f4ebba575b3f5f5a8fa1f69c2a07f6e7500bc60ca6e3e3ec1c91');
  assert.equal(hex(nonce), '5c4d98150661b848853b547f');
});

test('the suite of the format is X-Wing, HKDF-SHA256, ChaCha20-Poly1305', () => {
  assert.equal(hex(hpkeSuite), '48504b45647a00010003');
});

test('what is sealed opens under the same secret, info and additional data only', () => {
  const secret = new Uint8Array(32).fill(1);
  const sealed = hpkeSeal(secret, utf8('info'), utf8('aad'), utf8('plain'));
  assert.deepEqual(hpkeOpen(secret, utf8('info'), utf8('aad'), sealed), utf8('plain'));
  assert.equal(hpkeOpen(secret, utf8('inf0'), utf8('aad'), sealed), undefined);
  assert.equal(hpkeOpen(secret, utf8('info'), utf8('aed'), sealed), undefined);
  assert.equal(
    hpkeOpen(
      secret.map((byte) => byte ^ 1),
      utf8('info'),
      utf8('aad'),
      sealed,
    ),
    undefined,
  );
});
