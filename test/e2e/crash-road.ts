import { execFile } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { CenterStatus } from '#sync/center/status.ts';
import type { Failpoint } from '#sync/core/failpoint.ts';
import { type Program, startOutpost } from '../demo/program.ts';
import { ask } from '../demo/socket-client.ts';
import { repositoryDir } from '../support/source-tree.ts';
import { type LoadOptions, load, pause } from './crash-load.ts';
import { type CrashLedger, missingOf, startCountingPacs } from './crash-oracle.ts';
import { type CrashSite, prepareCrashSite } from './site.ts';

/** The programs of the road; both agents are the same program. */
export const roadPrograms = ['appliance', 'boxAgent', 'relay', 'center', 'centerAgent'] as const;
export type RoadProgram = (typeof roadPrograms)[number];

/** A whole road of real processes; modality, PACS and ledger are in the test, outside of all of them. */
export interface CrashRoad extends CrashLedger {
  readonly site: CrashSite;
  /** Starts a program; with a failpoint it dies there, or halts with everything open. */
  start(name: RoadProgram, failpoint?: Failpoint, what?: 'die' | 'halt'): Program;
  /** Sends study after study, retries what was not acknowledged, and drops reports, until `signal`. */
  load(signal: AbortSignal, options: LoadOptions): Promise<void>;
  /** Waits until everything is where it should be; the sentence says what is not when nothing came for `limitMs`. */
  settle(limitMs: number): Promise<string | undefined>;
  /** What the center says of instances that it may have sent twice. */
  resentAfterCrash(): Promise<number>;
  /** What the PACS took more than once, by its own count. */
  storedAgain(): number;
}

/** `root` is a folder that is mounted or made by the caller; without it, one in memory where there is room. */
export async function openCrashRoad(t: TestContext, given?: string): Promise<CrashRoad> {
  const root = given ?? (await mkdtemp(join(roomyFolder(), 'outpost-crash-')));
  const running = new Set<Program>();
  const ledger: CrashLedger = { acknowledged: new Map(), atPacs: new Map(), reports: new Map() };
  const { atPacs } = ledger;
  const site = await prepareCrashSite(root);
  const pacs = await startCountingPacs(site.pacsPort, atPacs);
  let isOver = false;
  t.after(async () => {
    isOver = true;
    await Promise.all([...running].map((program) => program.stop('SIGKILL')));
    await pacs.close();
    if (process.env['OUTPOST_KEEP'] !== undefined) t.diagnostic(`kept: ${root}`);
    else if (given === undefined) await rm(root, { recursive: true, force: true, maxRetries: 5 });
  });

  function start(name: RoadProgram, failpoint?: Failpoint, what = 'die'): Program {
    if (isOver) throw new Error('The test is over');
    const command = name.endsWith('gent') ? 'agent' : name;
    const env: Record<string, string> = { NODE_COMPILE_CACHE: compiled };
    if (failpoint) env['OUTPOST_FAILPOINT'] = `${failpoint}:1${what === 'halt' ? ':stop' : ''}`;
    const args = [command, '--config', site.config[name]];
    const program = startOutpost(name, args, site.logDir, 'node', env);
    running.add(program);
    void program.ended.then(() => running.delete(program));
    return program;
  }

  return {
    ...ledger,
    site,
    start,
    load: (signal, options) => load(site, ledger, options, signal, () => isOver),
    async settle(limitMs) {
      let [last, endMs] = ['', 0];
      for (;;) {
        const missing = await missingOf(site, ledger);
        if (missing === undefined) return missing;
        // How long it takes in all is up to the machine.
        if (missing !== last) [last, endMs] = [missing, performance.now() + limitMs];
        if (performance.now() > endMs) return missing;
        await pause(500);
      }
    },
    resentAfterCrash: async () => {
      const status = await ask<CenterStatus>(site.centerSocket, '/v1/status');
      if (!status) throw new Error('The center does not answer');
      return status.counts.resentAfterCrash;
    },
    storedAgain: () => [...atPacs.values()].reduce((sum, count) => sum + count - 1, 0),
  };
}

const compiled = join(tmpdir(), 'outpost-compiled');

/** A program that is killed leaves no compiled code behind; ended once in peace, all starts take half as long. */
export async function compilePrograms(): Promise<void> {
  const env = { ...process.env, NODE_COMPILE_CACHE: compiled };
  const script = join(repositoryDir, 'provisioning/outpost.ts');
  await Promise.all(
    ['appliance', 'agent', 'relay', 'center'].map((name) =>
      promisify(execFile)(process.execPath, [script, name, '--help'], { env }),
    ),
  );
}

/** A kill leaves the page cache alone, so memory tells as much as a disk and waits for none. */
function roomyFolder(): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    if (bavail * bsize > 1024 ** 3) return '/dev/shm';
  } catch {
    // Not Linux, or not ours.
  }
  return tmpdir();
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
