import { fail, ok, type Result } from '#sync/core/result.ts';
import { encodeDataSet, parseDataSet } from '#sync/dicom/dataset.ts';
import { dataSetOf, itemsOf, textOf } from '#sync/dicom/dataset-text.ts';
import { parseUid } from '#sync/dicom/uid.ts';
import { dimseStatus } from '#sync/dimse/command.ts';
import type { CommitmentReport, Reference } from './ports.ts';

/** Storage Commitment Push Model SOP Class and its one instance (PS3.4 J.3). */
export const commitmentClassUid = '1.2.840.10008.1.20.1';
export const commitmentInstanceUid = '1.2.840.10008.1.20.1.1';

/** Types of the action and of the events (PS3.4 J.3.2, J.3.3). */
export const requestActionType = 1;
const eventType = { allCommitted: 1, failuresExist: 2 } as const;

/** What a request cannot be answered for. */
export interface RequestRefusal {
  readonly status: number;
  readonly comment: string;
}

/** Reads the action information of a request; an image that is named twice counts once. */
export function parseCommitmentRequest(
  bytes: Uint8Array,
  transferSyntaxUid: string,
): Result<
  { readonly transactionUid: string; readonly references: readonly Reference[] },
  RequestRefusal
> {
  const dataset = parseDataSet(bytes, transferSyntaxUid);
  if (!dataset.ok) return refused('The request cannot be read');
  const transactionUid = parseUid(textOf(dataset.value, 'TransactionUID'));
  if (transactionUid === undefined) return refused('No legal Transaction UID');
  const references = new Map<string, Reference>();
  for (const item of itemsOf(dataset.value, 'ReferencedSOPSequence')) {
    const sopClassUid = parseUid(textOf(item, 'ReferencedSOPClassUID'));
    const sopInstanceUid = parseUid(textOf(item, 'ReferencedSOPInstanceUID'));
    if (!sopClassUid || !sopInstanceUid) return refused('A reference names no legal UID');
    references.set(sopInstanceUid, { sopClassUid, sopInstanceUid });
  }
  if (references.size === 0) return refused('No image is named');
  return ok({ transactionUid, references: [...references.values()] });
}

/** The event of an answer: its type, and its information encoded for the context. */
export function encodeCommitmentReport(
  transactionUid: string,
  retrieveAeTitle: string,
  { committed, failed }: CommitmentReport,
  transferSyntaxUid: string,
): { readonly eventTypeId: number; readonly dataset: Uint8Array } {
  const referenceOf = ({ sopClassUid, sopInstanceUid }: Reference) => ({
    ReferencedSOPClassUID: sopClassUid,
    ReferencedSOPInstanceUID: sopInstanceUid,
  });
  const items = failed.map((each) =>
    dataSetOf({ ...referenceOf(each), FailureReason: each.failureReason }),
  );
  const dataset = dataSetOf({
    TransactionUID: transactionUid,
    RetrieveAETitle: retrieveAeTitle,
    ...(items.length > 0 && { FailedSOPSequence: items }),
    ...(committed.length > 0 && {
      ReferencedSOPSequence: committed.map((each) => dataSetOf(referenceOf(each))),
    }),
  });
  return {
    eventTypeId: failed.length === 0 ? eventType.allCommitted : eventType.failuresExist,
    dataset: encodeDataSet(dataset, transferSyntaxUid),
  };
}

function refused(comment: string): Result<never, RequestRefusal> {
  return fail({ status: dimseStatus.invalidArgumentValue, comment });
}
