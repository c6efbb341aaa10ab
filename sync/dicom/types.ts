/** A DICOM unique identifier as text: digits and dots, at most 64 characters (PS3.5 9.1). Parsed in `uid.ts`. */
export type Uid = string & { readonly brand: 'Uid' };

/**
 * What the box needs to know of one instance, read from its first bytes. Text is decoded to Unicode by its
 * Specific Character Set, trimmed, and `''` when absent or empty.
 */
export interface InstanceAttributes {
  readonly sopClassUid: Uid;
  readonly sopInstanceUid: Uid;
  readonly transferSyntaxUid: Uid;
  /** Undefined when absent or illegal: the instance is kept as `needs identity`. */
  readonly studyInstanceUid: Uid | undefined;
  readonly seriesInstanceUid: Uid | undefined;
  readonly patientId: string;
  readonly issuerOfPatientId: string;
  readonly patientName: string;
  /** YYYYMMDD or ''. */
  readonly patientBirthDate: string;
  readonly patientSex: string;
  readonly accessionNumber: string;
  readonly modality: string;
  readonly studyDescription: string;
  readonly seriesDescription: string;
  readonly bodyPartExamined: string;
  /** YYYYMMDD or ''. */
  readonly studyDate: string;
  /** HHMMSS[.FFFFFF] or ''. */
  readonly studyTime: string;
  readonly instanceNumber: string;
  /** The pixels lost something on their way: the object says so (0028,2110), or its transfer syntax may lose. */
  readonly isLossy: boolean;
}
