import { createHash, randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { uid } from '#sync/dicom/uid.ts';
import { sendStudy } from '../support/modality.ts';
import { syntheticStudy } from '../support/synthetic-ct.ts';
import { syntheticPdfReport } from '../support/synthetic-report.ts';
import { type CrashRoad, dropFile, pause } from './crash-road.ts';

/**
 * What a quiet road does not show, again and again until `signal`: packs that are none, access lists that change,
 * files in the hot folder, and reports of no study that come by DICOM.
 */
export async function provoke(road: CrashRoad, seed: number, signal: AbortSignal): Promise<void> {
  for (let round = 1; !signal.aborted; round++) {
    await forgePacks(road);
    await road.site.makeCard();
    if (round % 3 === 0) await dropIntoHotFolder(road, seed + round, round);
    await sendStrayReport(road, round);
    await pause(1_000);
  }
}

/** A file of the other zone that is no pack: box and center put it into quarantine. */
async function forgePacks({ site }: CrashRoad): Promise<void> {
  for (const spool of ['box-spool', 'center-spool']) {
    const bytes = randomBytes(6_000);
    const packId = createHash('sha256').update(bytes).digest('hex');
    const folder = join(site.root, spool, 'in', 'new');
    await mkdir(folder, { recursive: true });
    await dropFile(join(folder, `${packId}.spk`), bytes);
  }
}

/** An image, which counts as acknowledged when it is there, and what is no image. */
async function dropIntoHotFolder(road: CrashRoad, seed: number, round: number): Promise<void> {
  const [image] = syntheticStudy({ seed: 500_000 + seed, slices: 1, rows: 64 });
  if (image === undefined) return;
  await dropFile(join(road.site.importFolder, `image-${round}.dcm`), image.part10);
  road.acknowledged.set(image.datasetSha256, image);
  await dropFile(join(road.site.importFolder, `text-${round}.dcm`), 'no image');
}

async function sendStrayReport({ site }: CrashRoad, round: number): Promise<void> {
  const study = {
    studyInstanceUid: uid(`1.2.826.0.1.3680043.9.9999.${round}`),
    patientName: 'TEST^BRAVO',
    patientId: 'DEMO-9999',
    accessionNumber: `STRAY-${round}`,
  };
  await sendStudy(
    {
      host: '127.0.0.1',
      port: site.reportPort,
      callingAeTitle: 'READER',
      calledAeTitle: site.reportAeTitle,
    },
    [syntheticPdfReport({ study }).part10],
    { signal: AbortSignal.timeout(5_000), timeoutMs: 3_000 },
  );
}
