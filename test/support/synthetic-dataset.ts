import { createHash } from 'node:crypto';
import { concat } from '#sync/core/bytes.ts';
import { datasetSha256 } from '#sync/dicom/digest.ts';
import { encodeElement, encodeText } from '#sync/dicom/encode.ts';
import { buildFileHeader } from '#sync/dicom/part10.ts';
import { tag } from '#sync/dicom/tags.ts';
import type { InstanceAttributes, Uid } from '#sync/dicom/types.ts';
import { uid } from '#sync/dicom/uid.ts';

/** One object with all that a test may want to compare with. */
export interface SyntheticInstance {
  readonly part10: Uint8Array;
  readonly fileHeaderSizeBytes: number;
  readonly sopInstanceUid: Uid;
  readonly sopClassUid: Uid;
  readonly transferSyntaxUid: Uid;
  readonly datasetSha256: string;
  /** What `readAttributes` must find. */
  readonly attributes: InstanceAttributes;
}

/** Tag, value representation, value. */
export type SyntheticElement = readonly [number, string, string | Uint8Array];

/** The Part 10 object, explicit little endian, of `attributes` and `more` elements in any order. */
export function syntheticObject(
  attributes: InstanceAttributes,
  more: readonly SyntheticElement[],
): SyntheticInstance {
  const { sopClassUid, sopInstanceUid, transferSyntaxUid } = attributes;
  const ids = { sopClassUid, sopInstanceUid, transferSyntaxUid };
  const dataset = encodeDataset([...elementsOf(attributes), ...more]);
  const header = buildFileHeader({ ...ids, sendingAeTitle: 'DEMO_CT' });
  return {
    ...ids,
    part10: concat(header, dataset),
    fileHeaderSizeBytes: header.length,
    datasetSha256: datasetSha256(dataset),
    attributes,
  };
}

/** Elements in the order of their tags, explicit little endian. */
function encodeDataset(elements: readonly SyntheticElement[]): Uint8Array {
  const ordered = elements.toSorted(([a], [b]) => a - b);
  return concat(
    ...ordered.map(([number, vr, value]) =>
      typeof value === 'string' ? encodeText(number, vr, value) : encodeElement(number, vr, value),
    ),
  );
}

/** The UID under 2.25 (PS3.5 B.2) that `name` stands for. */
export function syntheticUid(name: string): Uid {
  const digest = createHash('sha256').update(`outpost/${name}`).digest('hex');
  return uid(`2.25.${BigInt(`0x${digest.slice(0, 32)}`)}`);
}

/** Patient, General Study, General Series, General Equipment and SOP Common modules (PS3.3 C.7, C.12). */
function elementsOf(attributes: InstanceAttributes): readonly SyntheticElement[] {
  return [
    [tag.SpecificCharacterSet, 'CS', 'ISO_IR 100'],
    [tag.SOPClassUID, 'UI', attributes.sopClassUid],
    [tag.SOPInstanceUID, 'UI', attributes.sopInstanceUid],
    [tag.StudyDate, 'DA', attributes.studyDate],
    [tag.StudyTime, 'TM', attributes.studyTime],
    [tag.AccessionNumber, 'SH', attributes.accessionNumber],
    [tag.Modality, 'CS', attributes.modality],
    [0x00080070, 'LO', 'OUTPOST SYNTHETIC'],
    [0x00080080, 'LO', 'DEMO CLINIC'],
    [0x00080090, 'PN', ''],
    [tag.StudyDescription, 'LO', attributes.studyDescription],
    [tag.SeriesDescription, 'LO', attributes.seriesDescription],
    [tag.PatientName, 'PN', attributes.patientName],
    [tag.PatientID, 'LO', attributes.patientId],
    [tag.IssuerOfPatientID, 'LO', attributes.issuerOfPatientId],
    [tag.PatientBirthDate, 'DA', attributes.patientBirthDate],
    [tag.PatientSex, 'CS', attributes.patientSex],
    [tag.BodyPartExamined, 'CS', attributes.bodyPartExamined],
    [tag.StudyInstanceUID, 'UI', attributes.studyInstanceUid ?? ''],
    [tag.SeriesInstanceUID, 'UI', attributes.seriesInstanceUid ?? ''],
    [0x00200010, 'SH', '1'],
    [0x00200011, 'IS', '1'],
    [tag.InstanceNumber, 'IS', attributes.instanceNumber],
  ];
}
