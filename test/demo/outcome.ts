import { basename } from 'node:path';
import type { InstanceList } from '#appliance/api/contract.ts';
import type { UnassignedList } from '#appliance/api/contract-media.ts';
import { needlesOf, scanForNeedles } from './plaintext.ts';
import type { RoadOutcome } from './road.ts';
import type { Site } from './setup.ts';
import { ask } from './socket-client.ts';
import { datasetDigestsUnder, type Subjects } from './subject.ts';

/** The demo's answer, printed by `--json`. */
export interface Outcome {
  readonly ok: boolean;
  /** Objects the box acknowledged to the modality. */
  readonly received: number;
  /** Instances the center's signed receipts name as delivered. */
  readonly delivered: number;
  /** Datasets in the PACS that are byte for byte what the modality sent. */
  readonly identicalDatasets: number;
  /** Distinct datasets that should arrive: acknowledged and not held as a conflict or for identity. */
  readonly expectedDatasets: number;
  readonly modalityBytes: number;
  /** Bytes from both agents to the relay on the TCP stream, TLS included. */
  readonly wireBytes: number;
  readonly wireBytesDown: number;
  readonly offlineSeconds: number;
  readonly kills: number;
  readonly plaintextHits: number;
  readonly searchedValues: number;
  readonly skippedValues: number;
  readonly scannedBytes: number;
  readonly reportReturned: boolean;
  readonly notDicom: readonly string[];
  readonly refused: readonly string[];
  /** What the PACS does not take: file name and its reason; safe at the center, tried for ever. */
  readonly untaken: readonly string[];
  /** Instances kept on the box that wait for a person: conflicts, identity alarms, nobody's studies. */
  readonly held: number;
  readonly pacs: string;
  readonly zones: 'off';
  readonly seconds: number;
}

/** Objects that came in and do not go on: another one of their UID does, or none can. */
const heldStates = new Set(['resend', 'identity', 'conflict', 'damaged']);

/** Proves the outcome from outside: the PACS's own files, the box's instance list, and the plaintext scan. */
export async function outcomeOf(
  site: Site,
  { subjects, notDicom }: Subjects,
  road: RoadOutcome,
  startedMs: number,
): Promise<Outcome> {
  const instances =
    (await ask<InstanceList>(site.applianceSocket, '/v1/instances'))?.instances ?? [];
  const delivered = new Set(
    instances.filter(({ state }) => state === 'delivered').map((each) => each.datasetSha256),
  );
  const held = instances
    .filter(({ state }) => heldStates.has(state))
    .map((each) => each.datasetSha256);
  const resends = instances.filter(({ state }) => state === 'resend');
  const list = await ask<UnassignedList>(site.applianceSocket, '/v1/unassigned');
  const nobodys = new Set(
    list?.studies
      .filter(({ kind }) => kind === 'needs identity')
      .map(({ studyInstanceUid }) => studyInstanceUid),
  );
  const unnamed = instances.filter((each) => nobodys.has(each.studyInstanceUid));
  const sent = subjects.filter(({ sopInstanceUid }) => road.acknowledged.has(sopInstanceUid));
  const expected = new Set(sent.map((each) => each.datasetSha256));
  const untaken = subjects.filter(({ datasetSha256 }) => road.untaken.has(datasetSha256));
  for (const digest of [...held, ...road.untaken.keys()]) expected.delete(digest);
  for (const { datasetSha256 } of unnamed) expected.delete(datasetSha256);
  const atPacs = new Set(await datasetDigestsUnder(site.pacsDir));
  const identicalDatasets = [...expected].filter((digest) => atPacs.has(digest)).length;
  const needles = needlesOf(subjects);
  const scan = await scanForNeedles([...site.networkZone, site.linkRecord], needles);
  const isComplete =
    expected.size > 0 &&
    identicalDatasets === expected.size &&
    (untaken.length > 0 || delivered.size === expected.size);
  const isAllStored = sent.length + road.refused.length === subjects.length;
  return {
    ok:
      isComplete &&
      isAllStored &&
      road.isDelivered &&
      road.reportReturned &&
      scan.hits === 0 &&
      scan.scannedBytes > 0,
    received: sent.length,
    delivered: delivered.size,
    identicalDatasets,
    expectedDatasets: expected.size,
    modalityBytes: subjects.reduce((sum, each) => sum + each.sizeBytes, 0),
    wireBytes: road.wireBytes,
    wireBytesDown: road.wireBytesDown,
    offlineSeconds: Number(road.offlineSeconds.toFixed(1)),
    kills: road.kills,
    plaintextHits: scan.hits,
    searchedValues: needles.values.length,
    skippedValues: needles.skipped,
    scannedBytes: scan.scannedBytes,
    reportReturned: road.reportReturned,
    notDicom,
    refused: road.refused,
    untaken: untaken.map(
      ({ path, datasetSha256 }) => `${basename(path)} (${road.untaken.get(datasetSha256)})`,
    ),
    held: held.length - resends.length + unnamed.length,
    pacs: road.pacs,
    zones: 'off',
    seconds: Number(((performance.now() - startedMs) / 1_000).toFixed(1)),
  };
}

/** The short table at the end. */
export function rowsOf(
  outcome: Outcome,
  road: RoadOutcome,
): readonly (readonly [string, string])[] {
  const named = (names: readonly string[]): string =>
    names.length === 0
      ? '0'
      : `${names.length}: ${names.slice(0, 6).join(', ')}${names.length > 6 ? ', ...' : ''}`;
  return [
    [
      'outcome',
      outcome.ok ? 'ok: everything that was sent is safe, delivered and identical' : 'NOT OK',
    ],
    ['received by the box', `${outcome.received} images`],
    ['delivered (signed receipt)', `${outcome.delivered} of ${outcome.expectedDatasets}`],
    [
      'identical in the PACS',
      `${outcome.identicalDatasets} of ${outcome.expectedDatasets} (${road.pacs})`,
    ],
    ['report back at the box', outcome.reportReturned ? 'yes' : 'no'],
    ['from the modality', megabytes(outcome.modalityBytes)],
    [
      'up the link',
      `${megabytes(outcome.wireBytes)}, ${(outcome.modalityBytes / Math.max(1, outcome.wireBytes)).toFixed(2)} x less`,
    ],
    ['link down for', `${outcome.offlineSeconds} s`],
    ['programs killed', String(outcome.kills)],
    [
      'plain text outside',
      `${outcome.plaintextHits} hits of ${outcome.searchedValues} values in ${megabytes(outcome.scannedBytes)} (${outcome.skippedValues} skipped)`,
    ],
    ['not DICOM', named(outcome.notDicom)],
    ['refused', named(outcome.refused)],
    ['not taken by the PACS', named(outcome.untaken)],
    ['held for a person', String(outcome.held)],
    ['time', `${outcome.seconds} s`],
  ];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
