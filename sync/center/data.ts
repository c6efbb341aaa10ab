import { fail, ok, type Result } from '../core/result.ts';
import { readAttributes } from '../dicom/attributes.ts';
import { datasetSha256 } from '../dicom/digest.ts';
import { readFileHeader } from '../dicom/part10.ts';
import type { DataMeta } from '../letters/data.ts';
import { type Refusal, refusalOf } from './open.ts';
import type { ByteRange } from './ranges.ts';
import type { InstanceFacts } from './rows.ts';

export type ArrivedFacts = Omit<InstanceFacts, 'enteredAs'>;

export interface WholeObject {
  readonly datasetSha256: string;
  readonly part10: Uint8Array;
  readonly facts: ArrivedFacts;
}

export interface ObjectRange extends ByteRange {
  readonly datasetSha256: string;
  /** Of the whole object. */
  readonly sizeBytes: number;
  readonly bytes: Uint8Array;
}

/** What a data pack brings: objects whose digest was proven here, and ranges that prove nothing alone. */
export interface DataContent {
  readonly whole: readonly WholeObject[];
  readonly ranges: readonly ObjectRange[];
}

/**
 * Proves every whole object among the decoded `pieces` of a data pack: it is a Part 10 object, its dataset has the
 * declared digest, and it belongs to the declared study. One that fails refuses the pack: its box said what is not so.
 */
export function readData(
  data: DataMeta,
  pieces: readonly Uint8Array[],
): Result<DataContent, Refusal> {
  const whole: WholeObject[] = [];
  const ranges: ObjectRange[] = [];
  for (const [index, instance] of data.instances.entries()) {
    const bytes = pieces[index];
    if (bytes === undefined) throw new TypeError('A data pack gave fewer pieces than it declares');
    const { datasetSha256: digest, from, to, sizeBytes } = instance;
    if (from > 0 || to < sizeBytes) {
      ranges.push({ datasetSha256: digest, from, to, sizeBytes, bytes });
      continue;
    }
    const facts = factsOf(data.study, digest, bytes, sizeBytes);
    if (!facts.ok) return facts;
    const proven = datasetSha256(bytes.subarray(facts.value.fileHeaderSizeBytes));
    if (proven !== digest) {
      return fail(refusalOf('center/digest', 'the digest of an object is another'));
    }
    whole.push({ datasetSha256: digest, part10: bytes, facts: facts.value.facts });
  }
  return ok({ whole, ranges });
}

/**
 * The row of an object from its first bytes (256 KiB or the whole). A dataset that cannot be read still counts: its
 * bytes are what the modality made, and the destination may know better. One that names another study does not.
 */
export function factsOf(
  studyInstanceUid: string,
  digest: string,
  head: Uint8Array,
  sizeBytes: number,
): Result<{ readonly facts: ArrivedFacts; readonly fileHeaderSizeBytes: number }, Refusal> {
  const header = readFileHeader(head);
  if (!header.ok) return fail(refusalOf('center/payload', header.fault.message));
  const { fileHeaderSizeBytes } = header.value;
  // Never as the whole dataset: one that is cut still tells its study, and that is what counts here.
  const attributes = readAttributes(head.subarray(fileHeaderSizeBytes), header.value, false);
  const told = attributes.ok ? attributes.value : undefined;
  if (told?.studyInstanceUid !== undefined && told.studyInstanceUid !== studyInstanceUid) {
    return fail(refusalOf('center/other-study', 'an object names another study'));
  }
  const instanceNumber = Number.parseInt(told?.instanceNumber ?? '', 10);
  return ok({
    fileHeaderSizeBytes,
    facts: {
      sopInstanceUid: header.value.sopInstanceUid,
      datasetSha256: digest,
      studyInstanceUid,
      seriesInstanceUid: told?.seriesInstanceUid ?? '',
      sopClassUid: header.value.sopClassUid,
      transferSyntaxUid: header.value.transferSyntaxUid,
      sizeBytes,
      instanceNumber: Number.isSafeInteger(instanceNumber) ? instanceNumber : 0,
    },
  });
}
