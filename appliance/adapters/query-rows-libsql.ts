import type { Row } from '#sync/core/database.ts';
import type { Keyword } from '#sync/dicom/dictionary.ts';
import type { Values } from '../query/ports.ts';
import { textOf } from './catalog-rows.ts';

/** Columns that are attributes. */
const columns: readonly (readonly [string, Keyword])[] = [
  ['patientName', 'PatientName'],
  ['patientId', 'PatientID'],
  ['issuerOfPatientId', 'IssuerOfPatientID'],
  ['patientBirthDate', 'PatientBirthDate'],
  ['patientSex', 'PatientSex'],
  ['studyInstanceUid', 'StudyInstanceUID'],
  ['studyDate', 'StudyDate'],
  ['studyTime', 'StudyTime'],
  ['accessionNumber', 'AccessionNumber'],
  ['studyDescription', 'StudyDescription'],
  ['seriesInstanceUid', 'SeriesInstanceUID'],
  ['modality', 'Modality'],
  ['seriesDescription', 'SeriesDescription'],
  ['bodyPartExamined', 'BodyPartExamined'],
  ['sopInstanceUid', 'SOPInstanceUID'],
  ['sopClassUid', 'SOPClassUID'],
  ['instanceNumber', 'InstanceNumber'],
];

/** What a row tells: its columns, and the description of its series. */
export function valuesOf(row: Row): Values {
  const described = textOf(row['described']);
  return {
    ...(described === '' ? {} : (JSON.parse(described) as Values)),
    ...Object.fromEntries(
      columns
        .filter(([column]) => column in row)
        .map(([column, keyword]) => [keyword, textOf(row[column])]),
    ),
  };
}
