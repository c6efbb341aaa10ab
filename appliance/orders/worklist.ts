import { utf8 } from '#sync/core/bytes.ts';
import type { DataElement, DataSet } from '#sync/dicom/dataset.ts';
import { characterSetOf, itemsOf, textOf } from '#sync/dicom/dataset-text.ts';
import { attributes, type Keyword } from '#sync/dicom/dictionary.ts';
import { matchesDateTime, matchesName, matchesText, matchesUid } from '#sync/dicom/match.ts';
import { encodeTextAs, isWritableCharacterSet } from '#sync/dicom/transliterate.ts';
import type { Order } from '../store/facts-orders.ts';

/** How one device is answered. */
export interface DeviceRules {
  /** It asks for another station than it is, or for none that exists: what it asks for the station is left out. */
  readonly isAnyStation: boolean;
  /** Its clock or its habits miss the day: what it asks for date and time is left out. */
  readonly isAnyDate: boolean;
  /** A value of Specific Character Set to answer in; undefined: the one of its query where that can be written. */
  readonly characterSet: string | undefined;
  /** What its text is in when it does not say; `''`: the bytes decide. */
  readonly assumedCharacterSet: string;
}

/** What a worklist query asks for, decoded. */
export interface WorklistQuery {
  readonly keys: DataSet;
  readonly step: DataSet;
  readonly text: (keyword: Keyword) => string;
  readonly stepText: (keyword: Keyword) => string;
}

export function readQuery(keys: DataSet, rules: DeviceRules): WorklistQuery {
  const characterSet = characterSetOf(keys) || rules.assumedCharacterSet;
  const step = itemsOf(keys, 'ScheduledProcedureStepSequence')[0] ?? new Map();
  return {
    keys,
    step,
    text: (keyword) => textOf(keys, keyword, characterSet),
    stepText: (keyword) => textOf(step, keyword, characterSet),
  };
}

/** Whether `order` is one that the query asks for (PS3.4 K.6.1.2.2). */
export function matchesOrder(query: WorklistQuery, order: Order, rules: DeviceRules): boolean {
  const { text, stepText } = query;
  const station = rules.isAnyStation ? '' : stepText('ScheduledStationAETitle');
  const when = {
    date: stepText('ScheduledProcedureStepStartDate'),
    time: stepText('ScheduledProcedureStepStartTime'),
  };
  return (
    (order.stationAeTitle === '' || matchesText(station, order.stationAeTitle)) &&
    (rules.isAnyDate ||
      matchesDateTime(when, { date: order.scheduledDate, time: order.scheduledTime })) &&
    anyOf(stepText('Modality'), order.modality) &&
    matchesText(stepText('ScheduledProcedureStepID'), order.accessionNumber) &&
    matchesName(text('PatientName'), order.patientName) &&
    matchesText(text('PatientID'), order.patientId) &&
    matchesText(text('IssuerOfPatientID'), order.issuerOfPatientId) &&
    matchesText(text('PatientBirthDate'), order.patientBirthDate) &&
    matchesText(text('PatientSex'), order.patientSex) &&
    matchesText(text('AccessionNumber'), order.accessionNumber) &&
    matchesText(text('RequestedProcedureID'), order.accessionNumber) &&
    matchesName(text('ReferringPhysicianName'), order.referringPhysicianName) &&
    matchesUid(text('StudyInstanceUID'), order.studyInstanceUid)
  );
}

/** Some devices ask for several modalities at once, which the standard does not have and means no harm. */
function anyOf(key: string, value: string): boolean {
  return key.split('\\').some((each) => matchesText(each.trim(), value));
}

/**
 * The answer that names `order`: what the standard requires to be returned, asked for or not, since devices refuse
 * an entry without it; and of the rest what was asked for, empty where the box knows nothing of it.
 */
export function worklistEntry(
  query: WorklistQuery,
  order: Order,
  device: {
    readonly rules: DeviceRules;
    readonly callingAeTitle: string;
    readonly siteName: string;
  },
): DataSet {
  const asked = query.stepText('ScheduledStationAETitle');
  const station = order.stationAeTitle || plainTitle(asked) || device.callingAeTitle;
  const set = characterSetFor(query, device.rules);
  const step = entryOf(stepValues(order, station), requiredStep, query.step, set);
  const entry = entryOf(values(order, device.siteName), required, query.keys, set);
  entry.set(attributes.ScheduledProcedureStepSequence[0], { vr: 'SQ', value: [step] });
  const number = attributes.SpecificCharacterSet[0];
  entry.delete(number);
  if (set !== '') entry.set(number, { vr: 'CS', value: utf8(set) });
  return entry;
}

/** Whether the query asks for more than the box can match: then the standard wants another status (PS3.4 K.4.1.2). */
export function hasUnknownKeys({ keys, step }: WorklistQuery): boolean {
  const isUnknown =
    (known: ReadonlySet<number>) =>
    ([number, { value }]: [number, DataElement]) =>
      value.length > 0 && !known.has(number);
  return [...keys].some(isUnknown(matched)) || [...step].some(isUnknown(matchedStep));
}

