import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { InstanceList } from '#appliance/api/contract.ts';
import { type Program, runOutpost, startOutpost } from '../demo/program.ts';
import { ask } from '../demo/socket-client.ts';
import { datasetPdus, RawPeer, storeCommand } from '../support/dimse-peer.ts';
import { sendStudy } from '../support/modality.ts';
import { createSeededRandom } from '../support/random-seeded.ts';
import { syntheticStudy } from '../support/synthetic-ct.ts';
import { pause } from './crash-load.ts';
import { endOf } from './crash-road.ts';
import { openCutDisk } from './cut-disk.ts';

const cuts = Number(process.env['OUTPOST_POWER_CUTS'] ?? 3);
const seed = process.env['OUTPOST_POWER_CUT_SEED'] ?? String(Date.now());

test(`${cuts} power cuts under load: what was acknowledged is on the disk, whole`, async (t) => {
  const disk = await openBoxDisk(t);
  if (disk === undefined) return;
  t.diagnostic(`OUTPOST_POWER_CUT_SEED=${seed}`);
  const random = createSeededRandom(seed);
  const acknowledged = new Set<string>();
  for (let cut = 0; cut < cuts; cut++) {
    const box = await startBox(disk);
    let isCut = false;
    const load = send(box.port, cut, acknowledged, () => isCut);
    const broken = breakOff(box.port, () => isCut);
    await pause(300 + random.fraction() * 1_500);
    disk.cut();
    isCut = true;
    const sent = acknowledged.size;
    const how = await endOf(box.program, 15_000);
    await load;
    await broken;
    assert.equal(how, 75, `a disk that is gone ends the program: ${await disk.lastLines()}`);
    await box.program.stop('SIGKILL');
    disk.remount();
    t.diagnostic(`cut ${cut + 1}: ${sent} acknowledged, ended with ${how}`);
    await assertAllThere(disk, acknowledged);
  }
  assert.ok(acknowledged.size > 0, 'something was acknowledged');
});

type Disk = NonNullable<Awaited<ReturnType<typeof openBoxDisk>>>;

/** After every cut: each acknowledged dataset is in the catalog, and its bytes hash to its digest. */
async function assertAllThere(disk: Disk, acknowledged: ReadonlySet<string>): Promise<void> {
  const box = await startBox(disk);
  const list = await ask<InstanceList>(disk.socket, '/v1/instances');
  const there = new Set(list?.instances.map(({ datasetSha256 }) => datasetSha256));
  await box.program.stop('SIGTERM');
  assert.deepEqual(
    [...acknowledged].filter((digest) => !there.has(digest)),
    [],
    'acknowledged and gone',
  );
  const verified = JSON.parse(
    await runOutpost(['verify', '--config', disk.config, '--json']),
  ) as Readonly<Record<'intact' | 'changed', number>>;
  assert.equal(verified.changed, 0);
  assert.ok(verified.intact >= acknowledged.size);
}

/** Sends until the box takes nothing more because its disk is gone. */
async function send(
  port: number,
  cut: number,
  acknowledged: Set<string>,
  isCut: () => boolean,
): Promise<void> {
  for (let number = 0; number < 200; number++) {
    const wasCut = isCut();
    const study = syntheticStudy({ seed: cut * 1_000 + number + 1, slices: 4, rows: 128 });
    const statuses = await sendStudy(
      { host: '127.0.0.1', port, calledAeTitle: 'OUTPOST', callingAeTitle: 'CT1' },
      study.map(({ part10 }) => part10),
      {
        signal: AbortSignal.timeout(10_000),
        timeoutMs: 3_000,
        onStored: (index) => acknowledged.add(study[index]?.datasetSha256 ?? ''),
      },
    );
    if (wasCut && statuses.some(({ kind }) => kind !== 'stored')) return;
    // The box turns away an address that calls too often.
    await pause(60);
  }
}

/** Another modality that ends no object: the box cuts off what it wrote of each. */
async function breakOff(port: number, isCut: () => boolean): Promise<void> {
  const [large] = syntheticStudy({ seed: 999_999, slices: 1, rows: 1_600 });
  assert.ok(large);
  const dataset = large.part10.subarray(large.fileHeaderSizeBytes);
  const half = datasetPdus(dataset).subarray(0, dataset.length / 2);
  while (!isCut()) {
    const peer = await RawPeer.connect(port).catch(() => undefined);
    const answer = await peer?.associate().catch(() => 'closed' as const);
    if (answer !== 'closed') peer?.send(storeCommand(large.sopInstanceUid), half);
    await pause(25);
    peer?.close();
    await pause(80);
  }
}

async function startBox(disk: Disk): Promise<{ readonly program: Program; readonly port: number }> {
  const program = startOutpost('appliance', ['appliance', '--config', disk.config], disk.outside);
  disk.programs.add(program);
  const { port } = await program.ready;
  return { program, port: Number(port) };
}

/** The box with its data and its spool on a disk of its own, its socket elsewhere. */
async function openBoxDisk(t: TestContext) {
  const disk = await openCutDisk(t);
  if (disk === undefined) return undefined;
  const { outside, mounted } = disk;
  const socket = join(outside, 'box.sock');
  const config = join(outside, 'appliance.json');
  await writeFile(
    config,
    JSON.stringify({
      format: 1,
      siteName: 'DEMO CLINIC',
      boxName: 'box 1',
      dataDir: join(mounted, 'data'),
      spoolDir: join(mounted, 'spool'),
      socket,
      zones: 'off',
      quietS: 1,
      reserveBytes: 0,
      dicom: { host: '127.0.0.1', port: 0, aeTitles: ['OUTPOST'], callers: 'any' },
    }),
  );
  return {
    ...disk,
    config,
    socket,
    lastLines: async () => (await readFile(join(outside, 'appliance.log'), 'utf8')).slice(-2_000),
  };
}
