import type { RecordLayout } from '../store/layout.ts';
import type { RecordHead, RecordTail } from '../store/record.ts';
import type { StoredRecord } from '../store/stored-record.ts';

/** The record of the port, from what head and tail say. */
export function storedRecordOf(
  segment: string,
  head: RecordHead,
  tail: RecordTail,
  layout: RecordLayout,
): StoredRecord {
  const { arrivedAtMs, callingAeTitle, sopClassUid, sopInstanceUid, transferSyntaxUid } = head;
  return {
    arrival: { arrivedAtMs, callingAeTitle, sopClassUid, sopInstanceUid, transferSyntaxUid },
    segment,
    recordOffset: layout.recordOffset,
    payloadOffset: layout.payloadOffset,
    payloadSizeBytes: layout.payloadSizeBytes,
    fileHeaderSizeBytes: head.fileHeaderSizeBytes,
    datasetSha256: tail.datasetSha256,
    studyInstanceUid: tail.studyInstanceUid,
    seriesInstanceUid: tail.seriesInstanceUid,
    nextOffset: layout.nextOffset,
  };
}
