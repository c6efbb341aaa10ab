import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StudyDetail, StudyList, StudyRow } from '#appliance/api/contract.ts';
import type { CenterStudies } from '#sync/center/status.ts';
import type { LinkProxy } from './link-proxy.ts';
import { type PacsKind, startPacs } from './pacs.ts';
import { type Program, startOutpost, startProgram } from './program.ts';
import type { Screen } from './screen.ts';
import { boxAeTitle, callingAeTitle, type Site } from './setup.ts';
import { ask } from './socket-client.ts';
import type { Subject } from './subject.ts';

export interface RoadOptions {
  /** Undefined: the first that is installed. */
  readonly pacs: PacsKind | undefined;
  readonly relayRuntime: 'node' | 'deno';
}

export interface RoadOutcome {
  readonly pacs: string;
  /** SOP Instance UIDs that the box acknowledged with success. */
  readonly acknowledged: ReadonlySet<string>;
  /** Objects the box refused for good: file name and status. */
  readonly refused: readonly string[];
  readonly offlineSeconds: number;
  readonly kills: number;
  readonly wireBytes: number;
  readonly wireBytesDown: number;
  readonly isDelivered: boolean;
  readonly reportReturned: boolean;
  readonly studies: readonly StudyRow[];
  /** Digests of what the PACS did not take, with its reason. */
  readonly untaken: ReadonlyMap<string, string>;
}

const patienceMs = 10 * 60_000;
/** Nothing moved for so long: what is left waits for the PACS or for a person. */
const standstillMs = 75_000;

/** Walks the whole road once: both kills, the cut, the delivery receipt and the report. */
export async function walkRoad(
  site: Site,
  link: LinkProxy,
  subjects: readonly Subject[],
  modalityFolder: string,
  { pacs: pacsKind, relayRuntime }: RoadOptions,
  screen: Screen,
): Promise<RoadOutcome> {
  const pacs = await startPacs(site, pacsKind);
  await startFarSide(site, relayRuntime);
  let appliance = await startReady('appliance', site.config.appliance, site);
  let agent = await startReady('agent', site.config.boxAgent, site, 'box-agent');
  screen.stage(
    `relay${relayRuntime === 'deno' ? ' (on Deno)' : ''}, center with its agent, ${pacs}, appliance with its agent are up`,
  );

  const modality = startModality(site, modalityFolder, subjects.length);
  const count = subjects.length;
  await modality.until((state) => state.stored.size >= count / 3, 'received by the box', screen);
  link.cut();
  const cutAtMs = performance.now();
  screen.stage(`link cut after ${modality.state.stored.size} images; the modality keeps sending`);

  await modality.until((state) => state.stored.size >= count / 2, 'received by the box', screen);
  await appliance.stop('SIGKILL');
  screen.stage('appliance killed (SIGKILL); the modality retries what was not acknowledged');
  appliance = await startReady('appliance', site.config.appliance, site);
  screen.stage('appliance is back');
  await modality.until((state) => state.isDone, 'received by the box', screen);
  screen.stage(`modality is done: ${modality.state.stored.size} images are safe on the box`);

  link.restore();
  const offlineSeconds = (performance.now() - cutAtMs) / 1_000;
  screen.stage(`link restored after ${offlineSeconds.toFixed(1)} s`);
  await killInTransfer(link, agent, screen);
  agent = await startReady('agent', site.config.boxAgent, site, 'box-agent');
  screen.stage('agent is back and goes on from the confirmed offset');

  const isDelivered = await untilDelivered(site, subjects, screen);
  const untaken = await untakenByPacs(site);
  const reportReturned = isDelivered && (await bringReportBack(site, subjects, screen));
  await link.recorded();
  const studies = (await ask<StudyList>(site.applianceSocket, '/v1/studies'))?.studies ?? [];
  return {
    pacs,
    acknowledged: modality.state.stored,
    refused: modality.state.refused,
    offlineSeconds,
    kills: 2,
    wireBytes: link.bytes.up,
    wireBytesDown: link.bytes.down,
    isDelivered,
    reportReturned,
    studies,
    untaken,
  };
}

async function startFarSide(site: Site, relayRuntime: 'node' | 'deno'): Promise<void> {
  await startReady('relay', site.config.relay, site, 'relay', relayRuntime);
  await startReady('center', site.config.center, site);
  await startReady('agent', site.config.centerAgent, site, 'center-agent');
}

async function startReady(
  command: string,
  config: string,
  site: Site,
  name = command,
  runtime: 'node' | 'deno' = 'node',
): Promise<Program> {
  const program = startOutpost(name, [command, '--config', config], site.logDir, runtime);
  await program.ready;
  return program;
}

interface ModalityState {
  readonly stored: Set<string>;
  readonly refused: string[];
  isDone: boolean;
}

