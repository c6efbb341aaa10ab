import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { StudyList } from '#appliance/api/contract.ts';
import { timed } from '../bench/process.ts';
import { startPacs } from '../demo/pacs.ts';
import { type Program, startOutpost, stopAll } from '../demo/program.ts';
import { boxAeTitle, callingAeTitle } from '../demo/setup.ts';
import { ask } from '../demo/socket-client.ts';
import { datasetDigestOf, writeLongObject } from '../support/long-object.ts';
import { until } from '../support/until.ts';
import { type CrashSite, prepareCrashSite } from './site.ts';

/** 2 GiB, and more than 2 GiB with what stands before the pixels. */
const frames = Number(process.env['OUTPOST_LONG_FRAMES'] ?? 4_096);
/** Codings take an hour for so much, in memory that does not depend on its length. */
const highestCoding = Number(process.env['OUTPOST_LONG_CODING'] ?? 0);
/** What the collector leaves lying on a busy machine is in them; a quarter of the object would be too much. */
const mostRssMB: Readonly<Record<string, number>> = {
  ...{ relay: 350, center: 350, 'center-agent': 350 },
  ...{ appliance: 450, 'box-agent': 500 },
};
const patienceMs = 30 * 60_000;

/** As it is installed, not as the crash tests want it. */
async function prepareSite(root: string): Promise<CrashSite> {
  const site = await prepareCrashSite(root, highestCoding);
  await site.confirmBox();
  const path = site.config.appliance;
  const config = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...config, packTargetBytes: undefined }));
  return site;
}

async function openRoad(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'outpost-long-'));
  t.after(async () => {
    await stopAll();
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  });
  const site = await prepareSite(root);
  await startPacs(site, 'storescp');
  const programs: Program[] = [];
  const { config } = site;
  for (const [name, command, file] of [
    ['relay', 'relay', config.relay],
    ['center', 'center', config.center],
    ['center-agent', 'agent', config.centerAgent],
    ['appliance', 'appliance', config.appliance],
    ['box-agent', 'agent', config.boxAgent],
  ] as const) {
    const program = startOutpost(name, [command, '--config', file], site.logDir);
    programs.push(program);
    await program.ready;
  }
  return { root, site, programs };
}

/** Most memory that was resident at once, MB. */
async function peakRssMB({ pid }: Program): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return (Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1024) / 1e6;
}

const isInstalled = spawnSync('storescu', ['--version'], { stdio: 'ignore' }).status === 0;

test('an object of 2 GiB comes out as it went in, and no program held it', {
  skip: isInstalled ? false : 'DCMTK is not installed',
}, async (t) => {
  const { root, site, programs } = await openRoad(t);
  const path = join(root, 'long.dcm');
  const digest = await writeLongObject(path, frames);
  const titles = ['-aet', callingAeTitle, '-aec', boxAeTitle];
  const args = [...titles, '127.0.0.1', String(site.dicomPort), path];
  const sentS = await timed({ command: 'storescu', args, env: { TCP_NODELAY: '1' } });
  t.diagnostic(`storescu took ${sentS.toFixed(1)} s`);
  const startedMs = performance.now();
  await until('the box has the receipt of the center', patienceMs, async () => {
    const studies = (await ask<StudyList>(site.applianceSocket, '/v1/studies'))?.studies ?? [];
    return studies.length === 1 && studies[0]?.state === 'delivered';
  });
  t.diagnostic(`delivered ${((performance.now() - startedMs) / 1_000).toFixed(1)} s later`);
  const [stored, ...more] = await readdir(site.pacsDir);
  assert.equal(more.length, 0);
  assert.equal(await datasetDigestOf(join(site.pacsDir, stored ?? '')), digest);
  const peaks: Record<string, number> = {};
  for (const program of programs) peaks[program.name] = Math.round(await peakRssMB(program));
  t.diagnostic(`peak RSS, MB: ${JSON.stringify(peaks)}`);
  const tooMuch = Object.entries(peaks).filter(([name, peak]) => !(peak < (mostRssMB[name] ?? 0)));
  assert.deepEqual(tooMuch, []);
});
