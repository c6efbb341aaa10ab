import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  changedStep,
  createdStep,
  mayNoLongerBeUpdated,
} from '#appliance/orders/procedure-step.ts';
import type { ProcedureStep } from '#appliance/store/facts-orders.ts';
import { dataSetOf } from '#sync/dicom/dataset-text.ts';
import { dimseStatus } from '#sync/dimse/command.ts';

const device = { callingAeTitle: 'CT1', assumedCharacterSet: '' };
const begin = {
  PerformedProcedureStepStatus: 'IN PROGRESS',
  Modality: 'CT',
  PerformedProcedureStepStartDate: '20260131',
  PerformedProcedureStepStartTime: '083000',
  ScheduledStepAttributesSequence: [
    dataSetOf({ StudyInstanceUID: '1.2.3', AccessionNumber: 'A-1' }),
  ],
};
const series = (...uids: readonly string[]) => [
  dataSetOf({
    ReferencedImageSequence: uids.map((each) => dataSetOf({ ReferencedSOPInstanceUID: each })),
    ReferencedNonImageCompositeSOPInstanceSequence: [],
  }),
];
const created = (change: object = {}) =>
  createdStep(undefined, '1.9', dataSetOf({ ...begin, ...change }), device);

function good(result: ReturnType<typeof changedStep>): ProcedureStep {
  if (!result.ok) throw new Error(result.fault.comment);
  return result.value;
}

test('a step begins in progress, once, and names its study', () => {
  const step = good(created());
  assert.deepEqual(step.studyInstanceUids, ['1.2.3']);
  assert.deepEqual(step.accessionNumbers, ['A-1']);
  assert.equal(step.startedAt, '20260131083000');
  const statusOf = (result: ReturnType<typeof created>) => !result.ok && result.fault.status;
  assert.equal(
    statusOf(createdStep(step, '1.9', dataSetOf(begin), device)),
    dimseStatus.duplicateSopInstance,
  );
  for (const status of ['COMPLETED', 'DISCONTINUED', 'SCHEDULED'])
    assert.equal(
      statusOf(created({ PerformedProcedureStepStatus: status })),
      dimseStatus.invalidAttributeValue,
    );
  const absent = { PerformedProcedureStepStatus: undefined };
  assert.equal(statusOf(created(absent)), dimseStatus.missingAttribute);
  const empty = { PerformedProcedureStepStatus: '' };
  assert.equal(statusOf(created(empty)), dimseStatus.missingAttributeValue);
  const unscheduled = { ScheduledStepAttributesSequence: undefined };
  assert.equal(statusOf(created(unscheduled)), dimseStatus.missingAttribute);
  const nameless = { ScheduledStepAttributesSequence: [dataSetOf({ StudyInstanceUID: '' })] };
  assert.equal(statusOf(created(nameless)), dimseStatus.missingAttributeValue);
});

test('what a change names replaces what was there, and what it leaves out stays', () => {
  const step = good(created({ PerformedSeriesSequence: series('1.1', '1.2') }));
  const grown = good(
    changedStep(step, dataSetOf({ PerformedSeriesSequence: series('1.2', '1.3') })),
  );
  assert.deepEqual(grown.instances, ['1.2', '1.3']);
  const over = good(changedStep(grown, dataSetOf({ PerformedProcedureStepStatus: 'COMPLETED' })));
  assert.deepEqual([over.status, over.instances], ['COMPLETED', ['1.2', '1.3']]);
  const unknown = changedStep(undefined, new Map());
  assert.equal(!unknown.ok && unknown.fault.status, dimseStatus.noSuchObjectInstance);
});

test('a step ends once, whatever comes in whatever order (the state machine of F.7)', () => {
  const status = fc.constantFrom(
    ...['IN PROGRESS', 'COMPLETED', 'DISCONTINUED', 'SCHEDULED', '', undefined],
  );
  const request = fc.record({
    kind: fc.constantFrom('create', 'set'),
    status,
    uids: fc.option(fc.array(fc.constantFrom('1.1', '1.2', '1.3'), { maxLength: 3 })),
  });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 12 }), (requests) => {
      let step: ProcedureStep | undefined;
      for (const { kind, status, uids } of requests) {
        const given = dataSetOf({
          ...(kind === 'create' && begin),
          PerformedProcedureStepStatus: status,
          PerformedSeriesSequence: uids === null ? undefined : series(...uids),
        });
        const before = step;
        const result =
          kind === 'create' ? createdStep(step, '1.9', given, device) : changedStep(step, given);
        if (!result.ok) {
          if (before && before.status !== 'IN PROGRESS' && kind === 'set')
            assert.deepEqual(
              [result.fault.status, result.fault.errorId],
              [dimseStatus.processingFailure, mayNoLongerBeUpdated],
            );
          continue;
        }
        step = result.value;
        if (kind === 'create') assert.deepEqual([before, step.status], [undefined, 'IN PROGRESS']);
        else assert.equal(before?.status, 'IN PROGRESS', 'only a running step changes');
        assert.deepEqual(
          step.instances,
          uids === null ? (before?.instances ?? []) : [...new Set(uids)],
        );
      }
    }),
  );
});
