import type { Statement } from '#sync/core/database.ts';
import { studyKeyOf } from '../intake/identity.ts';
import type { CatalogEntry } from '../ports-catalog.ts';
import { identityStatements } from './catalog-identity.ts';
import { asideStates, goneStates, statement } from './catalog-rows.ts';

export const descriptive = [
  'patientId',
  'issuerOfPatientId',
  'patientName',
  'patientBirthDate',
  'patientSex',
  'accessionNumber',
  'studyDescription',
  'studyDate',
  'studyTime',
  'callingAeTitle',
] as const;

// The oldest instance with a Patient ID, else the oldest, describes the study, in whatever order a replay finds them.
const isBetterSql = `iif((excluded.patientId <> '') = (patientId <> ''),
  excluded.describedAtMs < describedAtMs, excluded.patientId <> '')`;
export const studySql = `INSERT INTO study
  (studyInstanceUid, isIdentified, isFromDevice, ${descriptive.join(', ')}, describedAtMs,
   firstArrivedAtMs, lastArrivedAtMs)
  VALUES (?, ?, ?, ${descriptive.map(() => '?').join(', ')}, ?, ?, ?)
  ON CONFLICT DO UPDATE SET
  ${[...descriptive, 'describedAtMs']
    .map((c) => `${c} = iif(${isBetterSql}, excluded.${c}, ${c})`)
    .join(', ')},
  isIdentified = max(isIdentified, excluded.isIdentified),
  isFromDevice = max(isFromDevice, excluded.isFromDevice),
  firstArrivedAtMs = min(firstArrivedAtMs, excluded.firstArrivedAtMs),
  lastArrivedAtMs = max(lastArrivedAtMs, excluded.lastArrivedAtMs)`;

