import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { InstanceList, StudyDetail } from '#appliance/api/contract.ts';
import { createStorageScp } from '#sync/adapters/storage-scp-dimse.ts';
import type { CenterStatus } from '#sync/center/status.ts';
import type { Failpoint } from '#sync/core/failpoint.ts';
import { silentLog } from '#sync/core/log.ts';
import { ok } from '#sync/core/result.ts';
import { type Program, startOutpost } from '../demo/program.ts';
import { boxAeTitle, callingAeTitle } from '../demo/setup.ts';
import { ask } from '../demo/socket-client.ts';
import { sendStudy } from '../support/modality.ts';
import { type SyntheticInstance, syntheticStudy } from '../support/synthetic-ct.ts';
import { type CrashSite, prepareCrashSite } from './site.ts';

/** The programs of the road; both agents are the same program. */
export const roadPrograms = ['appliance', 'boxAgent', 'relay', 'center', 'centerAgent'] as const;
export type RoadProgram = (typeof roadPrograms)[number];

/** A whole road of real processes; modality, PACS and ledger are in the test, outside of all of them. */
export interface CrashRoad {
  readonly site: CrashSite;
  /** Starts a program; with a failpoint it dies there. */
  start(name: RoadProgram, failpoint?: Failpoint): Program;
  /** What the modality was told: datasets with their C-STORE success, by digest. */
  readonly acknowledged: ReadonlyMap<string, SyntheticInstance>;
  /** How often the PACS took each dataset, by digest. */
  readonly atPacs: ReadonlyMap<string, number>;
  /** Sends study after study, retries what was not acknowledged, and drops reports, until `signal`. */
  load(signal: AbortSignal, options: LoadOptions): Promise<void>;
  /** A file of the other zone that is no pack: box and center put it into quarantine. */
  forgePacks(): Promise<void>;
  /** Waits until everything is where it should be; the sentence says what is not after `limitMs`. */
  settle(limitMs: number): Promise<string | undefined>;
  resentAfterCrash(): Promise<number>;
}

export interface LoadOptions {
  readonly pauseMs: number;
  readonly slices: number;
  /** Every so many studies one holds an object larger than a pack; 0 = never. */
  readonly largeEvery: number;
  readonly seed: number;
  readonly reports: boolean;
  /** Rows of an ordinary slice; 64 when absent. */
  readonly rows?: number;
}

