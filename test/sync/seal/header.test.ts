import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectOk } from '#sync/core/result.ts';
import { buildFixedHeader, maxPackBytes, parseHeader, parsePackFrame } from '#sync/seal/header.ts';
import { forge, mailbox } from './forge.ts';
import { shake } from './shake-random.ts';

test('the fixed header alone tells a relay mailbox and size', () => {
  const pack = forge();
  const header = expectOk(parseHeader(pack.subarray(0, 128)));
  assert.deepEqual(header.mailbox, mailbox);
  assert.equal(header.sizeBytes, pack.length);
  assert.equal(header.recipientCount, 2);
  assert.equal(header.class, 1);
  assert.equal(expectOk(parsePackFrame(pack)).stanzas.length, 2);
});

test('a header survives building and parsing, for every class and number of recipients', () => {
  for (const packClass of [0, 1, 2, 3] as const) {
    for (const recipientCount of [1, 2, 3, 4]) {
      const fields = {
        class: packClass,
        uid: shake('uid', 16),
        mailbox,
        commitment: shake('commitment', 32),
        recipientCount,
      };
      const bytes = buildFixedHeader({ ...fields, innerLength: 16 * 1024 * 1024 });
      const { headerSizeBytes, bodySizeBytes, sizeBytes, ...parsed } = expectOk(parseHeader(bytes));
      assert.deepEqual(parsed, fields);
      assert.equal(headerSizeBytes, 128 + 1180 * recipientCount);
      assert.equal(bodySizeBytes, 16_777_232);
      assert.ok(sizeBytes <= maxPackBytes);
    }
  }
});

test('what a header gives is a copy, so the file behind it may change', () => {
  const bytes = forge();
  const header = expectOk(parseHeader(bytes));
  bytes.fill(0);
  assert.deepEqual(header.mailbox, mailbox);
});
