import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { tag } from './tags.ts';
import { asciiText, decodeText } from './text.ts';
import { mayLose } from './transfer-syntaxes.ts';
import type { InstanceAttributes, Uid } from './types.ts';
import { parseUid } from './uid.ts';
import { instanceTags, readValues } from './values.ts';

/** `dicom/mismatch`: the dataset is of another SOP class or instance than was announced. */
export type DatasetFault = Fault<
  'dicom/empty' | 'dicom/unparsable' | 'dicom/truncated' | 'dicom/mismatch'
>;

/** What was announced: by the C-STORE request or by the file header. */
export interface Announced {
  readonly transferSyntaxUid: Uid;
  readonly sopClassUid: Uid;
  readonly sopInstanceUid: Uid;
}

/**
 * Reads the attributes of an instance from the first bytes of its dataset: 64 KiB did for every real object that was
 * tried. Where private values push the study behind the end of the head, `studyInstanceUid` is undefined, so all who
 * read one instance must take heads of the same size. `isWhole` says that `datasetHead` is the whole dataset;
 * `datasetSizeBytes` may tell its length when it is not, so that a cut object is recognised.
 *
 * `assumedCharacterSet` is a raw Specific Character Set for a dataset without one; empty: the bytes decide.
 *
 * Bears what real devices send: a wrong encoding, missing delimiters, odd lengths, stray elements. Refuses what
 * names neither an instance nor a study, what ends before its pixels do, and what is not what was announced.
 */
export function readAttributes(
  datasetHead: Uint8Array,
  announced: Announced,
  isWhole: boolean,
  datasetSizeBytes: number | undefined = isWhole ? datasetHead.length : undefined,
  assumedCharacterSet = '',
): Result<InstanceAttributes, DatasetFault> {
  if (datasetHead.length === 0) return refused('dicom/empty', 'it has no dataset');
  const head = readValues(datasetHead, announced.transferSyntaxUid, instanceTags);
  if (head === undefined) return refused('dicom/unparsable', 'its dataset does not inflate');
  const value = (number: number) => head.values.get(number);
  const uidOf = (number: number) => parseUid(asciiText(value(number)));
  const studyInstanceUid = uidOf(tag.StudyInstanceUID);
  if (uidOf(tag.SOPInstanceUID) === undefined && studyInstanceUid === undefined) {
    return refused('dicom/unparsable', 'its dataset names neither an instance nor a study');
  }
  const isSame =
    isAnnounced(value(tag.SOPClassUID), announced.sopClassUid) &&
    isAnnounced(value(tag.SOPInstanceUID), announced.sopInstanceUid);
  if (!isSame) {
    return refused('dicom/mismatch', 'its dataset is of another SOP class or instance');
  }
  if (isCut(head, isWhole, datasetSizeBytes)) {
    return refused('dicom/truncated', 'its dataset ends too early');
  }
  return ok(attributesOf(announced, value, assumedCharacterSet));
}

type Value = (number: number) => Uint8Array | undefined;

function attributesOf(
  announced: Announced,
  value: Value,
  assumedCharacterSet: string,
): InstanceAttributes {
  const characterSet = asciiText(value(tag.SpecificCharacterSet)) || assumedCharacterSet;
  const text = (number: number) => decodeText(value(number), characterSet);
  return {
    sopClassUid: announced.sopClassUid,
    sopInstanceUid: announced.sopInstanceUid,
    transferSyntaxUid: announced.transferSyntaxUid,
    studyInstanceUid: parseUid(asciiText(value(tag.StudyInstanceUID))),
    seriesInstanceUid: parseUid(asciiText(value(tag.SeriesInstanceUID))),
    patientId: text(tag.PatientID),
    issuerOfPatientId: text(tag.IssuerOfPatientID),
    patientName: text(tag.PatientName),
    patientBirthDate: dateOf(value(tag.PatientBirthDate)),
    patientSex: asciiText(value(tag.PatientSex)),
    accessionNumber: text(tag.AccessionNumber),
    modality: asciiText(value(tag.Modality)),
    studyDescription: text(tag.StudyDescription),
    seriesDescription: text(tag.SeriesDescription),
    bodyPartExamined: asciiText(value(tag.BodyPartExamined)),
    studyDate: dateOf(value(tag.StudyDate)),
    studyTime: timeOf(value(tag.StudyTime)),
    instanceNumber: asciiText(value(tag.InstanceNumber)),
    isLossy:
      asciiText(value(tag.LossyImageCompression)) === '01' || mayLose(announced.transferSyntaxUid),
  };
}

/** An absent or empty value contradicts nothing. */
function isAnnounced(value: Uint8Array | undefined, announced: Uid): boolean {
  const text = asciiText(value);
  return text === '' || text === announced;
}

/** One missing byte is the padding that some writers forget, not a cut. */
function isCut(
  { end, isInflated, values }: NonNullable<ReturnType<typeof readValues>>,
  isWhole: boolean,
  datasetSizeBytes: number | undefined,
): boolean {
  if (isInflated) return false;
  if (isWhole && end.reason === 'short' && !values.has(tag.StudyInstanceUID)) return true;
  if (!end.isOrderly || end.declaredEnd === undefined || datasetSizeBytes === undefined) {
    return false;
  }
  return end.declaredEnd > datasetSizeBytes + 1;
}

/** YYYYMMDD, also from the old form YYYY.MM.DD (PS3.5 6.2), else ''. */
function dateOf(value: Uint8Array | undefined): string {
  const text = asciiText(value).replace(/^(\d{4})\.(\d{2})\.(\d{2})$/, '$1$2$3');
  return /^\d{8}$/.test(text) ? text : '';
}

/** HHMMSS[.FFFFFF] with what is missing filled by zeros, also from the old form HH:MM:SS, else ''. */
function timeOf(value: Uint8Array | undefined): string {
  const text = asciiText(value).replaceAll(':', '');
  const match = /^(\d{2})(\d{2})?(\d{2})?(\.\d{1,6})?$/.exec(text);
  if (match === null) return '';
  return `${match[1]}${match[2] ?? '00'}${match[3] ?? '00'}${match[4] ?? ''}`;
}

function refused(
  kind: DatasetFault['kind'],
  reason: string,
): { readonly ok: false; readonly fault: DatasetFault } {
  return fail(
    fault(kind, `Cannot read a DICOM object: ${reason}`, 'Send it again from its source'),
  );
}
