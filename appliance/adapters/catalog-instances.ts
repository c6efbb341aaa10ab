import type { Statement } from '#sync/core/database.ts';
import { studyKeyOf } from '../intake/identity.ts';
import type { CatalogEntry } from '../ports.ts';
import { statement } from './catalog-rows.ts';

const descriptive = [
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

// The oldest instance describes the study, in whatever order a replay finds them.
const studySql = `INSERT INTO study
  (studyInstanceUid, isIdentified, ${descriptive.join(', ')}, firstArrivedAtMs, lastArrivedAtMs)
  VALUES (?, ?, ${descriptive.map(() => '?').join(', ')}, ?, ?)
  ON CONFLICT DO UPDATE SET
  ${descriptive
    .map((c) => `${c} = iif(excluded.firstArrivedAtMs < firstArrivedAtMs, excluded.${c}, ${c})`)
    .join(', ')},
  firstArrivedAtMs = min(firstArrivedAtMs, excluded.firstArrivedAtMs),
  lastArrivedAtMs = max(lastArrivedAtMs, excluded.lastArrivedAtMs)`;

const seriesSql = `INSERT INTO series
  (seriesInstanceUid, studyInstanceUid, modality, seriesDescription, bodyPartExamined)
  VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;

// Another digest under the UID that is not purged: this one is held. The same bytes after damage: they heal it.
const instanceSql = `WITH given AS (SELECT ? AS sopInstanceUid, ? AS datasetSha256, ? AS studyInstanceUid,
    ? AS seriesInstanceUid, ? AS sopClassUid, ? AS transferSyntaxUid, ? AS instanceNumber, ? AS arrivedAtMs,
    ? AS segment, ? AS recordOffset, ? AS payloadOffset, ? AS payloadSizeBytes, ? AS fileHeaderSizeBytes)
  INSERT INTO instance
  (sopInstanceUid, datasetSha256, studyInstanceUid, seriesInstanceUid, sopClassUid, transferSyntaxUid,
   instanceNumber, arrivedAtMs, segment, recordOffset, payloadOffset, payloadSizeBytes, fileHeaderSizeBytes, state)
  SELECT given.*,
   iif(EXISTS (SELECT 1 FROM instance AS other WHERE other.sopInstanceUid = given.sopInstanceUid
     AND other.datasetSha256 <> given.datasetSha256 AND other.state NOT IN ('purged', 'conflict')),
     'conflict', 'stored')
  FROM given WHERE true
  ON CONFLICT DO UPDATE SET segment = excluded.segment, recordOffset = excluded.recordOffset,
   payloadOffset = excluded.payloadOffset, payloadSizeBytes = excluded.payloadSizeBytes,
   fileHeaderSizeBytes = excluded.fileHeaderSizeBytes, state = 'stored'
  WHERE state = 'damaged' AND (segment <> excluded.segment OR recordOffset <> excluded.recordOffset)`;

const copySql = `WITH given AS (SELECT ? AS segment, ? AS recordOffset, ? AS sopInstanceUid,
    ? AS datasetSha256, ? AS payloadOffset, ? AS payloadSizeBytes, ? AS fileHeaderSizeBytes)
  INSERT INTO copy
  (segment, recordOffset, sopInstanceUid, datasetSha256, payloadOffset, payloadSizeBytes, fileHeaderSizeBytes)
  SELECT * FROM given WHERE NOT EXISTS (SELECT 1 FROM instance
    WHERE instance.sopInstanceUid = given.sopInstanceUid AND instance.datasetSha256 = given.datasetSha256
    AND instance.segment = given.segment AND instance.recordOffset = given.recordOffset)
  ON CONFLICT DO NOTHING`;

const segmentSql = `INSERT INTO segment (segment, nextOffset) VALUES (?, ?)
  ON CONFLICT DO UPDATE SET nextOffset = max(nextOffset, excluded.nextOffset)`;

/** The statements that enter one instance, its series and study, and mark its segment as read so far. */
export function instanceStatements({ record, attributes }: CatalogEntry): readonly Statement[] {
  const { arrival } = record;
  const { study, series, isIdentified } = studyKeyOf(attributes, arrival.callingAeTitle);
  return [
    statement(
      studySql,
      study,
      isIdentified ? 1 : 0,
      ...descriptive.map((name) =>
        name === 'callingAeTitle' ? arrival.callingAeTitle : attributes[name],
      ),
      arrival.arrivedAtMs,
      arrival.arrivedAtMs,
    ),
    statement(
      seriesSql,
      series,
      study,
      attributes.modality,
      attributes.seriesDescription,
      attributes.bodyPartExamined,
    ),
    statement(
      instanceSql,
      arrival.sopInstanceUid,
      record.datasetSha256,
      study,
      series,
      arrival.sopClassUid,
      arrival.transferSyntaxUid,
      attributes.instanceNumber,
      arrival.arrivedAtMs,
      record.segment,
      record.recordOffset,
      record.payloadOffset,
      record.payloadSizeBytes,
      record.fileHeaderSizeBytes,
    ),
    statement(
      copySql,
      record.segment,
      record.recordOffset,
      arrival.sopInstanceUid,
      record.datasetSha256,
      record.payloadOffset,
      record.payloadSizeBytes,
      record.fileHeaderSizeBytes,
    ),
    statement(segmentSql, record.segment, record.nextOffset),
  ];
}
