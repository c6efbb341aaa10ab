import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, hex, sameBytes } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { openPack } from '#sync/seal/open.ts';
import { sealPack } from '#sync/seal/pack.ts';
import { partyIdOfBox } from '#sync/seal/party.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import { forge, forger, mailbox, partyId, receiver, secrets, verdict } from './forge.ts';
import { seeded } from './shake-random.ts';

const headerSize = 2488;
const good = forge();
const signatureAt = 184;

test('no changed byte of a pack goes unnoticed', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: good.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      (at, difference) => {
        const changed = Uint8Array.from(good);
        changed[at] = (changed[at] ?? 0) ^ difference;
        assert.notEqual(verdict(changed), 'opened');
      },
    ),
    { numRuns: 250 },
  );
});

test('no changed bit of the fixed header goes unnoticed', () => {
  for (let bit = 0; bit < 128 * 8; bit++) {
    const changed = Uint8Array.from(good);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.notEqual(verdict(changed, receiver({ mailbox: undefined })), 'opened', `bit ${bit}`);
  }
});

test('a pack cut at any length is refused by its header', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: good.length - 1 }), (length) => {
      assert.equal(verdict(good.subarray(0, length)), '1 header');
    }),
  );
});

test('bytes that are no pack are refused by their header', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5_000 }), (bytes) => {
      assert.equal(verdict(bytes), '1 header');
    }),
  );
});

test('swapped stanzas are refused', () => {
  const [a, b] = [good.subarray(128, 1308), good.subarray(1308, headerSize)];
  const swapped = concat(good.subarray(0, 128), b, a, good.subarray(headerSize));
  assert.equal(verdict(swapped), '1 header');
});

test('the body of another pack under this header is refused', () => {
  const other = sealPack(
    {
      class: 1,
      mailbox,
      kind: 'receipt',
      meta: { v: 1 },
      payload: new Uint8Array(0),
      sealedAtMs: 0,
      stream: new Uint8Array(16),
      sequence: 1n,
      recipients: secrets,
      recipientParty: partyId,
      signer: forger,
    },
    seeded('other pack'),
  ).bytes;
  assert.equal(verdict(other), 'opened');
  const spliced = concat(good.subarray(0, headerSize), other.subarray(headerSize));
  assert.equal(verdict(spliced), '6 body');
});

test('a pack that was put into another mailbox is refused where it lands', () => {
  const other = new Uint8Array(16).fill(7);
  const moved = Uint8Array.from(good);
  moved.set(other, 48);
  assert.equal(verdict(moved), '2 not-for-us');
  assert.equal(verdict(moved, receiver({ mailbox: other })), '4 wrap');
});

test('a box without a mailbox skips that check and no other', () => {
  assert.equal(verdict(good, receiver({ mailbox: undefined })), 'opened');
});

test('a recipient cannot pass on a malleated signature (S + L) as a new pack', () => {
  const signature = innerOf(good).subarray(signatureAt, signatureAt + 64);
  const malleated = concat(signature.subarray(0, 32), addOrder(signature.subarray(32)));
  const forged = forge({ inner: [[signatureAt, hex(malleated)]] });
  assert.equal(verdict(forged), '9 signature');
});

test('a signer of small order is refused even where it may sign', () => {
  const identityPoint = `01${'00'.repeat(31)}`;
  const forged = forge({
    inner: [
      [56, identityPoint],
      [signatureAt, identityPoint + '00'.repeat(32)],
    ],
  });
  assert.equal(verdict(forged), '8 role');
  assert.equal(verdict(forged, receiver({ maySign: () => true })), '9 signature');
});

test('a pack for the party of a box is not one for a center', () => {
  const context = receiver({ partyId: partyIdOfBox(forger.publicKey) });
  assert.equal(verdict(good, context), '10 not-for-us');
});

test('a known pack is a silent success, told apart from a refusal', () => {
  const id = hex(sha256(good));
  const result = openPack(good, receiver({ hasPackId: (packId) => packId === id }));
  assert.equal(result.ok ? 'opened' : result.fault.kind, 'seal/seen');
});

test('a second pack under the uid of its signer is refused, the same pack is not', () => {
  const used = (packId: string) => receiver({ packIdOfUid: () => packId });
  assert.equal(verdict(good, used('00'.repeat(32))), '11 replay');
  assert.equal(verdict(good, used(hex(sha256(good)))), 'opened');
});

test('the look-up of used uids gets the signer and the uid of the pack', () => {
  const asked: string[] = [];
  openPack(
    good,
    receiver({
      packIdOfUid(identity, uid) {
        asked.push(hex(identity), hex(uid));
        return undefined;
      },
    }),
  );
  assert.deepEqual(asked, [hex(forger.publicKey), hex(good.subarray(32, 48))]);
});

test('a receiver without a key of the pack learns that it is not for it', () => {
  assert.equal(verdict(good, receiver({ secrets: [] })), '4 not-for-us');
});

test('the kind of a refused pack is known to the journal from check 8 on', () => {
  const kindAt = (bytes: Uint8Array) => {
    const result = openPack(bytes, receiver());
    return result.ok ? 'opened' : result.fault.packKind;
  };
  assert.equal(kindAt(forge({ kind: 'control' })), 'control');
  assert.equal(kindAt(forge({ inner: [[0, '00']] })), undefined);
});

test('a stranger who asks to be admitted is judged by the enrol hook after the meta hash', () => {
  const seen: string[] = [];
  const context = receiver({
    enrol({ signer, meta }) {
      seen.push(hex(signer), String(meta['type']));
      return meta['type'] === 'x' ? undefined : 'no';
    },
  });
  assert.equal(verdict(forge({ kind: 'enrol' }), context), 'opened');
  assert.deepEqual(seen, [hex(forger.publicKey), 'x']);
  assert.equal(verdict(forge({ kind: 'enrol', meta: '{"type":"y"}' }), context), '8 role');
  assert.equal(verdict(forge({ kind: 'enrol', inner: [[120, '00']] }), context), '8 inner');
  assert.equal(verdict(forge({ kind: 'enrol' })), '8 role');
  const unsigned = forge({ kind: 'enrol', inner: [[signatureAt, '00'.repeat(64)]] });
  assert.equal(verdict(unsigned, context), '9 signature');
  assert.equal(verdict(good, context), 'opened');
});

test('opening leaves the bytes as they were', () => {
  const copy = Uint8Array.from(good);
  expectOk(openPack(copy, receiver()));
  assert.ok(sameBytes(copy, good));
});

/** The inner part of a pack: the opened payload is a view of it. */
function innerOf(bytes: Uint8Array): Uint8Array {
  const { payload } = expectOk(openPack(bytes, receiver()));
  const metaLength = '{"type":"x","v":1}'.length;
  return new Uint8Array(payload.buffer, payload.byteOffset - 248 - metaLength, 2048);
}

/** S + L, little-endian. */
function addOrder(scalar: Uint8Array): Uint8Array {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  let sum = order;
  scalar.forEach((byte, at) => {
    sum += BigInt(byte) << BigInt(8 * at);
  });
  return Uint8Array.from({ length: 32 }, (_, at) => Number((sum >> BigInt(8 * at)) & 0xffn));
}
