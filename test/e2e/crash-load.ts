import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { boxAeTitle, callingAeTitle, type Site } from '../demo/setup.ts';
import { sendStudy } from '../support/modality.ts';
import { type SyntheticInstance, syntheticStudy } from '../support/synthetic-ct.ts';
import type { CrashLedger } from './crash-oracle.ts';

export interface LoadOptions {
  readonly pauseMs: number;
  readonly slices: number;
  /** Every so many studies one holds an object larger than a pack; 0 = never. */
  readonly largeEvery: number;
  readonly seed: number;
  readonly reports: boolean;
  /** Rows of an ordinary slice; 64 when absent. */
  readonly rows?: number;
  /** The modality waits while so many instances are on their way: what a test must drain at its end. */
  readonly underWay?: number;
  /** Called before the first object of a study is sent. */
  readonly announce?: (study: readonly SyntheticInstance[]) => Promise<void>;
}

/**
 * Sends study after study to the box of `site`, what was not acknowledged again with the next one, and drops reports
 * at the center, until `signal` and all is acknowledged, or until `isOver`.
 */
export async function load(
  site: Pick<Site, 'dicomPort' | 'reportFolder'>,
  ledger: CrashLedger,
  options: LoadOptions,
  signal: AbortSignal,
  isOver: () => boolean,
): Promise<void> {
  const { acknowledged, atPacs } = ledger;
  const { pauseMs, slices, largeEvery, seed, rows = 64, underWay = 40 } = options;
  const waiting = new Map<string, SyntheticInstance>();
  const unread: (readonly SyntheticInstance[])[] = [];
  const onTheirWay = (): number =>
    [...acknowledged.keys()].filter((digest) => !atPacs.has(digest)).length;
  for (let number = 0; !isOver(); ) {
    const isFirst = number === 0;
    if (!isFirst && signal.aborted && waiting.size === 0) return;
    if (isFirst || (!signal.aborted && onTheirWay() < underWay)) {
      const isLarge = largeEvery > 0 && number % largeEvery === 0;
      const study = syntheticStudy({
        ...{ seed: seed + number, slices, rows },
        ...(isLarge && { slices: 1, rows: 1100 }),
      });
      await options.announce?.(study);
      for (const each of study) waiting.set(each.datasetSha256, each);
      if (options.reports && number % 2 === 0) unread.push(study);
      number += 1;
    }
    if (waiting.size > 0) await send(site, waiting, acknowledged);
    const [oldest] = unread;
    if (oldest?.every(({ datasetSha256 }) => atPacs.has(datasetSha256))) {
      await dropReport(site, oldest, ledger);
      unread.shift();
    }
    await pause(pauseMs);
  }
}

/** Sends what is not acknowledged yet; what breaks off is simply sent again with the next study. */
async function send(
  { dicomPort }: Pick<Site, 'dicomPort'>,
  waiting: Map<string, SyntheticInstance>,
  acknowledged: Map<string, SyntheticInstance>,
): Promise<void> {
  const instances = [...waiting.values()];
  await sendStudy(
    { host: '127.0.0.1', port: dicomPort, callingAeTitle, calledAeTitle: boxAeTitle },
    instances.map(({ part10 }) => part10),
    {
      signal: AbortSignal.timeout(20_000),
      timeoutMs: 10_000,
      onStored: (index) => {
        const instance = instances[index];
        if (instance === undefined) return;
        acknowledged.set(instance.datasetSha256, instance);
        waiting.delete(instance.datasetSha256);
      },
    },
  );
}

async function dropReport(
  { reportFolder }: Pick<Site, 'reportFolder'>,
  study: readonly SyntheticInstance[],
  { reports }: CrashLedger,
): Promise<void> {
  const uid = study[0]?.attributes.studyInstanceUid;
  if (!uid || reports.has(uid)) return;
  const text = `Nothing seen in study ${reports.size + 1}.`;
  reports.set(uid, text);
  await dropFile(join(reportFolder, `${uid}.txt`), text);
}

/** A file that is there whole or not at all, as a careful program leaves it. */
export async function dropFile(path: string, content: Uint8Array | string): Promise<void> {
  await writeFile(`${path}.part`, content, { mode: 0o640 });
  await rename(`${path}.part`, path);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
