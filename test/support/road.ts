import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { studyRow } from '#appliance/intake/progress.ts';
import { concat } from '#sync/core/bytes.ts';
import { buildDeliveryReceipt } from '#sync/letters/receipt.ts';
import { buildReport } from '#sync/letters/report.ts';
import type { BoxWorld, OpenedLetter } from '#test/support/box-world.ts';
import { type SyntheticInstance, syntheticStudy } from '#test/support/synthetic-ct.ts';

export const slices = (count: number, seed = 1) =>
  syntheticStudy({ seed, slices: count, rows: 128 });

/** What a rebuild must bring back; callers and times of a display are left out. */

export async function snapshot(world: BoxWorld) {
  const { catalog } = world.folder();
  const context = { isReceiving: () => false, agent: undefined };
  return {
    instances: await catalog.instances(),
    rows: (await catalog.studies()).map((record) => studyRow(record, context)),
    reports: (await catalog.studies()).map(({ reports }) => reports),
    open: await catalog.openPacks(),
    opened: (await catalog.openedPacks()).length,
  };
}

export function withChangedPixel(instance: SyntheticInstance): SyntheticInstance {
  const part10 = instance.part10.slice();
  part10[part10.length - 1] = (part10[part10.length - 1] ?? 0) ^ 1;
  return { ...instance, part10 };
}

export async function dataLetters(world: BoxWorld): Promise<readonly OpenedLetter[]> {
  return (await world.lettersAtCenter()).filter(({ letter }) => letter.kind === 'data');
}

export async function seal(
  world: BoxWorld,
  study: readonly SyntheticInstance[],
): Promise<{ readonly packId: string }> {
  await world.receive(study);
  world.clock.advance(2_000);
  await world.seal();
  return listOf(await world.lettersAtCenter());
}

export function listOf(letters: readonly OpenedLetter[]) {
  for (const { packId, letter } of letters) {
    if (letter.kind !== 'manifest' || !letter.manifest.instances) continue;
    const digests = new Set(letter.manifest.instances.map((each) => each.datasetSha256));
    return { packId, digests };
  }
  throw new Error('No manifest with a list was sealed');
}

export function assertSameObjects(
  letters: readonly OpenedLetter[],
  study: readonly SyntheticInstance[],
): void {
  const arrived = new Map<string, Uint8Array[]>();
  for (const { letter, ranges } of letters) {
    if (letter.kind !== 'data') continue;
    for (const [index, { datasetSha256 }] of letter.data.instances.entries()) {
      const range = ranges[index];
      assert.ok(range);
      arrived.set(datasetSha256, [...(arrived.get(datasetSha256) ?? []), range]);
    }
  }
  assert.equal(arrived.size, study.length);
  for (const instance of study) {
    const object = concat(...(arrived.get(instance.datasetSha256) ?? []));
    const dataset = instance.part10.subarray(instance.fileHeaderSizeBytes);
    assert.deepEqual(object.subarray(object.length - dataset.length), dataset);
  }
}

export function receiptFor(study: readonly SyntheticInstance[], manifest: string, list = 3) {
  return buildDeliveryReceipt({
    study: studyUidOf(study),
    manifest,
    list,
    instances: study.map(({ datasetSha256 }) => ({
      originalDigest: datasetSha256,
      deliveredDigest: datasetSha256,
      destination: 'PACS',
      transforms: [],
    })),
  });
}

export function reportFor(
  study: readonly SyntheticInstance[],
  manifest: string,
  change: Partial<Parameters<typeof buildReport>[0]> = {},
) {
  const patient = study[0]?.attributes;
  return buildReport(
    {
      report: 'report-1',
      version: 1,
      status: 'final',
      study: studyUidOf(study),
      manifest,
      patient: {
        id: patient?.patientId ?? '',
        birth: patient?.patientBirthDate ?? '',
        sex: patient?.patientSex ?? '',
      },
      author: { name: 'DR DEMO', registerNo: '12345' },
      signedOffAt: '2026-01-15T12:00:00.000Z',
      critical: null,
      supersedes: null,
      list: 3,
      ...change,
    },
    [
      {
        type: 'text/plain',
        bytes: new TextEncoder().encode(`Nothing seen, ${change.version ?? 1}.`),
      },
    ],
  );
}

export function studyUidOf(study: readonly SyntheticInstance[]): string {
  const uid = study[0]?.attributes.studyInstanceUid;
  assert.ok(uid);
  return uid;
}

export async function stateOf(world: BoxWorld): Promise<string | undefined> {
  const [record] = await world.folder().catalog.studies();
  const context = {
    isReceiving: (study: string) => !world.parts().quiet.isQuiet(study),
    agent: undefined,
  };
  return record && studyRow(record, context).state;
}

/** The same object with a StudyInstanceUID that is none: its digits become letters. */
export function withoutStudy(instance: SyntheticInstance): SyntheticInstance {
  const study = Buffer.from(instance.attributes.studyInstanceUid ?? '');
  const part10 = Buffer.from(instance.part10);
  const at = part10.indexOf(study);
  assert.ok(at > 0);
  part10.fill('x', at, at + study.length);
  return { ...instance, part10: Uint8Array.from(part10) };
}
