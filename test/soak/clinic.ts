import { execFileSync, spawnSync } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StudyList } from '#appliance/api/contract.ts';
import { layOutSite, type Site } from '../demo/setup.ts';
import { ask } from '../demo/socket-client.ts';
import { dropFile, type LoadOptions, load } from '../e2e/crash-load.ts';
import { type CrashLedger, missingOf } from '../e2e/crash-oracle.ts';
import { openBox, pairByHand } from '../e2e/site.ts';
import type { CenterSide } from './center.ts';
import type { Clinic } from './plan.ts';

/** A clinic with its box; what it was promised and what it asked for is written down here, outside of the programs. */
export interface ClinicSide {
  readonly clinic: Clinic;
  readonly site: Site;
  readonly ledger: CrashLedger;
  /** Studies that were ordered as STAT before they came, by StudyInstanceUID. */
  readonly stat: ReadonlySet<string>;
  /** Sends studies and reports until `signal`, and until all is acknowledged, or `isOver`. */
  load(signal: AbortSignal, isOver: () => boolean): Promise<void>;
  /** The next study is ordered as STAT. */
  orderStat(): void;
  /** Uses up the disk of the clinic, if it has one of its own; whether it has. */
  fillDisk(): Promise<boolean>;
  emptyDisk(): Promise<void>;
  /** What is not as it must be, or undefined. */
  missing(): Promise<string | undefined>;
  /** Unmounts its disk. */
  close(): void;
}

export interface ClinicOptions {
  /** Decides all its images. */
  readonly seed: number;
  /** Size of a disk of its own, as for mount; undefined: the folder as it is. */
  readonly diskSize: string | undefined;
  readonly load: Pick<LoadOptions, 'pauseMs' | 'slices' | 'largeEvery' | 'underWay'>;
}

export async function openClinic(
  root: string,
  clinic: Clinic,
  center: CenterSide,
  options: ClinicOptions,
): Promise<ClinicSide> {
  const isMounted = options.diskSize !== undefined && mountMemory(root, options.diskSize);
  const site = await layOutSite(root);
  const { orderFolder } = await openBox(site);
  await center.confirm(await pairByHand(site, center.site, `CLINIC-${clinic}`));
  const { atPacs } = center;
  const ledger: CrashLedger = { acknowledged: new Map(), atPacs, reports: new Map() };
  const stat = new Set<string>();
  let isStatWanted = false;
  const filler = join(root, 'filler');

  return {
    clinic,
    site,
    ledger,
    stat,
    load: (signal, isOver) =>
      load(
        { dicomPort: site.dicomPort, reportFolder: center.site.reportFolder },
        ledger,
        {
          ...options.load,
          seed: options.seed,
          reports: true,
          async announce([first]) {
            if (!isStatWanted || !first) return;
            isStatWanted = false;
            const { accessionNumber, patientId, patientName, studyInstanceUid } = first.attributes;
            const order = { accessionNumber, patientId, patientName, studyInstanceUid };
            const json = JSON.stringify({ ...order, modality: 'CT', priority: 'STAT' });
            try {
              await dropFile(join(orderFolder, `${accessionNumber}.json`), json);
              if (studyInstanceUid) stat.add(studyInstanceUid);
            } catch {
              // The disk is full: the clinic cannot place its order, and its study is an ordinary one.
              await rm(join(orderFolder, `${accessionNumber}.json.part`), { force: true });
            }
          },
        },
        signal,
        isOver,
      ),
    orderStat() {
      isStatWanted = true;
    },
    async fillDisk() {
      if (isMounted) await writeUntilFull(filler);
      return isMounted;
    },
    emptyDisk: () => rm(filler, { force: true }),
    async missing() {
      const missing = await missingOf(site, ledger);
      if (missing !== undefined) return `clinic ${clinic}: ${missing}`;
      const list = await ask<StudyList>(site.applianceSocket, '/v1/studies');
      if (!list) return `clinic ${clinic}: the appliance does not answer`;
      const late = list.studies.filter(
        ({ studyInstanceUid, isStat }) => stat.has(studyInstanceUid) && !isStat,
      );
      return late.length === 0
        ? undefined
        : `clinic ${clinic}: ${late.length} of ${stat.size} studies that were ordered as STAT are not`;
    },
    close() {
      if (isMounted) spawnSync('umount', ['--lazy', root]);
    },
  };
}

/** Whether a disk of that size could be mounted on `folder`. */
function mountMemory(folder: string, size: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'outpost-soak', folder], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

async function writeUntilFull(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (let bytes = 1024 * 1024; bytes >= 4_096; ) {
      try {
        await file.write(new Uint8Array(bytes));
      } catch {
        bytes /= 4;
      }
    }
  } finally {
    await file.close();
  }
}
