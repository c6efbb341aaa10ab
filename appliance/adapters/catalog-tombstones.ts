import type { Database } from '#sync/core/database.ts';
import type { Tombstones } from '../housekeeping/ports.ts';
import { descriptive } from './catalog-instances.ts';
import { numberOf, rowsOf, textOf, textOrNull } from './catalog-rows.ts';

/** What is kept of a study and of at most `limit` of its instances in `state` when their bytes go. */
export async function readTombstones(
  database: Database,
  study: string,
  state: 'delivered' | 'rejected',
  limit: number,
): Promise<Tombstones | undefined> {
  const [header] = await rowsOf(database, 'SELECT * FROM study WHERE studyInstanceUid = ?', study);
  const instances = await rowsOf(
    database,
    `SELECT instance.*, (SELECT json_group_array(json_array(segment, recordOffset)) FROM copy
       WHERE copy.sopInstanceUid = instance.sopInstanceUid
       AND copy.datasetSha256 = instance.datasetSha256) AS copies
     FROM instance WHERE studyInstanceUid = ? AND state = ?
     ORDER BY sopInstanceUid, datasetSha256 LIMIT ?`,
    study,
    state,
    limit,
  );
  if (!header || instances.length === 0) return undefined;
  const wanted = [...new Set(instances.map((row) => textOf(row['seriesInstanceUid'])))];
  const series = await rowsOf(
    database,
    `SELECT * FROM series WHERE studyInstanceUid = ?
     AND seriesInstanceUid IN (SELECT value FROM json_each(?)) ORDER BY seriesInstanceUid`,
    study,
    JSON.stringify(wanted),
  );
  const texts = Object.fromEntries(descriptive.map((name) => [name, textOf(header[name])]));
  return {
    study: {
      ...(texts as Record<(typeof descriptive)[number], string>),
      studyInstanceUid: study,
      isIdentified: numberOf(header['isIdentified']) === 1,
      isStat: numberOf(header['isStat']) === 1,
      firstArrivedAtMs: numberOf(header['firstArrivedAtMs']),
      lastArrivedAtMs: numberOf(header['lastArrivedAtMs']),
    },
    series: series.map((row) => ({
      seriesInstanceUid: textOf(row['seriesInstanceUid']),
      modality: textOf(row['modality']),
      seriesDescription: textOf(row['seriesDescription']),
      bodyPartExamined: textOf(row['bodyPartExamined']),
    })),
    instances: instances.map((row) => {
      const receiptPackId = textOrNull(row['receiptPackId']);
      const main: [string, number] = [textOf(row['segment']), numberOf(row['recordOffset'])];
      const copies = JSON.parse(textOf(row['copies'])) as [string, number][];
      const isMain = ([segment, offset]: [string, number]): boolean =>
        segment === main[0] && offset === main[1];
      return {
        sopInstanceUid: textOf(row['sopInstanceUid']),
        datasetSha256: textOf(row['datasetSha256']),
        seriesInstanceUid: textOf(row['seriesInstanceUid']),
        sopClassUid: textOf(row['sopClassUid']),
        transferSyntaxUid: textOf(row['transferSyntaxUid']),
        instanceNumber: textOf(row['instanceNumber']),
        arrivedAtMs: numberOf(row['arrivedAtMs']),
        payloadSizeBytes: numberOf(row['payloadSizeBytes']),
        fileHeaderSizeBytes: numberOf(row['fileHeaderSizeBytes']),
        places: [main, ...copies.filter((place) => !isMain(place))],
        receipt:
          receiptPackId === null
            ? null
            : {
                packId: receiptPackId,
                atMs: numberOf(row['deliveredAtMs']),
                destination: textOf(row['destination']),
              },
      };
    }),
  };
}
