import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StudyDetail, StudyList, StudyRow } from '#appliance/api/contract.ts';
import type { LinkProxy } from './link-proxy.ts';
import { type PacsKind, startPacs } from './pacs.ts';
import { type Program, startOutpost, startProgram } from './program.ts';
import type { Screen } from './screen.ts';
import { boxAeTitle, callingAeTitle, type Site } from './setup.ts';
import { ask } from './socket-client.ts';
import type { Subject } from './subject.ts';

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
}

const patienceMs = 10 * 60_000;

/** Walks the whole road once: both kills, the cut, the delivery receipt and the report. */
export async function walkRoad(
  site: Site,
  link: LinkProxy,
  subjects: readonly Subject[],
  modalityFolder: string,
  pacsKind: PacsKind | undefined,
  screen: Screen,
): Promise<RoadOutcome> {
  const pacs = await startPacs(site, pacsKind);
  await startFarSide(site);
  let appliance = await startReady('appliance', site.config.appliance, site);
  let agent = await startReady('agent', site.config.boxAgent, site, 'box-agent');
  screen.stage(`relay, center with its agent, ${pacs}, appliance with its agent are up`);

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

  const isDelivered = await untilDelivered(site, screen);
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
  };
}

async function startFarSide(site: Site): Promise<void> {
  await startReady('relay', site.config.relay, site);
  await startReady('center', site.config.center, site);
  await startReady('agent', site.config.centerAgent, site, 'center-agent');
}

async function startReady(
  command: string,
  config: string,
  site: Site,
  name = command,
): Promise<Program> {
  const program = startOutpost(name, [command, '--config', config], site.logDir);
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

async function untilDelivered(site: Site, screen: Screen): Promise<boolean> {
  return poll(async () => {
    const list = await ask<StudyList>(site.applianceSocket, '/v1/studies');
    if (!list || list.studies.length === 0) return false;
    const sent = list.studies.reduce((sum, study) => sum + study.sentPercent, 0);
    screen.bar('sent, percent', Math.round(sent / list.studies.length), 100);
    const isDone = list.studies.every(
      ({ state }) => state === 'delivered' || state === 'needs help',
    );
    if (isDone) screen.stage('the signed delivery receipt is back: the box says "delivered"');
    return isDone && list.studies.some(({ state }) => state === 'delivered');
  });
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