/** The modality is a process of its own, with its own disk and its own retries. */
function startModality(
  site: Site,
  folder: string,
  count: number,
): {
  readonly state: ModalityState;
  until(
    isReached: (state: ModalityState) => boolean,
    label: string,
    screen: Screen,
  ): Promise<boolean>;
} {
  const program = startProgram(
    'modality',
    process.execPath,
    [
      join(import.meta.dirname, 'modality.ts'),
      ...[folder, '127.0.0.1', String(site.dicomPort), callingAeTitle, boxAeTitle],
    ],
    site.logDir,
  );
  const state: ModalityState = { stored: new Set(), refused: [], isDone: false };
  program.onLine((line) => {
    if (line['event'] === 'stored') state.stored.add(String(line['sopInstanceUid']));
    if (line['event'] === 'refused') state.refused.push(`${line['file']} (${line['status']})`);
    if (line['event'] === 'done') state.isDone = true;
  });
  return {
    state,
    until: (isReached, label, screen) =>
      poll(() => {
        screen.bar(label, state.stored.size, count);
        if (!program.isRunning() && !state.isDone) throw new Error('The modality ended early');
        return isReached(state) || state.isDone;
      }),
  };
}

async function killInTransfer(link: LinkProxy, agent: Program, screen: Screen): Promise<void> {
  const before = link.bytes.up;
  await poll(() => link.bytes.up > before + 256 * 1024, 5_000);
  await agent.stop('SIGKILL');
  const crossed = Math.round((link.bytes.up - before) / 1024);
  screen.stage(`agent killed (SIGKILL) ${crossed} KiB into the transfer`);
}

/** True once a study is delivered and none is under way, or nothing moved for a while. */
async function untilDelivered(
  site: Site,
  subjects: readonly Subject[],
  screen: Screen,
): Promise<boolean> {
  let last = '';
  let movedAtMs = performance.now();
  const isSettled = await poll(async () => {
    const list = await ask<StudyList>(site.applianceSocket, '/v1/studies');
    if (!list || list.studies.length === 0) return false;
    const atCenter = (await ask<CenterStudies>(site.centerSocket, '/v1/studies'))?.studies ?? [];
    const delivered = atCenter.reduce((sum, study) => sum + study.delivered.length, 0);
    screen.bar('delivered to the PACS', delivered, subjects.length);
    const now = JSON.stringify([
      delivered,
      list.studies.map((study) => [study.state, study.sentPercent]),
    ]);
    if (now !== last) movedAtMs = performance.now();
    last = now;
    const isDone = list.studies.every(
      ({ state }) => state === 'delivered' || state === 'needs help',
    );
    return isDone || performance.now() - movedAtMs > standstillMs;
  });
  const list = await ask<StudyList>(site.applianceSocket, '/v1/studies');
  const delivered = list?.studies.filter(({ state }) => state === 'delivered').length ?? 0;
  if (delivered > 0) {
    screen.stage(
      `signed delivery receipts are back: the box says "delivered" for ${delivered} of ${list?.studies.length} studies`,
    );
  }
  return isSettled && delivered > 0;
}

async function untakenByPacs(site: Site): Promise<ReadonlyMap<string, string>> {
  const atCenter = (await ask<CenterStudies>(site.centerSocket, '/v1/studies'))?.studies ?? [];
  return new Map(
    atCenter.flatMap(({ untaken }) =>
      untaken.map(({ datasetSha256, reason }) => [datasetSha256, reason] as const),
    ),
  );
}

async function bringReportBack(
  site: Site,
  subjects: readonly Subject[],
  screen: Screen,
): Promise<boolean> {
  const list = await ask<StudyList>(site.applianceSocket, '/v1/studies');
  const study = list?.studies.find(({ state }) => state === 'delivered');
  const subject = subjects.find((each) => each.studyInstanceUid === study?.studyInstanceUid);
  if (!study || !subject) return false;
  const text = 'CT: no acute finding in this synthetic phantom.\nImpression: normal.\n';
  await writeFile(join(site.reportFolder, `${subject.studyInstanceUid}.txt`), text);
  screen.stage('report dropped into the folder of the reading center');
  const isBack = await poll(async () => {
    const detail = await ask<StudyDetail>(
      site.applianceSocket,
      `/v1/studies/${study.studyInstanceUid}`,
    );
    return detail?.state === 'report ready' && detail.reports[0]?.text?.trim() === text.trim();
  });
  if (isBack) screen.stage('the report is back: the box says "report ready"');
  return isBack;
}

/** Asks again every 100 ms until it is true; false after `limitMs`. */
async function poll(
  isTrue: () => boolean | Promise<boolean>,
  limitMs = patienceMs,
): Promise<boolean> {
  const endMs = performance.now() + limitMs;
  while (performance.now() < endMs) {
    if (await isTrue()) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}
