import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import {
  encodeAssociateRequest,
  readAssociateRequest,
  speaksDicom,
} from '#sync/dimse/associate.ts';
import { defaultDimseLimits } from '#sync/dimse/limits.ts';
import { encodeItem } from '#sync/dimse/pdu.ts';
import { type AssociateOptions, associateRequest, ctClassUid } from '#test/support/dimse-peer.ts';
import { processorMsOf } from '#test/support/processor-time.ts';

function read(options: AssociateOptions = {}) {
  return readAssociateRequest(associateRequest(options).subarray(6), defaultDimseLimits);
}

function whyNot(options: AssociateOptions): string {
  const result = read(options);
  return result.ok ? 'read' : result.fault.message.replace(/^.*: /, '');
}

const syntaxes = ['1.2.840.10008.1.2.1', '1.2.840.10008.1.2'];

test('a request is read whole', () => {
  const request = expectOk(read({ callingAeTitle: ' CT 1', pduLengthBytes: 0 }));
  assert.equal(request.callingAeTitle, 'CT 1');
  assert.equal(request.calledAeTitle, 'OUTPOST');
  assert.equal(request.pduLengthBytes, 0);
  assert.deepEqual(
    request.contexts.map(({ id }) => id),
    [1, 3],
  );
  assert.equal(speaksDicom(request), 'yes');
});

test('contexts in descending order are read ascending', () => {
  const contexts = [255, 5, 1].map((id) => ({
    id,
    abstractSyntaxUid: ctClassUid,
    transferSyntaxUids: syntaxes,
  }));
  const request = expectOk(read({ contexts }));
  assert.deepEqual(request.contexts, contexts.toReversed());
});

test('128 contexts of 45 transfer syntaxes are legal and fit', () => {
  const contexts = Array.from({ length: 128 }, (_, index) => ({
    id: 2 * index + 1,
    abstractSyntaxUid: ctClassUid,
    transferSyntaxUids: Array.from({ length: 45 }, (_, n) => `1.2.840.10008.1.2.4.${n + 1}`),
  }));
  const pdu = associateRequest({ contexts });
  assert.ok(pdu.length < defaultDimseLimits.associateRequestSizeBytes);
  assert.deepEqual(expectOk(read({ contexts })).contexts, contexts);
});

test('a request as large as the limit is read in a moment', () => {
  const syntaxItem = encodeItem(0x40, '1.2');
  const many = concat(
    Uint8Array.of(1, 0, 0, 0),
    encodeItem(0x30, ctClassUid),
    ...Array.from({ length: 9000 }, () => syntaxItem),
  );
  const extraItems = concat(...Array.from({ length: 3 }, () => encodeItem(0x20, many)));
  const tookMs = processorMsOf(() => {
    assert.equal(whyNot({ contexts: [], extraItems }), 'a context id comes twice');
  });
  assert.ok(tookMs < 1_000, `${tookMs} ms`);
});

test('illegal requests are refused with a reason', () => {
  const context = { id: 1, abstractSyntaxUid: ctClassUid, transferSyntaxUids: syntaxes };
  const cases: readonly (readonly [string, AssociateOptions])[] = [
    ['a context id comes twice', { contexts: [context, context] }],
    ['a context id is not odd', { contexts: [{ ...context, id: 2 }] }],
    ['a UID is not one', { contexts: [{ ...context, abstractSyntaxUid: '1..2' }] }],
    ['it proposes nothing', { contexts: [] }],
    ['an AE title has illegal characters', { callingAeTitle: 'CT\n1' }],
    ['an item is cut off', { extraItems: Uint8Array.of(0x20, 0, 0) }],
    ['an item is longer than what holds it', { extraItems: Uint8Array.of(0x20, 0, 1, 0) }],
    ['its maximum length is not a number', { userItems: encodeItem(0x51, 'abc') }],
    ['a role does not fit its item', { userItems: encodeItem(0x54, 'abcdef') }],
    ['it has user information twice', { extraItems: encodeItem(0x50, '') }],
  ];
  for (const [why, options] of cases) assert.equal(whyNot(options), why);
  const short = readAssociateRequest(new Uint8Array(67), defaultDimseLimits);
  assert.ok(!short.ok);
});

test('other protocol versions and application contexts are told apart', () => {
  assert.equal(speaksDicom(expectOk(read({ protocolVersion: 2 }))), 'protocol-version');
  assert.equal(speaksDicom(expectOk(read({ applicationContext: '1.2' }))), 'application-context');
});

test('a transfer syntax that is no UID is left out, the context stays', () => {
  const contexts = [{ id: 1, abstractSyntaxUid: ctClassUid, transferSyntaxUids: ['', 'x', '1.2'] }];
  assert.deepEqual(expectOk(read({ contexts })).contexts[0]?.transferSyntaxUids, ['1.2']);
});

test('what is encoded again holds one syntax a context and reads the same', () => {
  const role = concat(
    Uint8Array.of(0, ctClassUid.length),
    Buffer.from(ctClassUid),
    Uint8Array.of(1, 0),
  );
  const asyncOperations = encodeItem(0x53, Uint8Array.of(0, 9, 0, 9));
  const userItems = concat(asyncOperations, encodeItem(0x54, role), encodeItem(0x54, role));
  const request = expectOk(read({ userItems }));
  assert.equal(request.roles.length, 1);
  const again = encodeAssociateRequest(request, () => '1.2.840.10008.1.2');
  const reread = expectOk(readAssociateRequest(again.subarray(6), defaultDimseLimits));
  assert.deepEqual(reread, {
    ...request,
    contexts: request.contexts.map((context) => ({
      ...context,
      transferSyntaxUids: ['1.2.840.10008.1.2'],
    })),
  });
});

test('random and damaged bodies never throw', () => {
  const good = associateRequest().subarray(6);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      readAssociateRequest(bytes, defaultDimseLimits);
      readAssociateRequest(concat(good.subarray(0, 68), bytes), defaultDimseLimits);
      const mutated = Uint8Array.from(good);
      mutated.set(bytes.subarray(0, 4), bytes.length % (good.length - 4));
      readAssociateRequest(mutated, defaultDimseLimits);
    }),
  );
});