export const seriesSql = `INSERT INTO series
  (seriesInstanceUid, studyInstanceUid, modality, seriesDescription, bodyPartExamined)
  VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;

const instanceColumns = [
  'sopInstanceUid',
  'datasetSha256',
  'studyInstanceUid',
  'seriesInstanceUid',
  'sopClassUid',
  'transferSyntaxUid',
  'instanceNumber',
  'arrivedAtMs',
  'segment',
  'recordOffset',
  'payloadOffset',
  'payloadSizeBytes',
  'fileHeaderSizeBytes',
  'isLossy',
] as const;

// Another digest under the UID that is not purged: this one is held. The same bytes again heal what is damaged, and
// bring back what is gone; the center's receipt still counts for them.
const instanceSql = `WITH given AS (SELECT ${instanceColumns
  .map((column, index) => `value ->> ${index} AS ${column}`)
  .join(', ')} FROM json_each(?))
  INSERT INTO instance (${instanceColumns.join(', ')}, state)
  SELECT given.*,
   iif(EXISTS (SELECT 1 FROM instance AS other WHERE other.sopInstanceUid = given.sopInstanceUid
     AND other.datasetSha256 <> given.datasetSha256 AND other.state NOT IN ${asideStates}),
     'conflict', 'stored')
  FROM given WHERE true
  ON CONFLICT DO UPDATE SET segment = excluded.segment, recordOffset = excluded.recordOffset,
   payloadOffset = excluded.payloadOffset, payloadSizeBytes = excluded.payloadSizeBytes,
   fileHeaderSizeBytes = excluded.fileHeaderSizeBytes, badAtMs = NULL, goneAtMs = NULL,
   arrivedAtMs = iif(state IN ${goneStates}, excluded.arrivedAtMs, arrivedAtMs),
   state = CASE state WHEN 'damaged' THEN 'stored' WHEN 'discarded' THEN excluded.state
     WHEN 'purged' THEN 'delivered' ELSE state END
  WHERE (state = 'damaged' OR badAtMs IS NOT NULL OR state IN ${goneStates})
   AND (segment <> excluded.segment OR recordOffset <> excluded.recordOffset)`;

// All of a group at once, behind its instances.
const copySql = `WITH given AS (SELECT value ->> 0 AS segment, value ->> 1 AS recordOffset,
    value ->> 2 AS sopInstanceUid, value ->> 3 AS datasetSha256, value ->> 4 AS payloadOffset,
    value ->> 5 AS payloadSizeBytes, value ->> 6 AS fileHeaderSizeBytes FROM json_each(?))
  INSERT INTO copy
  (segment, recordOffset, sopInstanceUid, datasetSha256, payloadOffset, payloadSizeBytes, fileHeaderSizeBytes)
  SELECT * FROM given WHERE NOT EXISTS (SELECT 1 FROM instance
    WHERE instance.sopInstanceUid = given.sopInstanceUid AND instance.datasetSha256 = given.datasetSha256
    AND instance.segment = given.segment AND instance.recordOffset = given.recordOffset)
  ON CONFLICT DO NOTHING`;

const segmentSql = `INSERT INTO segment (segment, nextOffset) VALUES (?, ?)
  ON CONFLICT DO UPDATE SET nextOffset = max(nextOffset, excluded.nextOffset)`;

/**
 * The statements that enter `entries` with their series and studies, and mark their segments as read so far. What the
 * instances of a group share is written once: a commit must not cost the machine as much as the intake it follows.
 */
export function instanceStatements(entries: readonly CatalogEntry[]): readonly Statement[] {
  const keyed = entries.map((entry) => ({ ...entry, key: keyOf(entry) }));
  return [
    ...studyStatements(keyed),
    ...seriesStatements(keyed),
    ...rounds(keyed).map((round) => statement(instanceSql, JSON.stringify(round.map(instanceOf)))),
    statement(copySql, JSON.stringify(entries.map(copyOf))),
    ...identityStatements(new Set(keyed.map(({ key }) => key.study))),
    ...segmentStatements(entries.map(({ record }) => record)),
  ];
}

interface KeyedEntry extends CatalogEntry {
  readonly key: ReturnType<typeof studyKeyOf>;
}

function keyOf({ record, attributes }: CatalogEntry): KeyedEntry['key'] {
  return studyKeyOf(attributes, record.arrival.callingAeTitle);
}

function arrivedAtMs({ record }: CatalogEntry): number {
  return record.arrival.arrivedAtMs;
}

function studyStatements(entries: readonly KeyedEntry[]): readonly Statement[] {
  return [...Map.groupBy(entries, ({ key }) => key.study)].map(([study, group]) => {
    const times = group.map(arrivedAtMs);
    const describing = group.reduce((best, entry) => (isBetter(entry, best) ? entry : best));
    return statement(
      studySql,
      study,
      group.some(({ key }) => key.isIdentified) ? 1 : 0,
      group.some(({ record }) => record.arrival.callingAeTitle !== '') ? 1 : 0,
      ...descriptive.map((name) =>
        name === 'callingAeTitle'
          ? describing.record.arrival.callingAeTitle
          : describing.attributes[name],
      ),
      arrivedAtMs(describing),
      Math.min(...times),
      Math.max(...times),
    );
  });
}

/** Whether `entry` describes the study better than `other`: the same rule as in the statement. */
function isBetter(entry: KeyedEntry, other: KeyedEntry): boolean {
  const hasId = ({ attributes }: KeyedEntry) => attributes.patientId !== '';
  if (hasId(entry) !== hasId(other)) return hasId(entry);
  return arrivedAtMs(entry) < arrivedAtMs(other);
}

function seriesStatements(entries: readonly KeyedEntry[]): readonly Statement[] {
  // The first one describes the series, as one after another would.
  const firsts = new Map(
    entries
      .toReversed()
      .map((entry) => [JSON.stringify([entry.key.study, entry.key.series]), entry]),
  );
  return [...firsts.values()]
    .reverse()
    .map(({ key, attributes }) =>
      statement(
        seriesSql,
        key.series,
        key.study,
        attributes.modality,
        attributes.seriesDescription,
        attributes.bodyPartExamined,
      ),
    );
}

/** A statement does not see what it has written itself, so a UID comes once in each: the next one meets it. */
function rounds(entries: readonly KeyedEntry[]): readonly (readonly KeyedEntry[])[] {
  const all: KeyedEntry[][] = [];
  const seen = new Map<string, number>();
  for (const entry of entries) {
    const { sopInstanceUid } = entry.record.arrival;
    const round = seen.get(sopInstanceUid) ?? 0;
    seen.set(sopInstanceUid, round + 1);
    if (round === all.length) all.push([]);
    all[round]?.push(entry);
  }
  return all;
}

function instanceOf({ record, attributes, key }: KeyedEntry): readonly (string | number)[] {
  const { arrival } = record;
  return [
    arrival.sopInstanceUid,
    record.datasetSha256,
    key.study,
    key.series,
    arrival.sopClassUid,
    arrival.transferSyntaxUid,
    attributes.instanceNumber,
    arrival.arrivedAtMs,
    record.segment,
    record.recordOffset,
    record.payloadOffset,
    record.payloadSizeBytes,
    record.fileHeaderSizeBytes,
    attributes.isLossy ? 1 : 0,
  ];
}

function copyOf({ record }: CatalogEntry): readonly (string | number)[] {
  return [
    record.segment,
    record.recordOffset,
    record.arrival.sopInstanceUid,
    record.datasetSha256,
    record.payloadOffset,
    record.payloadSizeBytes,
    record.fileHeaderSizeBytes,
  ];
}

/** Marks segments as read behind `records`. */
export function segmentStatements(
  records: readonly Pick<CatalogEntry['record'], 'segment' | 'nextOffset'>[],
): readonly Statement[] {
  const ends = new Map<string, number>();
  for (const { segment, nextOffset } of records) {
    ends.set(segment, Math.max(ends.get(segment) ?? 0, nextOffset));
  }
  return [...ends].map(([segment, nextOffset]) => statement(segmentSql, segment, nextOffset));
}
