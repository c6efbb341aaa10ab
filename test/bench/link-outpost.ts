import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { holdOrder } from './link-order.ts';
import { expectSoon, type Prepared, patiently, until } from './link-road.ts';
import { give, isSealed, type LinkSite, relayFiles, sealedBytesOf } from './link-site.ts';
import type { LinkStudy } from './link-study.ts';
import { watchTimeline } from './link-timeline.ts';
import { timed } from './process.ts';

/** What a study of CT is sealed to, about; only where the middle of a crossing lies depends on it. */
const sealedShare = 1 / 5;
/** An agent that has just started talks to its relay at once; this much later it is at rest. */
const restMs = 5_000;
/**
 * So long the link is away before the study comes. A box codes by how long an outage has lasted; what is sealed in the
 * first seconds of one is sealed as if the link were up, which is the other row.
 */
const outageMs = 60_000;
/** The slowest coding of a large study on a busy machine. */
const sealingMinutes = 10;

/** From the modality's first C-STORE to the receipt that the center signed, at the box. */
export async function prepareEndToEnd(site: LinkSite, study: LinkStudy): Promise<Prepared> {
  const sealedBefore = await sealedBytesOf(site);
  const inPacsBefore = (await readdir(site.pacsDir)).length;
  const atRelayBefore = new Set(await relayFiles(site));
  const studiesBefore = (await site.studies()).length;
  const folders = await foldersOf(site);
  return {
    expectedBytes: study.sizeBytes * sealedShare,
    async send(signal) {
      const timeline = watchTimeline(folders);
      const startedMs = performance.now();
      const sinceStart = (): number => (performance.now() - startedMs) / 1_000;
      const isHere = async () => (await relayFiles(site)).some((name) => !atRelayBefore.has(name));
      const isInPacs = async () =>
        (await readdir(site.pacsDir)).length >= inPacsBefore + study.slices;
      const isDelivered = async () => {
        const studies = await site.studies();
        const isThere = studies.length > studiesBefore;
        return isThere && studies.every(({ state }) => state === 'delivered');
      };
      const [firstByteS, inPacsS] = await Promise.all([
        until(signal, isHere).then(sinceStart),
        until(signal, isInPacs).then(sinceStart),
        patiently(signal, (limit) => timed(site.modality(study), limit)).then(() => {
          timeline.note('modality done');
          return until(signal, isDelivered, 100);
        }),
      ]);
      timeline.note('delivered, says the box');
      const moments = timeline.stop();
      const sealedBytes = (await sealedBytesOf(site)) - sealedBefore;
      return { firstByteS, inPacsS, sealedBytes, moments };
    },
    finish: () => site.delivered(),
  };
}

/** Where the programs hand each other their work. */
async function foldersOf(site: LinkSite): Promise<Readonly<Record<string, string>>> {
  const { boxSpool, pacsDir, relayDir } = site;
  const { spoolDir: centerSpool } = JSON.parse(await readFile(site.config.center, 'utf8')) as {
    readonly spoolDir: string;
  };
  return {
    'sealed at the box': join(boxSpool, 'out', 'new'),
    'begun at the relay': join(relayDir, 'parts'),
    'custody at the box': join(boxSpool, 'in', 'custody'),
    'fetched by the center': join(centerSpool, 'in', 'new'),
    'opened by the center': join(centerSpool, 'out', 'taken'),
    'in the PACS': pacsDir,
    'sealed at the center': join(centerSpool, 'out', 'new'),
    'answer at the box': join(boxSpool, 'in', 'new'),
    'opened by the box': join(boxSpool, 'out', 'taken'),
  };
}

/**
 * The link engine alone: the packs of the study lie in the spool, sealed by the appliance in an outage;
 * the appliance is gone and the agent at rest. The order starts the clock, the last custody receipt ends it.
 */
export async function preparePreSealed(site: LinkSite, study: LinkStudy): Promise<Prepared> {
  await site.stop('boxAgent');
  const folder = join(site.boxSpool, 'out', 'new');
  const before = new Set(await readdir(folder));
  const studiesBefore = (await site.studies()).length;
  await setTimeout(outageMs);
  await give(site, study);
  const isWholeSealed = async () =>
    (await site.studies()).length > studiesBefore && (await isSealed(site));
  await expectSoon('Sealing', isWholeSealed, sealingMinutes);
  await site.stop('appliance');
  const order = await holdOrder(site.boxSpool);
  await site.start('boxAgent');
  await setTimeout(restMs);
  const packs = (await readdir(folder)).filter((name) => !before.has(name));
  const sizes = await Promise.all(packs.map(async (name) => (await stat(join(folder, name))).size));
  const sealedBytes = sizes.reduce((sum, size) => sum + size, 0);
  const atRelayBefore = new Set(await relayFiles(site));
  return {
    expectedBytes: sealedBytes,
    async send(signal) {
      const startedMs = performance.now();
      const isHere = async () => (await relayFiles(site)).some((name) => !atRelayBefore.has(name));
      const firstByte = until(signal, isHere, 20).then(
        () => (performance.now() - startedMs) / 1_000,
      );
      await order.release();
      await until(signal, async () => {
        const receipts = new Set(await readdir(join(site.boxSpool, 'in', 'custody')));
        return packs.every((name) => receipts.has(name.replace(/\.spk$/, '.json')));
      });
      return { sealedBytes, firstByteS: await firstByte };
    },
    async finish() {
      await site.start('appliance');
      await site.delivered();
    },
  };
}
