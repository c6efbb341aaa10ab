import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { callingAeTitle } from '../demo/setup.ts';
import { prepareCrashSite } from '../e2e/site.ts';
import { freePort } from '../support/free-port.ts';
import { senderCommand } from './intake-cases.ts';
import { makeSlices, shares } from './intake-studies.ts';
import type { BenchOptions } from './measured.ts';
import { type Server, startReady, timed } from './process.ts';
import { applianceCommand, startOutpostReceiver } from './receivers.ts';

/** Studies sent one after another, each by four associations at once. */
const studies = 4;
const slices = 300;
const sampleMs = 100;

/** Memory of the appliance under load, with nothing sealed (no center) or with its one worker sealing meanwhile. */
export interface MemorySample {
  readonly sealing: 'held' | 'one worker';
  readonly objects: number;
  readonly peakRssMB: number;
  /** From the highest of the first half of the samples to the highest of the second. */
  readonly growthMB: number;
  /** What lay sealed in the spool at the end. */
  readonly sealedMB: number;
}

export async function measureMemory(
  sealing: MemorySample['sealing'],
  root: string,
  options: BenchOptions,
): Promise<MemorySample> {
  await mkdir(root);
  try {
    const { server, port, spoolDir } =
      sealing === 'held' ? await startHeld(root, options) : await startSealing(root, options);
    const watch = watchRss(server);
    try {
      for (let seed = 11; seed < 11 + studies; seed++) {
        const { folder } = await makeSlices(join(root, 'study'), { seed, slices });
        await Promise.all(
          Array.from({ length: shares }, (_, n) =>
            timed(senderCommand('storescu', port, join(folder, String(n)), callingAeTitle)),
          ),
        );
        await rm(folder, { recursive: true });
      }
      const sealedMB = (await sizeOf(spoolDir)) / 1e6;
      return { sealing, objects: studies * slices, sealedMB, ...watch.stop() };
    } finally {
      watch.stop();
      await server.stop();
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

interface Started {
  readonly server: Server;
  readonly port: number;
  readonly spoolDir: string;
}

async function startHeld(root: string, { profileDir }: BenchOptions): Promise<Started> {
  const port = await freePort();
  const { server } = await startOutpostReceiver(root, port, profileDir);
  return { server, port, spoolDir: join(root, 'spool') };
}

/** A box that is paired with a center, without an agent: it seals, and nothing is fetched. */
async function startSealing(root: string, { profileDir }: BenchOptions): Promise<Started> {
  const site = await prepareCrashSite(root);
  const configPath = site.config.appliance;
  const config = JSON.parse(await readFile(configPath, 'utf8')) as { readonly spoolDir: string };
  // As it is installed, not as the crash tests want it.
  const usual = { ...config, quietS: undefined, packTargetBytes: undefined };
  await writeFile(configPath, JSON.stringify(usual));
  const server = await startReady(applianceCommand(configPath, profileDir), join(root, 'log.txt'));
  return { server, port: site.dicomPort, spoolDir: config.spoolDir };
}

function watchRss(server: Server): {
  stop(): Pick<MemorySample, 'peakRssMB' | 'growthMB'>;
} {
  const samples: number[] = [];
  const timer = setInterval(() => samples.push(server.rssBytes() / 1e6), sampleMs);
  return {
    stop() {
      clearInterval(timer);
      const half = samples.length >> 1;
      const [early, late] = [samples.slice(0, half), samples.slice(half)];
      const growthMB = Math.max(0, Math.max(...late) - Math.max(...early));
      return { peakRssMB: Math.max(...samples), growthMB };
    },
  };
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch((): string[] => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then((found) => (found.isFile() ? found.size : 0)),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
