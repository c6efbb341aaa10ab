import { readdir } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { lineBytesPerS, quality } from './link-crossing.ts';
import { present } from './link-figures.ts';
import { until } from './link-road.ts';
import { type LinkSite, sealedBytesOf } from './link-site.ts';
import type { LinkStudy } from './link-study.ts';
import { atMost, type Measured } from './measured.ts';
import { timed } from './process.ts';

const caseName = 'first instance';
export const firstInstance = `${caseName}: outpost, end to end`;

const limitS = 120;
const restMs = 10_000;
const targetS = 5;

/** How long the reader waits for the first image of a study that a modality begins to send over an idle link. */
export async function measureFirstInstance(site: LinkSite, study: LinkStudy): Promise<Measured> {
  await setTimeout(restMs);
  const [before, sealedBefore] = [(await readdir(site.pacsDir)).length, await sealedBytesOf(site)];
  const limit = AbortSignal.timeout(limitS * 1_000);
  const startedMs = performance.now();
  const sending = timed(site.modality(study));
  await until(limit, async () => (await readdir(site.pacsDir)).length > before, 20);
  const firstS = (performance.now() - startedMs) / 1_000;
  await sending;
  await site.delivered();
  const sealedBytes = (await sealedBytesOf(site)) - sealedBefore;
  const ownS = sealedBytes / study.slices / lineBytesPerS;
  const beyondS = limit.aborted ? Number.NaN : firstS - ownS;
  return {
    rows: [
      present({
        case: `${caseName} of a CT ${study.slices}, idle link`,
        subject: 'outpost, end to end',
        congestion: site.link.congestion,
        outcome: limit.aborted ? `not finished after ${limitS} s` : 'finished',
        firstInPacsS: firstS,
        ownTransmissionS: ownS,
        beyondOwnTransmissionS: beyondS,
      }),
    ],
    targets: [
      atMost('first instance at the PACS, s beyond its own transmission', beyondS, targetS),
    ],
    notes: [
      `First instance: from the start of the modality's program, ${restMs / 1_000} s after the last work; its own transmission is that of the mean sealed instance of the study at ${quality.rateKbitPerS} kbit/s`,
    ],
  };
}
