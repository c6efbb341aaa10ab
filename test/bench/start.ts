import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Status } from '#appliance/api/contract.ts';
import { ask } from '../demo/socket-client.ts';
import { freePort } from '../support/free-port.ts';
import { fillDataFolder } from './full-box.ts';
import {
  atMost,
  type Bench,
  type BenchOptions,
  type Measured,
  median,
  rounded,
} from './measured.ts';
import { startOutpostReceiver } from './receivers.ts';

const instances = 1_000_000;
/** Seconds from the start of the process until it listens. */
const targetS = 3;

export const startBench: Bench = {
  name: 'start',
  summary: `start-up of the appliance with ${instances.toLocaleString('en')} catalogued instances`,
  defaultRounds: 3,
  obstacle: () => undefined,
  run,
};

interface Sample {
  readonly listeningS: number;
  readonly statusS: number;
  readonly studiesS: number;
  readonly rssMB: number;
}

async function run(options: BenchOptions): Promise<Measured> {
  const root = await mkdtemp(join(tmpdir(), 'outpost-bench-'));
  try {
    options.say(`cataloguing ${instances} instances in ${root}`);
    const dataDir = join(root, 'data');
    await mkdir(dataDir);
    const held = await fillDataFolder(dataDir, instances);
    const samples: Sample[] = [];
    for (let round = 0; round < options.rounds; round++) {
      const sample = await measure(root, held.instances, options.profileDir);
      samples.push(sample);
      options.say(`round ${round + 1}: listening after ${rounded(sample.listeningS)} s`);
    }
    const middle = (figure: keyof Sample): number =>
      median(samples.map((sample) => sample[figure]));
    return {
      rows: [
        {
          case: `${instances} instances, ${held.studies} studies, ${held.segments} segments`,
          subject: 'outpost',
          rounds: samples.length,
          medianListeningS: rounded(middle('listeningS')),
          slowestListeningS: rounded(Math.max(...samples.map(({ listeningS }) => listeningS))),
          medianFirstStatusS: rounded(middle('statusS')),
          medianFirstStudiesS: rounded(middle('studiesS')),
          peakRssMB: rounded(middle('rssMB')),
        },
      ],
      targets: [atMost('outpost, seconds to listening', middle('listeningS'), targetS)],
      notes: [
        `${held.waiting} instances wait to be sealed, the rest are delivered; the segments are sparse files of their real length`,
        'The first answers of the local API are timed from the ready line on, one after the other',
      ],
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function measure(
  root: string,
  expected: number,
  profileDir: string | undefined,
): Promise<Sample> {
  const startedMs = performance.now();
  const { server, socket } = await startOutpostReceiver(root, await freePort(), profileDir);
  const readyMs = performance.now();
  try {
    const status = await ask<Status>(socket, '/v1/status');
    const statusMs = performance.now();
    if (status?.counts.instances !== expected) {
      throw new Error(`The box shows ${status?.counts.instances} of ${expected} instances`);
    }
    await ask(socket, '/v1/studies');
    return {
      listeningS: (readyMs - startedMs) / 1_000,
      statusS: (statusMs - readyMs) / 1_000,
      studiesS: (performance.now() - statusMs) / 1_000,
      rssMB: server.peakRssBytes() / 1e6,
    };
  } finally {
    await server.stop();
  }
}
