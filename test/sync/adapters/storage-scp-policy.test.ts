import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ctClassUid, outcomeOf, readAccept } from '#test/support/dimse-peer.ts';
import { createMemoryStore } from '#test/support/memory-sink.ts';
import { openDoor } from '#test/support/storage-door.ts';

test('what is taken is asked for each device anew', async (t) => {
  const [mrClass, explicit, baseline] = [
    '1.2.840.10008.5.1.4.1.1.4',
    '1.2.840.10008.1.2.1',
    '1.2.840.10008.1.2.4.50',
  ];
  const door = await openDoor(t, createMemoryStore().ports, {
    storagePolicyOf: (title) => ({
      isStored: (uid) => uid === (title === 'MR1' ? mrClass : ctClassUid),
      chooseTransferSyntax: (offered) =>
        offered.find((uid) => (title === 'MR1') === (uid === baseline)),
    }),
  });
  const contexts = [
    { id: 1, abstractSyntaxUid: ctClassUid, transferSyntaxUids: [explicit, baseline] },
    { id: 3, abstractSyntaxUid: mrClass, transferSyntaxUids: [explicit, baseline] },
  ];
  for (const [callingAeTitle, id, syntax] of [
    ['CT1', 1, explicit],
    ['MR1', 3, baseline],
  ] as const) {
    const peer = await door.connect();
    const accept = await peer.associate({ callingAeTitle, contexts });
    assert.equal(outcomeOf(accept), 'accepted');
    const accepted = Object.entries(readAccept(accept).contexts).filter(
      ([, [result]]) => result === 0,
    );
    assert.deepEqual(accepted, [[String(id), [0, syntax]]], callingAeTitle);
    peer.close();
  }
});
