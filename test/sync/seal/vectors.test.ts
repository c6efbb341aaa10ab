import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { hex, utf8 } from '#sync/core/bytes.ts';
import type { JsonObject } from '#sync/core/canonical-json.ts';
import { expectOk } from '#sync/core/result.ts';
import { deriveBodyKey } from '#sync/seal/content-key.ts';
import { parsePackFrame } from '#sync/seal/header.ts';
import type { PackKind } from '#sync/seal/kind.ts';
import { openWith } from '#sync/seal/opening.ts';
import { type Padding, padding } from '#sync/seal/padding.ts';
import { partyIdOfCenter } from '#sync/seal/party.ts';
import { receivingSecretOf } from '#sync/seal/receiving-key.ts';
import { sealWith } from '#sync/seal/sealing.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import { scripted, shake } from './shake-random.ts';

interface Vector {
  readonly isPadded: boolean;
  readonly prefix: string;
  readonly class: 0 | 1 | 2 | 3;
  readonly kind: PackKind;
  readonly sequence: string;
  readonly sealedAtMs: number;
  readonly meta: JsonObject;
  readonly payload: string;
  readonly signer: string;
  readonly keyIds: readonly string[];
  readonly commitment: string;
  readonly bodyKey: string;
  readonly partyId: string;
  readonly packs: readonly {
    readonly recipients: readonly number[];
    readonly headerSizeBytes: number;
    readonly bodySizeBytes: number;
    readonly headerHash: string;
    readonly packId: string;
  }[];
}

const noPadding: Padding = (_kind, length) => length;

for (const name of ['vector-1', 'vector-2']) {
  const url = new URL(`../../fixtures/seal/${name}.json`, import.meta.url);
  const vector: Vector = JSON.parse(readFileSync(url, 'utf8'));
  const rule = vector.isPadded ? padding : noPadding;
  const value = (text: string, length: number) => shake(vector.prefix + text, length);
  const secret = (index: number) => receivingSecretOf(value(`recipient ${index} seed`, 32));
  const recipientParty = partyIdOfCenter(value('party root pk', 32));
  const signer = signingKeyOf(value('identity seed', 32));

  test(`${name}: keys, ids and the commitment are those written down`, () => {
    assert.equal(hex(signer.publicKey), vector.signer);
    assert.equal(hex(recipientParty), vector.partyId);
    assert.deepEqual(
      vector.keyIds.map((_, index) => hex(secret(index + 1).kid)),
      vector.keyIds,
    );
    const { bodyKey, commitment } = deriveBodyKey(value('cek', 32), value('uid', 16));
    assert.equal(hex(bodyKey), vector.bodyKey);
    assert.equal(hex(commitment), vector.commitment);
  });

  for (const pack of vector.packs) {
    const secrets = pack.recipients.map(secret);
    const { bytes, packId } = sealWith(
      {
        class: vector.class,
        mailbox: value('mailbox', 16),
        kind: vector.kind,
        meta: vector.meta,
        payload: utf8(vector.payload),
        sealedAtMs: vector.sealedAtMs,
        stream: value('stream', 16),
        sequence: BigInt(vector.sequence),
        recipients: secrets,
        recipientParty,
        signer,
      },
      scripted(
        value('uid', 16),
        value('cek', 32),
        ...pack.recipients.map((index) => value(`encaps ${index}`, 64)),
      ),
      rule,
    );
    const title = `${name} for recipients ${pack.recipients.join(' and ')}`;

    test(`${title}: the sealed pack is the written one to the byte`, () => {
      const { header } = expectOk(parsePackFrame(bytes));
      assert.equal(header.headerSizeBytes, pack.headerSizeBytes);
      assert.equal(header.bodySizeBytes, pack.bodySizeBytes);
      assert.equal(hex(sha256(bytes.subarray(0, header.headerSizeBytes))), pack.headerHash);
      assert.equal(packId, pack.packId);
      assert.equal(hex(sha256(bytes)), pack.packId);
    });

    test(`${title}: each recipient opens it`, () => {
      for (const own of secrets) {
        const opened = expectOk(
          openWith(
            bytes,
            {
              mailbox: value('mailbox', 16),
              secrets: [own],
              partyId: recipientParty,
              hasPackId: () => false,
              maySign: (identity, kind) => hex(identity) === vector.signer && kind === vector.kind,
              packIdOfUid: () => undefined,
            },
            rule,
          ),
        );
        assert.equal(opened.packId, pack.packId);
        assert.deepEqual(opened.meta, vector.meta);
        assert.deepEqual(opened.payload, utf8(vector.payload));
        assert.equal(opened.sequence, BigInt(vector.sequence));
        assert.equal(opened.sealedAtMs, vector.sealedAtMs);
        assert.deepEqual(opened.stream, value('stream', 16));
      }
    });
  }
}
