import { createHash, randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { askUnix } from '#sync/adapters/http-unix-client.ts';
import type { CenterStudies } from '#sync/center/status.ts';
import { uid } from '#sync/dicom/uid.ts';
import { ask } from '../demo/socket-client.ts';
import { sendStudy } from '../support/modality.ts';
import { syntheticStudy } from '../support/synthetic-ct.ts';
import { syntheticPdfReport } from '../support/synthetic-report.ts';
import { dropFile } from './crash-load.ts';
import type { CrashRoad } from './crash-road.ts';

type Event = (road: CrashRoad) => Promise<unknown>;

/** What a quiet road does not show, by the failpoints that it leads to. */
const events: readonly (readonly [RegExp, Event])[] = [
  [/^(center-access|relay-list|spool-public|agent-public)\//, ({ site }) => site.makeCard()],
  [/^center-abilities\//, forgetAbilities],
  [/^center-resend\//, askAgain],
  [/-quarantine\//, forgePacks],
  [/^box-import\//, dropIntoHotFolder],
  [/^order-file\//, dropOrder],
  [/^report-(arrival|reason)\//, sendStrayReport],
];
let serial = 0;

/** Makes happen what leads a program to the failpoint `name`, where the load alone does not. */
export async function provoke(road: CrashRoad, name: string): Promise<void> {
  for (const [leadsTo, event] of events) if (leadsTo.test(name)) await event(road);
}

/** The center writes its file again when it is gone, and tells the boxes anew. */
async function forgetAbilities({ site }: CrashRoad): Promise<void> {
  await rm(join(site.root, 'center', 'abilities.json'), { force: true });
}

/** A person asks again for what is under way; a study that is all delivered by now is refused. */
async function askAgain({ site }: CrashRoad): Promise<void> {
  const list = await ask<CenterStudies>(site.centerSocket, '/v1/studies?limit=20');
  for (const { studyInstanceUid, receipts } of list?.studies ?? []) {
    if (receipts.length > 0) continue;
    const path = `/v1/studies/${studyInstanceUid}/resend`;
    const said = { by: 'TEST', reason: 'A test asks for what is under way' };
    await askUnix(site.centerSocket, path, said).catch(() => undefined);
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
async function dropIntoHotFolder(road: CrashRoad): Promise<void> {
  const number = ++serial;
  const [image] = syntheticStudy({ seed: 500_000_000 + number, slices: 1, rows: 64 });
  if (image === undefined) return;
  road.acknowledged.set(image.datasetSha256, image);
  await dropFile(join(road.site.importFolder, `image-${number}.dcm`), image.part10);
  await dropFile(join(road.site.importFolder, `text-${number}.dcm`), 'no image');
}

/** An order of a patient whose images never come. */
async function dropOrder({ site }: CrashRoad): Promise<void> {
  const number = ++serial;
  const order = { patientId: `DEMO-${number}`, patientName: 'TEST^BRAVO', modality: 'CT' };
  await dropFile(join(site.orderFolder, `order-${number}.json`), JSON.stringify(order));
}

/** A report of a study that nobody sent. */
async function sendStrayReport({ site }: CrashRoad): Promise<void> {
  const number = ++serial;
  const study = {
    studyInstanceUid: uid(`1.2.826.0.1.3680043.9.9999.${number}`),
    patientName: 'TEST^BRAVO',
    patientId: 'DEMO-9999',
    accessionNumber: `STRAY-${number}`,
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
