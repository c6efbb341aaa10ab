import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { hex } from '#sync/core/bytes.ts';
import { packKindOf, packKinds } from '#sync/seal/kind.ts';
import { partyIdOfBox, partyIdOfCenter } from '#sync/seal/party.ts';

test('a party id is the hash of a label without a zero byte and the key', () => {
  const key = new Uint8Array(32).fill(5);
  const expected = createHash('sha256').update('spk/v1/party').update(key).digest('hex');
  assert.equal(hex(partyIdOfCenter(key)), expected);
  assert.equal(hex(partyIdOfBox(key)), expected);
});

test('bytes 1 to 6 are kinds and no other byte is', () => {
  const known = Array.from({ length: 256 }, (_, code) => packKindOf(code)).filter(Boolean);
  assert.deepEqual(known, Object.keys(packKinds));
});
