import { fail, ok, type Result } from '#sync/core/result.ts';
import type { DataSet } from '#sync/dicom/dataset.ts';
import { characterSetOf, hasAttribute, itemsOf, textOf } from '#sync/dicom/dataset-text.ts';
import type { Keyword } from '#sync/dicom/dictionary.ts';
import { parseUid } from '#sync/dicom/uid.ts';
import { dimseStatus } from '#sync/dimse/command.ts';
import type { ServiceAnswer } from '#sync/dimse/service.ts';
import type { ProcedureStep } from '../store/facts-orders.ts';

/** Why a request is refused, as it goes out. The comment names no patient. */
export type StepRefusal = Pick<ServiceAnswer, 'status' | 'comment' | 'errorId'>;

/** Error ID of a change to a step that is over (PS3.4 F.7.2.2.3). */
export const mayNoLongerBeUpdated = 0xa710;

/**
 * N-CREATE (PS3.4 F.7.2.1): a step begins IN PROGRESS, and names the study that it makes images of. What else the
 * standard wants of a device is not insisted on: a refused step helps nobody.
 */
export function createdStep(
  existing: ProcedureStep | undefined,
  sopInstanceUid: string,
  given: DataSet,
  device: { readonly callingAeTitle: string; readonly assumedCharacterSet: string },
): Result<ProcedureStep, StepRefusal> {
  if (existing) {
    return refused(dimseStatus.duplicateSopInstance, 'This procedure step exists already');
  }
  const status = textOf(given, 'PerformedProcedureStepStatus');
  if (status === '') return refused(missing(given), 'No Performed Procedure Step Status');
  if (status !== 'IN PROGRESS') {
    return refused(dimseStatus.invalidAttributeValue, 'A procedure step begins IN PROGRESS');
  }
  const scheduled = itemsOf(given, 'ScheduledStepAttributesSequence');
  if (scheduled.length === 0) {
    return refused(dimseStatus.missingAttribute, 'No Scheduled Step Attributes Sequence');
  }
  const set = characterSetOf(given) || device.assumedCharacterSet;
  const studies = scheduled.map((item) => parseUid(textOf(item, 'StudyInstanceUID')));
  if (studies.some((uid) => uid === undefined)) {
    return refused(
      dimseStatus.missingAttributeValue,
      'A scheduled step without Study Instance UID',
    );
  }
  const accessions = scheduled.map((item) => short(textOf(item, 'AccessionNumber', set)));
  return ok({
    sopInstanceUid,
    status: 'IN PROGRESS',
    callingAeTitle: short(device.callingAeTitle),
    studyInstanceUids: unique(studies.map(String)),
    accessionNumbers: unique(accessions.filter((each) => each !== '')),
    patientId: textOf(given, 'PatientID', set).slice(0, 64),
    modality: short(textOf(given, 'Modality')),
    startedAt: momentOf(
      given,
      'PerformedProcedureStepStartDate',
      'PerformedProcedureStepStartTime',
    ),
    endedAt: momentOf(given, 'PerformedProcedureStepEndDate', 'PerformedProcedureStepEndTime'),
    instances: instancesOf(given),
  });
}

/** N-SET (PS3.4 F.7.2.2): what is given replaces what was; a step that is over never changes again. */
export function changedStep(
  step: ProcedureStep | undefined,
  given: DataSet,
): Result<ProcedureStep, StepRefusal> {
  if (!step) return refused(dimseStatus.noSuchObjectInstance, 'No such procedure step');
  if (step.status !== 'IN PROGRESS') {
    const comment = 'Performed Procedure Step Object may no longer be updated';
    const { processingFailure: status } = dimseStatus;
    return fail({ status, comment, errorId: mayNoLongerBeUpdated });
  }
  const status = hasAttribute(given, 'PerformedProcedureStepStatus')
    ? statusOf(textOf(given, 'PerformedProcedureStepStatus'))
    : step.status;
  if (!status) {
    return refused(dimseStatus.invalidAttributeValue, 'Not a Performed Procedure Step Status');
  }
  const hasSeries = hasAttribute(given, 'PerformedSeriesSequence');
  return ok({
    ...step,
    status,
    endedAt:
      momentOf(given, 'PerformedProcedureStepEndDate', 'PerformedProcedureStepEndTime') ||
      step.endedAt,
    instances: hasSeries ? instancesOf(given) : step.instances,
  });
}

const statuses: readonly ProcedureStep['status'][] = ['IN PROGRESS', 'COMPLETED', 'DISCONTINUED'];

function statusOf(text: string): ProcedureStep['status'] | undefined {
  return statuses.find((each) => each === text);
}

/** Absent and empty are two failures of the standard. */
function missing(given: DataSet): number {
  return hasAttribute(given, 'PerformedProcedureStepStatus')
    ? dimseStatus.missingAttributeValue
    : dimseStatus.missingAttribute;
}

/** Every instance that the series of the step name, images and others. */
function instancesOf(given: DataSet): string[] {
  const references = itemsOf(given, 'PerformedSeriesSequence').flatMap((series) => [
    ...itemsOf(series, 'ReferencedImageSequence'),
    ...itemsOf(series, 'ReferencedNonImageCompositeSOPInstanceSequence'),
  ]);
  const uids = references.map((item) => parseUid(textOf(item, 'ReferencedSOPInstanceUID')));
  return unique(uids.filter((uid) => uid !== undefined));
}

function momentOf(given: DataSet, date: Keyword, time: Keyword): string {
  const day = textOf(given, date).replace(/\D/g, '').slice(0, 8);
  return day === '' ? '' : `${day}${textOf(given, time).replace(/\D/g, '').slice(0, 6)}`;
}

function refused(status: number, comment: string): Result<never, StepRefusal> {
  return fail({ status, comment });
}

function short(text: string): string {
  return text.slice(0, 16);
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
