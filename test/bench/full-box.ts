import { randomBytes } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { catalogMigrations } from '#appliance/adapters/catalog-schema.ts';
import { firstRecordOffset } from '#appliance/store/layout.ts';
import { encodeSegmentHeader, segmentName } from '#appliance/store/segment-header.ts';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import type { Database, Statement } from '#sync/core/database.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';

/** Of one CT of 525 KB in a segment of 128 MiB. */
const recordSizeBytes = 528_384;
const recordsOfSegment = 254;
const instancesOfStudy = 500;
/** Studies at the end that wait to be sealed. */
const waitingStudies = 20;
const step = 100_000;

/** What was made. */
export interface FullBox {
  readonly instances: number;
  readonly studies: number;
  readonly segments: number;
  readonly waiting: number;
}

/**
 * Fills `dataDir` with the catalog of a box that took `instances` CT slices, by SQL, and with segments of the right
 * names and lengths that hold nothing but their header: what is catalogued is not read again at a start.
 */
export async function fillDataFolder(dataDir: string, instances: number): Promise<FullBox> {
  const path = join(dataDir, 'catalog.db');
  const database = expectOk(await openDatabase(path, { schema: catalogMigrations }, silentLog));
  const studies = Math.ceil(instances / instancesOfStudy);
  const segments = Math.ceil(instances / recordsOfSegment);
  try {
    await write(database, studyStatements(studies));
    for (let from = 0; from < instances; from += step) {
      await write(database, [instanceStatement(from, Math.min(step, instances - from), studies)]);
    }
    await makeSegments(join(dataDir, 'segments'), instances, segments);
    await write(database, [segmentStatement(segments, instances)]);
  } finally {
    await database.close();
  }
  return { instances, studies, segments, waiting: waitingStudies * instancesOfStudy };
}

async function write(database: Database, statements: readonly Statement[]): Promise<void> {
  expectOk(await database.write(statements));
}

const numbers = (count: string): string =>
  `WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < ${count})`;
const studyUid = (n: string): string => `'2.25.7' || printf('%09d', ${n})`;
const nameOfSegment = (n: string): string => `'lane-0-' || printf('%07d', ${n} + 1) || '.seg'`;

function studyStatements(studies: number): readonly Statement[] {
  return [
    {
      sql: `${numbers('?')} INSERT INTO study (studyInstanceUid, isIdentified, patientId, issuerOfPatientId,
        patientName, patientBirthDate, patientSex, accessionNumber, studyDescription, studyDate, studyTime,
        callingAeTitle, firstArrivedAtMs, lastArrivedAtMs)
        SELECT ${studyUid('n')}, 1, 'DEMO-' || n, 'DEMO CLINIC', 'TEST^ALPHA', '19700101', 'O', 'A' || n, 'Head',
          '20260101', '080000', 'CT1', 1790000000000 + n * 600000, 1790000000000 + n * 600000 FROM number`,
      args: [studies],
    },
    {
      sql: `${numbers('?')} INSERT INTO series (seriesInstanceUid, studyInstanceUid, modality, seriesDescription,
        bodyPartExamined) SELECT '2.25.8' || n, ${studyUid('n')}, 'CT', 'Head', 'HEAD' FROM number`,
      args: [studies],
    },
  ];
}

/** Instances are spread over the segments in the order of their arrival. */
function instanceStatement(from: number, count: number, studies: number): Statement {
  const isWaiting = `n / ${instancesOfStudy} >= ${studies - waitingStudies}`;
  const offset = `(${firstRecordOffset} + n % ${recordsOfSegment} * ${recordSizeBytes})`;
  return {
    sql: `${numbers('?1')}, instant (n) AS (SELECT n + ?2 FROM number)
      INSERT INTO instance (sopInstanceUid, datasetSha256, studyInstanceUid, seriesInstanceUid, sopClassUid,
        transferSyntaxUid, instanceNumber, arrivedAtMs, segment, recordOffset, payloadOffset, payloadSizeBytes,
        fileHeaderSizeBytes, state, listedIn, deliveredAtMs)
      SELECT '2.25.9' || printf('%012d', n), lower(hex(randomblob(32))), ${studyUid(`n / ${instancesOfStudy}`)},
        '2.25.8' || n / ${instancesOfStudy}, '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.1.2.1',
        n % ${instancesOfStudy} + 1, 1790000000000 + n * 1000, ${nameOfSegment(`n / ${recordsOfSegment}`)},
        ${offset}, ${offset} + 512, 526000, 342, iif(${isWaiting}, 'stored', 'delivered'),
        iif(${isWaiting}, NULL, 'list'), iif(${isWaiting}, NULL, 1790000000000 + n * 1000) FROM instant`,
    args: [count, from],
  };
}

function segmentStatement(segments: number, instances: number): Statement {
  return {
    sql: `${numbers('?1')} INSERT INTO segment (segment, nextOffset) SELECT ${nameOfSegment('n')},
      ${firstRecordOffset} + min(${recordsOfSegment}, ?2 - n * ${recordsOfSegment}) * ${recordSizeBytes} FROM number`,
    args: [segments, instances],
  };
}

async function makeSegments(folder: string, instances: number, segments: number): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  for (let n = 0; n < segments; n++) {
    const file = await open(join(folder, segmentName(0, n + 1)), 'w', 0o600);
    const records = Math.min(recordsOfSegment, instances - n * recordsOfSegment);
    await file.write(
      encodeSegmentHeader({ segmentId: randomBytes(16), createdAtMs: 0 }),
      0,
      512,
      0,
    );
    await file.truncate(firstRecordOffset + records * recordSizeBytes);
    await file.close();
  }
}
