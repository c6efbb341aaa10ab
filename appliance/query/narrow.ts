import type { Keyword } from '#sync/dicom/dictionary.ts';
import type { Query, Selection } from './identifier.ts';
import type { Narrowing } from './ports.ts';

/** What the catalog can search by of a query: never more than the tests of its keys say. */
export function narrowingOf(query: Query): Narrowing {
  const text = (keyword: Keyword): string => query.keys.get(keyword)?.text ?? '';
  return {
    ...narrowingOfSelection(query.unique),
    patientIds: query.unique.PATIENT ?? exactValues(text('PatientID')),
    accessionNumbers: exactValues(text('AccessionNumber')),
    studyDates: datesOf(text('StudyDate')),
    patientNamePart: literalPartOf(text('PatientName')),
  };
}

export function narrowingOfSelection(selection: Selection): Narrowing {
  return {
    patientIds: selection.PATIENT,
    studyInstanceUids: selection.STUDY,
    seriesInstanceUids: selection.SERIES,
    sopInstanceUids: selection.IMAGE,
  };
}

/** The alternatives of a key without wildcards. */
function exactValues(key: string): readonly string[] | undefined {
  if (key === '' || /[*?]/.test(key)) return undefined;
  return key.split('\\').map((value) => value.trim());
}

function datesOf(key: string): Narrowing['studyDates'] {
  const match = /^(\d{8})?(-)?(\d{8})?$/.exec(key.replaceAll(/(?<=\d)\.(?=\d)/g, ''));
  if (!match || key === '') return undefined;
  const [, from = '', dash, to = ''] = match;
  return dash === undefined ? { from, to: from } : { from, to };
}

/** The longest run of plain letters and digits in a name key: it stands so in every name that fits. */
function literalPartOf(key: string): string | undefined {
  if (key.includes('\\')) return undefined;
  const runs = key.split(/[^A-Za-z0-9]+/);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  return longest.length < 2 ? undefined : longest;
}
