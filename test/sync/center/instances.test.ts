import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enter, isDelivered, nextState, statesBefore } from '../../../sync/center/instances.ts';
import { instanceStates } from '../../../sync/center/rows.ts';

const facts = (sopInstanceUid: string, datasetSha256: string) => ({
  sopInstanceUid,
  datasetSha256,
  studyInstanceUid: '2.25.1',
  seriesInstanceUid: '2.25.2',
  sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
  transferSyntaxUid: '1.2.840.10008.1.2.1',
  sizeBytes: 1_000,
  instanceNumber: 1,
});

test('the second dataset of one UID is a conflict, the first stays planned', () => {
  const entered = enter([facts('2.25.9', 'aa'), facts('2.25.9', 'bb')], []);
  assert.deepEqual(
    entered.map(({ datasetSha256, enteredAs }) => [datasetSha256, enteredAs]),
    [
      ['aa', 'planned'],
      ['bb', 'conflict'],
    ],
  );
});

test('a dataset that comes after another one of its UID in an earlier pack is a conflict', () => {
  const known = [{ sopInstanceUid: '2.25.9', datasetSha256: 'aa' }];
  assert.equal(enter([facts('2.25.9', 'bb')], known)[0]?.enteredAs, 'conflict');
});

test('what the ledger holds already does not enter again', () => {
  const known = [{ sopInstanceUid: '2.25.9', datasetSha256: 'aa' }];
  assert.deepEqual(enter([facts('2.25.9', 'aa')], known), []);
  assert.equal(enter([facts('2.25.9', 'aa'), facts('2.25.9', 'aa')], []).length, 1);
});

test('nothing leaves conflict, and stored is left by a commitment only', () => {
  for (const event of ['send', 'store', 'fail', 'crash', 'commit'] as const) {
    assert.equal(nextState('conflict', event), undefined);
    assert.equal(nextState('stored', event), event === 'commit' ? 'committed' : undefined);
  }
});

test('a crash while sending plans the instance again', () => {
  assert.deepEqual(statesBefore('crash'), ['sending']);
  assert.equal(nextState('sending', 'crash'), 'planned');
});

test('only what the destination took counts as delivered', () => {
  assert.deepEqual(instanceStates.filter(isDelivered), ['stored', 'committed']);
  assert.equal(isDelivered(undefined), false);
});
