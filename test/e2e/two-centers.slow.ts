import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Status, StudyDetail } from '#appliance/api/contract.ts';
import { startPacs } from '../demo/pacs.ts';
import { runOutpost, startOutpost, stopAll } from '../demo/program.ts';
import { boxAeTitle, layOutSite, type Site } from '../demo/setup.ts';
import { ask } from '../demo/socket-client.ts';
import { sendStudy } from '../support/modality.ts';
import { type SyntheticInstance, syntheticStudy } from '../support/synthetic-ct.ts';
import { changeConfig, confirmByHand, openBox, openCenter, pairByHand } from './site.ts';

const patienceMs = 240_000;

test('one box serves two centers: each has its studies in its PACS, and only its reports count', async (t) => {
  const { first, second } = await openSites(t);
  const code = await codeOfSecond(first);
  await changeConfig(first.config.appliance, {
    dicom: {
      host: '127.0.0.1',
      port: first.dicomPort,
      aeTitles: [boxAeTitle],
      callers: [{ aeTitle: 'CT1' }, { aeTitle: 'CT2' }],
    },
    centerRules: [{ name: 'night', center: code, from: ['CT2'] }],
  });
  await startOutpost('appliance', ['appliance', '--config', first.config.appliance], first.logDir)
    .ready;

  const [day, night, moved] = [41, 42, 43].map((seed) =>
    syntheticStudy({ seed, slices: 2, rows: 64 }),
  );
  assert.ok(day && night && moved);
  await send(first, 'CT1', day);
  await send(first, 'CT2', night);
  await delivered(first, day);
  await delivered(second, night);
  await report(first, day);
  await report(second, night);
  const shown = await studyWhen(first, day, ({ state }) => state === 'report ready');
  assert.equal(shown.center?.name, 'DEMO CENTER');
  const atNight = await studyWhen(first, night, ({ state }) => state === 'report ready');
  assert.equal(atNight.center?.code, code);
  assert.deepEqual(await objectsOf(first, night), [], 'the first center never saw it');
  assert.deepEqual(await objectsOf(second, day), []);

  // By hand: the second center reads what the first one has already.
  await send(first, 'CT1', moved);
  await delivered(first, moved);
  await studyWhen(first, moved, ({ state }) => state === 'delivered');
  await runOutpost([
    ...['study', 'address', uidOf(moved), '--center', code, '--by', 'DR DEMO'],
    ...['--reason', 'a second opinion', '--socket', first.applianceSocket],
  ]);
  await delivered(second, moved);
  await studyWhen(first, moved, ({ state }) => state === 'delivered');
  await report(first, moved);
  const refused = await studyWhen(first, moved, ({ reports }) => reports.length > 0);
  assert.equal(refused.help?.code, 'REPORT-OTHER-CENTER');
  await report(second, moved);
  const both = await studyWhen(first, moved, ({ reports }) => reports.length > 1);
  assert.deepEqual(both.reports.map(({ refusal }) => refusal === null).sort(), [false, true]);
  const status = await ask<Status>(first.applianceSocket, '/v1/status');
  assert.deepEqual(
    status?.centers?.map(({ isOpen }) => isOpen),
    [true, true],
  );
});

/** Two centers with a relay, an agent and a PACS each; the box is at the first site. */
async function openSites(t: TestContext): Promise<{ readonly first: Site; readonly second: Site }> {
  const root = await mkdtemp(join(tmpdir(), 'outpost-two-'));
  t.after(async () => {
    await stopAll();
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  });
  const [first, second] = await Promise.all([
    layOutSite(join(root, 'first')),
    layOutSite(join(root, 'second')),
  ]);
  await openBox(first);
  for (const site of [first, second]) {
    await openCenter(site, site.relayPort);
    const typed = await pairByHand(first, site, 'DEMO-01');
    await confirmByHand(site, typed);
    await startPacs(site, undefined);
    const start = (name: string, config: string) =>
      startOutpost(name, [name, '--config', config], site.logDir).ready;
    await start('relay', site.config.relay);
    await start('center', site.config.center);
    await startOutpost('center-agent', ['agent', '--config', site.config.centerAgent], site.logDir)
      .ready;
  }
  await startOutpost('box-agent', ['agent', '--config', first.config.boxAgent], first.logDir).ready;
  return { first, second };
}

/** The code of the center that was paired last. */
async function codeOfSecond({ root, config }: Site): Promise<string> {
  const told = JSON.parse(
    await runOutpost([
      ...['pair', 'status', '--config', config.appliance, '--agent-config', config.boxAgent],
      '--json',
    ]),
  ) as { readonly pairings: readonly { readonly code: string }[] };
  const named = await readdir(join(root, 'box-agent', 'keys'));
  const [name] = named.flatMap((file) => /^transport-(.*)\.seed$/.exec(file)?.[1] ?? []);
  assert.ok(told.pairings.some(({ code }) => code === name));
  return name ?? '';
}

async function send(site: Site, aeTitle: string, study: readonly SyntheticInstance[]) {
  const target = { host: '127.0.0.1', port: site.dicomPort, calledAeTitle: boxAeTitle };
  const objects = study.map(({ part10 }) => part10);
  const signal = AbortSignal.timeout(patienceMs);
  const statuses = await sendStudy({ ...target, callingAeTitle: aeTitle }, objects, { signal });
  assert.ok(statuses.every(({ kind }) => kind === 'stored'));
}

async function objectsOf(site: Site, study: readonly SyntheticInstance[]) {
  const names = await readdir(site.pacsDir);
  return study.filter(({ sopInstanceUid }) => names.some((name) => name.includes(sopInstanceUid)));
}

const delivered = (site: Site, study: readonly SyntheticInstance[]) =>
  found(
    async () => (await objectsOf(site, study)).length === study.length || undefined,
    'objects of the study in the PACS',
  );

const report = (site: Site, study: readonly SyntheticInstance[]) =>
  writeFile(join(site.reportFolder, `${uidOf(study)}.txt`), 'Nothing seen.\n');

const studyWhen = (
  site: Site,
  study: readonly SyntheticInstance[],
  holds: (detail: StudyDetail) => boolean,
) =>
  found(async () => {
    const detail = await ask<StudyDetail>(site.applianceSocket, `/v1/studies/${uidOf(study)}`);
    return detail && holds(detail) ? detail : undefined;
  }, 'study');

function uidOf(study: readonly SyntheticInstance[]): string {
  return study[0]?.attributes.studyInstanceUid ?? '';
}

async function found<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += 250) {
    const value = await look();
    if (value !== undefined) return value;
    await pause(250);
  }
  throw new Error(`No ${what} came to that in ${patienceMs} ms`);
}