export async function openCrashRoad(t: TestContext): Promise<CrashRoad> {
  const root = await mkdtemp(join(tmpdir(), 'outpost-crash-'));
  const running = new Set<Program>();
  const atPacs = new Map<string, number>();
  const acknowledged = new Map<string, SyntheticInstance>();
  const reports = new Map<string, string>();
  const site = await prepareCrashSite(root);
  const pacs = await startPacs(site.pacsPort, atPacs);
  let isOver = false;
  t.after(async () => {
    isOver = true;
    await Promise.all([...running].map((program) => program.stop('SIGKILL')));
    await pacs.close();
    if (process.env['OUTPOST_KEEP'] !== undefined) t.diagnostic(`kept: ${root}`);
    else await rm(root, { recursive: true, force: true, maxRetries: 5 });
  });

  function start(name: RoadProgram, failpoint?: Failpoint): Program {
    if (isOver) throw new Error('The test is over');
    const command = name.endsWith('gent') ? 'agent' : name;
    const env: Record<string, string> = { NODE_COMPILE_CACHE: join(tmpdir(), 'outpost-compiled') };
    if (failpoint) env['OUTPOST_FAILPOINT'] = `${failpoint}:1`;
    const args = [command, '--config', site.config[name]];
    const program = startOutpost(name, args, site.logDir, 'node', env);
    running.add(program);
    void program.ended.then(() => running.delete(program));
    return program;
  }

  /** Sends what is not acknowledged yet; what breaks off is simply sent again with the next study. */
  async function send(waiting: Map<string, SyntheticInstance>, signal: AbortSignal): Promise<void> {
    const instances = [...waiting.values()];
    await sendStudy(
      {
        host: '127.0.0.1',
        port: site.dicomPort,
        callingAeTitle,
        calledAeTitle: boxAeTitle,
      },
      instances.map(({ part10 }) => part10),
      {
        signal,
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

  async function dropReport(study: readonly SyntheticInstance[]): Promise<void> {
    const uid = study[0]?.attributes.studyInstanceUid;
    if (!uid || reports.has(uid)) return;
    const text = `Nothing seen in study ${reports.size + 1}.`;
    reports.set(uid, text);
    const path = join(site.reportFolder, `${uid}.txt`);
    await writeFile(`${path}.part`, text);
    await rename(`${path}.part`, path);
  }

  return {
    site,
    start,
    acknowledged,
    atPacs,
    async load(signal, { pauseMs, slices, largeEvery, seed, reports: hasReports, rows = 64 }) {
      const waiting = new Map<string, SyntheticInstance>();
      const open: (readonly SyntheticInstance[])[] = [];
      for (
        let number = 0;
        !isOver && (number === 0 || !signal.aborted || waiting.size > 0);
        number++
      ) {
        if (number === 0 || !signal.aborted) {
          const isLarge = largeEvery > 0 && number % largeEvery === 0;
          const study = syntheticStudy(
            isLarge
              ? { seed: seed + number, slices: 1, rows: 1100 }
              : { seed: seed + number, slices, rows },
          );
          for (const each of study) waiting.set(each.datasetSha256, each);
          if (hasReports && number % 2 === 0) open.push(study);
        }
        await send(waiting, AbortSignal.timeout(20_000));
        const [oldest] = open;
        if (oldest?.every(({ datasetSha256 }) => atPacs.has(datasetSha256))) {
          await dropReport(oldest);
          open.shift();
        }
        await pause(pauseMs);
      }
    },
    async forgePacks() {
      for (const spool of ['box-spool', 'center-spool']) {
        const bytes = randomBytes(6_000);
        const packId = createHash('sha256').update(bytes).digest('hex');
        const folder = join(root, spool, 'in', 'new');
        await mkdir(folder, { recursive: true });
        const path = join(folder, `${packId}.spk`);
        await writeFile(`${path}.part`, bytes, { mode: 0o640 });
        await rename(`${path}.part`, path);
      }
    },
    async settle(limitMs) {
      const endMs = performance.now() + limitMs;
      for (;;) {
        const missing = await missingOf(site, acknowledged, atPacs, reports);
        if (missing === undefined || performance.now() > endMs) return missing;
        await pause(200);
      }
    },
    resentAfterCrash: async () => {
      const status = await ask<CenterStatus>(site.centerSocket, '/v1/status');
      if (!status) throw new Error('The center does not answer');
      return status.counts.resentAfterCrash;
    },
  };
}

/** A PACS in this process: it counts what it takes, by the digest of the very bytes. */
async function startPacs(port: number, taken: Map<string, number>) {
  const scp = createStorageScp(
    {
      admit: () => 'accept',
      begin: async () => {
        const hash = createHash('sha256');
        return ok({
          write: (bytes: Uint8Array) => {
            hash.update(bytes);
            return true;
          },
          drained: async () => undefined,
          finish: async () => {
            const digest = hash.digest('hex');
            taken.set(digest, (taken.get(digest) ?? 0) + 1);
            return { status: 0x0000 };
          },
          abort: () => undefined,
        });
      },
    },
    {
      host: '127.0.0.1',
      port,
      aeTitles: ['PACS'],
      limits: { connectionsPerAddressPerS: 1_000, closeTimeoutMs: 200 },
    },
    silentLog,
  );
  await scp.listen();
  return scp;
}

/** What is not as it must be yet (I1, I3, I5), or undefined. */
async function missingOf(
  site: CrashSite,
  acknowledged: ReadonlyMap<string, SyntheticInstance>,
  atPacs: ReadonlyMap<string, number>,
  reports: ReadonlyMap<string, string>,
): Promise<string | undefined> {
  const absent = [...acknowledged.keys()].filter((digest) => !atPacs.has(digest));
  if (absent.length > 0) return `${absent.length} of ${acknowledged.size} are not at the PACS`;
  const list = await ask<InstanceList>(site.applianceSocket, '/v1/instances');
  if (!list) return 'the appliance does not answer';
  const { instances } = list;
  const digests = new Set(instances.map(({ datasetSha256 }) => datasetSha256));
  if (digests.size !== instances.length) return 'an instance is in the catalog twice';
  const lost = [...acknowledged.keys()].filter((digest) => !digests.has(digest));
  if (lost.length > 0) return `${lost.length} are not in the catalog`;
  const open = instances.filter(({ state }) => state !== 'delivered');
  if (open.length > 0) return `${open.length} instances are still "${open[0]?.state}" at the box`;
  for (const [uid, text] of reports) {
    const detail = await ask<StudyDetail>(site.applianceSocket, `/v1/studies/${uid}`);
    if (detail?.reports.length !== 1 || detail.reports[0]?.text?.trim() !== text) {
      return `${detail?.reports.length} reports of a study are at the box, where one is expected`;
    }
  }
  return undefined;
}

/** How the program ended, or undefined when it still runs after `limitMs`. */
export async function endOf(
  program: Program,
  limitMs: number,
): Promise<number | string | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), limitMs);
  try {
    return await Promise.race([program.ended, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
