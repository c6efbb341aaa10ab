import { attributes, type Keyword } from '#sync/dicom/dictionary.ts';

/** The levels of the query information models, from the top (PS3.4 C.6). */
export const levels = ['PATIENT', 'STUDY', 'SERIES', 'IMAGE'] as const;
export type Level = (typeof levels)[number];

/** Patient Root starts with the patient, Study Root with the study, whose level has the patient's keys too. */
export type Root = 'patient' | 'study';

/** Text values of one entity and of those above it, by keyword; several values are parted by `\`. */
export type Entry = Readonly<Partial<Record<Keyword, string>>>;

/** The key that is unique at a level. */
export const uniqueKey = {
  PATIENT: 'PatientID',
  STUDY: 'StudyInstanceUID',
  SERIES: 'SeriesInstanceUID',
  IMAGE: 'SOPInstanceUID',
} as const satisfies Record<Level, Keyword>;

/** What the catalog keeps of every entity, and what it counts. */
const catalogued: Readonly<Record<Level, readonly Keyword[]>> = {
  PATIENT: [
    ...(['PatientName', 'PatientID', 'IssuerOfPatientID', 'PatientBirthDate'] as const),
    ...(['PatientSex', 'NumberOfPatientRelatedStudies', 'NumberOfPatientRelatedSeries'] as const),
    'NumberOfPatientRelatedInstances',
  ],
  STUDY: [
    ...(['StudyInstanceUID', 'StudyDate', 'StudyTime', 'AccessionNumber'] as const),
    ...(['StudyDescription', 'ModalitiesInStudy', 'SOPClassesInStudy'] as const),
    ...(['NumberOfStudyRelatedSeries', 'NumberOfStudyRelatedInstances'] as const),
  ],
  SERIES: [
    ...(['SeriesInstanceUID', 'Modality', 'SeriesDescription', 'BodyPartExamined'] as const),
    'NumberOfSeriesRelatedInstances',
  ],
  IMAGE: ['SOPInstanceUID', 'SOPClassUID', 'InstanceNumber'],
};

/**
 * What is read of the head of an instance for queries alone: of patient, study and series from one instance of each
 * series, once; of the image when it is asked for.
 */
const described: Readonly<Record<Level, readonly Keyword[]>> = {
  PATIENT: ['PatientBirthTime', 'OtherPatientIDs', 'EthnicGroup', 'PatientComments'],
  STUDY: [
    ...(['StudyID', 'ReferringPhysicianName', 'PhysiciansOfRecord'] as const),
    ...(['NameOfPhysiciansReadingStudy', 'AdmittingDiagnosesDescription', 'PatientAge'] as const),
    ...(['PatientSize', 'PatientWeight', 'Occupation', 'AdditionalPatientHistory'] as const),
  ],
  SERIES: [
    ...(['SeriesNumber', 'SeriesDate', 'SeriesTime', 'ProtocolName', 'Laterality'] as const),
    ...(['PerformingPhysicianName', 'OperatorsName', 'StationName', 'InstitutionName'] as const),
    ...(['InstitutionalDepartmentName', 'Manufacturer', 'ManufacturerModelName'] as const),
    ...(['DeviceSerialNumber', 'FrameOfReferenceUID', 'PerformedProcedureStepID'] as const),
    ...(['PerformedProcedureStepStartDate', 'PerformedProcedureStepStartTime'] as const),
    'PerformedProcedureStepDescription',
  ],
  IMAGE: [
    ...(['ImageType', 'InstanceCreationDate', 'InstanceCreationTime', 'AcquisitionDate'] as const),
    ...(['AcquisitionTime', 'AcquisitionNumber', 'ContentDate', 'ContentTime'] as const),
    ...(['NumberOfFrames', 'Rows', 'Columns', 'BitsAllocated', 'ViewPosition'] as const),
  ],
};

/** What one instance of a series tells of it, its study and its patient. */
export const seriesDescription: readonly Keyword[] = [
  ...described.PATIENT,
  ...described.STUDY,
  ...described.SERIES,
];

/** What only the instance itself tells. */
export const imageDescription: readonly Keyword[] = described.IMAGE;

/** The levels above `level` and itself. */
export function downTo(level: Level): readonly Level[] {
  return levels.slice(0, levels.indexOf(level) + 1);
}

/** Whether an answer at `level` can have this attribute: one of that level or of those above. */
export function isOfLevel(keyword: Keyword, level: Level): boolean {
  return downTo(level).some((name) => ofLevel.get(keyword) === name);
}

const ofLevel: ReadonlyMap<Keyword, Level> = new Map(
  levels.flatMap((level) =>
    [...catalogued[level], ...described[level]].map((keyword) => [keyword, level] as const),
  ),
);

const keywords: ReadonlyMap<number, Keyword> = new Map(
  (Object.keys(attributes) as Keyword[]).map((keyword) => [attributes[keyword][0], keyword]),
);

/** The keyword of a tag; undefined for one that no query knows. */
export function keywordOf(number: number): Keyword | undefined {
  return keywords.get(number);
}
