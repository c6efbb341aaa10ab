import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectOk } from '#sync/core/result.ts';
import { openCustody, signCustody } from '#sync/seal/custody.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import { signFile } from '#sync/seal/signed-file.ts';

const relay = signingKeyOf(new Uint8Array(32).fill(3));
const custody = {
  relay: 'relay-1',
  at: '2026-01-01T00:00:00.000Z',
  packs: [{ packId: 'ab'.repeat(32), sizeBytes: 4_552 }],
};

test('a custody receipt opens under the receipt key of its relay only', () => {
  const text = signCustody(relay, custody);
  assert.deepEqual(expectOk(openCustody(text, relay.publicKey)), { v: 1, ...custody });
  const other = signingKeyOf(new Uint8Array(32).fill(4));
  assert.equal(openCustody(text, other.publicKey).ok, false);
});

test('a signed text that is no custody receipt is refused', () => {
  const bad = [
    { v: 1, ...custody, packs: [] },
    { v: 2, ...custody },
    { v: 1, ...custody, at: 'yesterday' },
    { v: 1, ...custody, packs: [{ packId: 'AB'.repeat(32), sizeBytes: 1 }] },
    { v: 1, ...custody, packs: [{ packId: 'ab'.repeat(32), sizeBytes: 0 }] },
    { v: 1, ...custody, isDelivered: true },
  ];
  for (const value of bad) {
    const text = signFile(relay, 'outpost/v1/custody', value);
    assert.equal(openCustody(text, relay.publicKey).ok, false, JSON.stringify(value));
  }
});
