import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contextResult, negotiate, sendablePduLength } from '#sync/dimse/negotiate.ts';
import { verificationUid } from '#sync/dimse/uids.ts';

const policy = {
  isServed: (uid: string) => uid === '8.8',
  isStored: (uid: string) => uid === '1.2',
  chooseTransferSyntax: (offered: readonly string[]) => offered.find((uid) => uid !== '9.9'),
};

test('every context gets a legal result and a transfer syntax', () => {
  const answers = negotiate(
    [
      { id: 1, abstractSyntaxUid: '1.2', transferSyntaxUids: ['9.9', '5.5'] },
      { id: 3, abstractSyntaxUid: '1.2', transferSyntaxUids: ['9.9'] },
      { id: 5, abstractSyntaxUid: '7.7', transferSyntaxUids: ['5.5'] },
      { id: 7, abstractSyntaxUid: '1.2', transferSyntaxUids: [] },
      { id: 9, abstractSyntaxUid: verificationUid, transferSyntaxUids: ['1.2.840.10008.1.2'] },
      { id: 11, abstractSyntaxUid: verificationUid, transferSyntaxUids: ['5.5'] },
      {
        id: 13,
        abstractSyntaxUid: '8.8',
        transferSyntaxUids: ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1'],
      },
    ],
    policy,
  );
  assert.deepEqual(
    answers.map(({ id, result, transferSyntaxUid }) => [id, result, transferSyntaxUid]),
    [
      [1, contextResult.accepted, '5.5'],
      [3, contextResult.transferSyntaxesNotSupported, '9.9'],
      [5, contextResult.abstractSyntaxNotSupported, '5.5'],
      [7, contextResult.transferSyntaxesNotSupported, '1.2.840.10008.1.2'],
      [9, contextResult.accepted, '1.2.840.10008.1.2'],
      [11, contextResult.transferSyntaxesNotSupported, '5.5'],
      [13, contextResult.accepted, '1.2.840.10008.1.2.1'],
    ],
  );
});

test('a class that the peer receives goes uncompressed where it takes that', () => {
  const plain = ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1'];
  const chosen = (transferSyntaxUids: readonly string[], peerAsScp: readonly string[]) =>
    negotiate(
      [{ id: 1, abstractSyntaxUid: '1.2', transferSyntaxUids }],
      policy,
      new Set(peerAsScp),
    )[0]?.transferSyntaxUid;
  assert.equal(chosen(['5.5', ...plain], ['1.2']), '1.2.840.10008.1.2.1');
  assert.equal(chosen(['5.5', ...plain], []), '5.5', 'what it sends is chosen as ever');
  assert.equal(chosen(['5.5'], ['1.2']), '5.5', 'the original syntax, if that is what it has');
});

test('a peer is never sent more than it takes, and a hopeless limit is refused', () => {
  assert.equal(sendablePduLength(0, 131_072), 131_072);
  assert.equal(sendablePduLength(undefined, 131_072), 16_384);
  assert.equal(sendablePduLength(1_000_000, 131_072), 131_072);
  assert.equal(sendablePduLength(1024, 131_072), 1024);
  assert.equal(sendablePduLength(1023, 131_072), undefined);
  assert.equal(sendablePduLength(6, 131_072), undefined);
});