function characterSetFor(query: WorklistQuery, rules: DeviceRules): string {
  if (rules.characterSet !== undefined) return rules.characterSet;
  const asked = characterSetOf(query.keys);
  return isWritableCharacterSet(asked) ? asked : '';
}

type Values = Partial<Record<Keyword, string>>;

function values(order: Order, siteName: string): Values {
  const { accessionNumber, indication } = order;
  return {
    AccessionNumber: accessionNumber,
    InstitutionName: siteName,
    ReferringPhysicianName: order.referringPhysicianName,
    PatientName: order.patientName,
    PatientID: order.patientId,
    IssuerOfPatientID: order.issuerOfPatientId,
    PatientBirthDate: order.patientBirthDate,
    PatientSex: order.patientSex,
    PatientAge: order.patientAge,
    Allergies: cut(order.allergies, 64),
    AdditionalPatientHistory: order.history,
    StudyInstanceUID: order.studyInstanceUid,
    RequestingPhysician: order.referringPhysicianName,
    RequestedProcedureDescription: order.description,
    RequestedProcedureID: accessionNumber,
    ReasonForTheRequestedProcedure: cut(indication, 64),
    RequestedProcedurePriority: order.priority,
    RequestedProcedureComments: indication,
    PlacerOrderNumberImagingServiceRequest: order.orderNumber,
    FillerOrderNumberImagingServiceRequest: accessionNumber,
  };
}

function stepValues(order: Order, stationAeTitle: string): Values {
  return {
    Modality: order.modality,
    ScheduledStationAETitle: stationAeTitle,
    ScheduledProcedureStepStartDate: order.scheduledDate,
    ScheduledProcedureStepStartTime: order.scheduledTime,
    ScheduledProcedureStepDescription: order.description,
    ScheduledProcedureStepID: order.accessionNumber,
  };
}

/** Return keys of type 1 and 2 (PS3.4 table K.6-1), beside those with a value. */
const required: readonly Keyword[] = [
  'AccessionNumber',
  'ReferencedStudySequence',
  'ReferencedPatientSequence',
  'ReferringPhysicianName',
  'PatientName',
  'PatientID',
  'PatientBirthDate',
  'PatientSex',
  'PatientWeight',
  'MedicalAlerts',
  'Allergies',
  'PregnancyStatus',
  'StudyInstanceUID',
  'RequestingPhysician',
  'RequestedProcedureDescription',
  'AdmissionID',
  'SpecialNeeds',
  'CurrentPatientLocation',
  'PatientState',
  'RequestedProcedureID',
  'RequestedProcedurePriority',
  'PatientTransportArrangements',
  'ConfidentialityConstraintOnPatientDataDescription',
];

const requiredStep: readonly Keyword[] = [
  'Modality',
  'RequestedContrastAgent',
  'ScheduledStationAETitle',
  'ScheduledProcedureStepStartDate',
  'ScheduledProcedureStepStartTime',
  'ScheduledPerformingPhysicianName',
  'ScheduledProcedureStepDescription',
  'ScheduledProcedureStepID',
  'ScheduledStationName',
  'ScheduledProcedureStepLocation',
  'PreMedication',
];

const tagsOf = (...keywords: readonly Keyword[]): ReadonlySet<number> =>
  new Set(keywords.map((keyword) => attributes[keyword][0]));

/** Keys that `matchesOrder` looks at. */
const matched = tagsOf(
  'SpecificCharacterSet',
  'ScheduledProcedureStepSequence',
  'PatientName',
  'PatientID',
  'IssuerOfPatientID',
  'PatientBirthDate',
  'PatientSex',
  'AccessionNumber',
  'RequestedProcedureID',
  'ReferringPhysicianName',
  'StudyInstanceUID',
);
const matchedStep = tagsOf(
  'ScheduledStationAETitle',
  'ScheduledProcedureStepStartDate',
  'ScheduledProcedureStepStartTime',
  'Modality',
  'ScheduledProcedureStepID',
);

/** Text whose bytes depend on the character set (PS3.5 6.1.2.3). */
const extended = new Set(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT']);

function entryOf(
  known: Values,
  required: readonly Keyword[],
  asked: DataSet,
  characterSet: string,
): Map<number, DataElement> {
  const entry = new Map<number, DataElement>();
  for (const [number, { vr }] of asked) entry.set(number, nothing(vr));
  for (const keyword of required)
    entry.set(attributes[keyword][0], nothing(attributes[keyword][1]));
  for (const [keyword, text] of Object.entries(known) as [Keyword, string][]) {
    const [number, vr] = attributes[keyword];
    if (!entry.has(number)) continue;
    const value = extended.has(vr) ? encodeTextAs(text, characterSet) : encodeTextAs(text, '');
    entry.set(number, { vr, value });
  }
  return entry;
}

function nothing(vr: string): DataElement {
  return { vr, value: vr === 'SQ' ? [] : new Uint8Array() };
}

/** What a device asked for, where it is a title and no pattern. */
function plainTitle(asked: string): string {
  return /[*?\\]/.test(asked) ? '' : asked;
}

function cut(text: string, characters: number): string {
  return [...text.replace(/\s+/g, ' ')].slice(0, characters).join('').trim();
}
