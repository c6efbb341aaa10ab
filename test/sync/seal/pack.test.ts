import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, hex } from '#sync/core/bytes.ts';
import type { Json } from '#sync/core/canonical-json.ts';
import { expectOk } from '#sync/core/result.ts';
import { maxPackBytes, parseHeader } from '#sync/seal/header.ts';
import { openPack } from '#sync/seal/open.ts';
import {
  maxInnerBytes,
  type PackKind,
  packKinds,
  paddedLength,
  type SealInput,
  sealPack,
} from '#sync/seal/pack.ts';
import { receivingSecretOf } from '#sync/seal/receiving-key.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import { forger, mailbox, partyId, receiver, secrets, verdict } from './forge.ts';
import { scripted, seeded } from './shake-random.ts';

const kinds = Object.keys(packKinds) as readonly PackKind[];

const input = (changes: Partial<SealInput> = {}): SealInput => ({
  class: 2,
  mailbox,
  kind: 'data',
  meta: { v: 1 },
  payload: Uint8Array.of(1, 2, 3),
  sealedAtMs: 1_767_225_600_000,
  stream: new Uint8Array(16).fill(5),
  sequence: 7n,
  recipients: secrets.slice(0, 1),
  recipientParty: partyId,
  signer: forger,
  ...changes,
});

const anyone = receiver({ maySign: () => true });

test('what was sealed is what opens, for every kind, meta and payload', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...kinds),
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
      fc.uint8Array({ maxLength: 4_000 }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      (kind, meta, payload, sequence) => {
        const sealed = sealPack(
          input({ kind, meta: meta as Json, payload, sequence }),
          seeded(`${sequence}`),
        );
        const opened = expectOk(openPack(sealed.bytes, anyone));
        assert.equal(opened.packId, sealed.packId);
        assert.equal(sealed.packId, hex(sha256(sealed.bytes)));
        assert.equal(opened.kind, kind);
        assert.equal(opened.class, 2);
        assert.equal(JSON.stringify(sorted(opened.meta)), JSON.stringify(sorted(meta)));
        assert.deepEqual(Uint8Array.from(opened.payload), payload);
        assert.equal(opened.sequence, sequence);
        assert.deepEqual(opened.signer, forger.publicKey);
        assert.deepEqual(opened.mailbox, mailbox);
        assert.deepEqual(opened.stream, new Uint8Array(16).fill(5));
        assert.equal(opened.sealedAtMs, 1_767_225_600_000);
      },
    ),
    { numRuns: 40 },
  );
});

test('the body of a pack is its padded length and a tag', () => {
  for (const kind of kinds) {
    const { bytes } = sealPack(input({ kind }), seeded(kind));
    const header = expectOk(parseHeader(bytes));
    assert.equal(header.bodySizeBytes, paddedLength(kind, '{"v":1}'.length, 3) + 16);
    assert.equal(header.sizeBytes, bytes.length);
  }
});

test('an inner part of 16 MiB is sealed and opened, one byte more is not sealed', () => {
  const length = maxInnerBytes - 248 - '{"v":1}'.length;
  const payload = new Uint8Array(length).fill(0x5a);
  const fresh = Array.from({ length: 4 }, (_, at) =>
    receivingSecretOf(new Uint8Array(32).fill(at)),
  );
  const { bytes } = sealPack(input({ payload, recipients: fresh }), seeded('largest'));
  assert.equal(bytes.length, maxPackBytes);
  assert.equal(maxPackBytes, 16_782_080);
  const opened = expectOk(openPack(bytes, { ...anyone, secrets: fresh.slice(3) }));
  assert.equal(opened.payload.length, length);
  const more = new Uint8Array(length + 1);
  assert.throws(() => sealPack(input({ payload: more }), seeded('more')), RangeError);
});

test('a meta of 256 KiB is sealed and opened, one byte more is not sealed', () => {
  const meta = { a: 'x'.repeat(256 * 1024 - '{"a":""}'.length) };
  assert.equal(verdict(sealPack(input({ meta }), seeded('meta')).bytes, anyone), 'opened');
  assert.throws(() => sealPack(input({ meta: { a: `${meta.a}x` } }), seeded('meta')), RangeError);
});

test('what cannot be a pack is a bug of the caller', () => {
  const [one] = secrets;
  assert.ok(one);
  const five = Array.from({ length: 5 }, (_, at) => receivingSecretOf(new Uint8Array(32).fill(at)));
  const bad: readonly Partial<SealInput>[] = [
    { recipients: [] },
    { recipients: five },
    { recipients: [one, one] },
    { mailbox: new Uint8Array(15) },
    { stream: new Uint8Array(17) },
    { recipientParty: new Uint8Array(16) },
    { meta: [1] },
    { meta: 'text' },
  ];
  for (const changes of bad) assert.throws(() => sealPack(input(changes), seeded('bad')));
});

test('two packs of the same content share no key, uid or body', () => {
  const random = seeded('twice');
  const [a, b] = [sealPack(input(), random), sealPack(input(), random)];
  assert.notEqual(a.packId, b.packId);
  assert.notDeepEqual(a.bytes.subarray(32, 48), b.bytes.subarray(32, 48));
  assert.notDeepEqual(a.bytes.subarray(1308), b.bytes.subarray(1308));
});

test('uid, content key and encapsulations are drawn in that order and no more', () => {
  const draws = [new Uint8Array(16), new Uint8Array(32), new Uint8Array(64)];
  const { bytes } = sealPack(input(), scripted(...draws));
  assert.equal(verdict(bytes), 'opened');
});

test('the payload does not appear in the pack', () => {
  const payload = new Uint8Array(4_096).fill(0x41);
  const { bytes } = sealPack(input({ payload }), seeded('blind'));
  const text = Buffer.from(bytes).toString('latin1');
  assert.equal(text.includes('AAAAAAAA'), false);
  assert.equal(text.includes('{"v":1}'), false);
});

test('a payload that is a view of a larger buffer is sealed as that view', () => {
  const larger = concat(new Uint8Array(100), Uint8Array.of(9, 8, 7), new Uint8Array(100));
  const { bytes } = sealPack(input({ payload: larger.subarray(100, 103) }), seeded('view'));
  const padded = concat(new Uint8Array(11), bytes);
  const opened = expectOk(openPack(padded.subarray(11), anyone));
  assert.deepEqual(Uint8Array.from(opened.payload), Uint8Array.of(9, 8, 7));
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, member]) => [key, sorted(member)]);
}
