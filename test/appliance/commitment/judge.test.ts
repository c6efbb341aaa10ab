import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { failureReason, judgeCommitment, judgeReference } from '#appliance/commitment/judge.ts';
import type { CommitmentPolicy, KnownObject } from '#appliance/commitment/ports.ts';
import { type InstanceState, instanceStates } from '#appliance/store/instance-states.ts';

const reference = { sopClassUid: '1.2', sopInstanceUid: '1.2.3' };
const object = (state: InstanceState, isInCustody = false): KnownObject => ({
  ...{ ...reference, state, isInCustody },
});
const verdicts = (object_: KnownObject) =>
  (['delivered', 'custody', 'box'] as const).map((policy) =>
    judgeReference(reference, [object_], policy),
  );

test('each policy takes an image on at its own moment', () => {
  assert.deepEqual(verdicts(object('stored')), ['waiting', 'waiting', 'committed']);
  assert.deepEqual(verdicts(object('packed')), ['waiting', 'waiting', 'committed']);
  assert.deepEqual(verdicts(object('packed', true)), ['waiting', 'committed', 'committed']);
  for (const state of ['delivered', 'purged'] as const) {
    assert.deepEqual(verdicts(object(state)), ['committed', 'committed', 'committed']);
  }
});

test('why an image is not taken on has its reason', () => {
  const { noSuchObjectInstance, classInstanceConflict, processingFailure } = failureReason;
  const failed = (...objects: readonly KnownObject[]) => judgeReference(reference, objects, 'box');
  assert.deepEqual(failed(), { failureReason: noSuchObjectInstance });
  assert.deepEqual(failed(object('discarded')), { failureReason: noSuchObjectInstance });
  assert.deepEqual(failed({ ...object('stored'), sopClassUid: '9' }), {
    failureReason: classInstanceConflict,
  });
  for (const state of ['damaged', 'rejected'] as const) {
    assert.deepEqual(failed(object(state)), { failureReason: processingFailure });
  }
});

test('two objects in doubt wait for a person, a resend in another encoding does not', () => {
  for (const state of ['held', 'conflict', 'identity'] as const) {
    const both = [object('delivered'), object(state)];
    assert.equal(judgeReference(reference, both, 'delivered'), 'waiting');
    assert.equal(judgeReference(reference, both, 'box'), 'committed');
  }
  const resent = [object('delivered'), object('resend')];
  assert.equal(judgeReference(reference, resent, 'delivered'), 'committed');
});

test('nothing is committed before its policy, whatever is known of it', () => {
  const policy = fc.constantFrom<CommitmentPolicy>('delivered', 'custody');
  const known = fc.record({
    state: fc.constantFrom(...instanceStates),
    isInCustody: fc.boolean(),
    sopClassUid: fc.constantFrom('1.2', '9'),
    sopInstanceUid: fc.constant('1.2.3'),
  });
  fc.assert(
    fc.property(policy, fc.array(known, { maxLength: 4 }), (chosen, objects) => {
      if (judgeReference(reference, objects, chosen) !== 'committed') return;
      for (const { state, isInCustody } of objects) {
        const isSafe = ['delivered', 'purged', 'resend', 'aside'].includes(state);
        assert.ok(isSafe || (chosen === 'custody' && state === 'packed' && isInCustody), state);
      }
      assert.ok(objects.some(({ sopClassUid }) => sopClassUid === '1.2'));
    }),
  );
});

test('an answer waits for all, until patience ends; then what waits has failed', () => {
  const other = { ...reference, sopInstanceUid: '1.2.4' };
  const objects = [object('delivered'), { ...object('stored'), ...other }];
  assert.equal(judgeCommitment([reference, other], objects, 'delivered', true), undefined);
  const late = judgeCommitment([reference, other], objects, 'delivered', false);
  assert.deepEqual(late, {
    committed: [reference],
    failed: [{ ...other, failureReason: failureReason.processingFailure }],
  });
});
