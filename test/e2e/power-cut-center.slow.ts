import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Failpoint } from '#sync/core/failpoint.ts';
import { expectOk } from '#sync/core/result.ts';
import { readFileHeader } from '#sync/dicom/part10.ts';
import { openCrashRoad } from './crash-road.ts';
import { haltsAt, openCutDisk } from './cut-disk.ts';

/** From the first byte of an object here to the receipt that lets the box forget it. */
const points: readonly Failpoint[] = [
  ...(['center-object/renamed', 'center-entry/durable', 'ledger/recorded'] as const),
  ...(['delivery/answered', 'center-delivered/durable', 'ledger/sealed'] as const),
];
const limitMs = 30_000;

test('power cut at each step of a center: what it said it has, it has, and the PACS has it once', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'outpost-power-road-'));
  const disk = await openCutDisk(t, join(root, 'center'));
  // Behind the unmounting, which was asked for first.
  t.after(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));
  if (disk === undefined) return;
  const road = await openCrashRoad(t, root);
  await road.site.confirmBox();
  const others = (['relay', 'appliance', 'boxAgent', 'centerAgent'] as const).map((name) =>
    road.start(name),
  );
  await Promise.all(others.map(({ ready }) => ready));
  const stop = new AbortController();
  const load = road.load(stop.signal, {
    ...{ pauseMs: 200, slices: 2, largeEvery: 0, seed: 90, reports: false, underWay: 12 },
  });
  for (const point of points) {
    const center = road.start('center', point, 'halt');
    disk.programs.add(center);
    assert.ok(
      await haltsAt({ logDir: road.site.logDir, program: 'center' }, point, limitMs),
      `the center comes to ${point}`,
    );
    disk.cut();
    await center.stop('SIGKILL');
    disk.remount();
  }
  disk.programs.add(road.start('center'));
  stop.abort();
  await load;
  assert.equal(await road.settle(60_000), undefined);

  const kept = await digestsIn(join(disk.mounted, 'studies'));
  assert.deepEqual(
    [...road.acknowledged.keys()].filter((digest) => !kept.has(digest)),
    [],
    'the box was told that these are delivered, and the center has them no more',
  );
  const again = road.storedAgain();
  const resent = await road.resentAfterCrash();
  t.diagnostic(
    `${points.length} cuts, ${road.acknowledged.size} instances, ${again} stored again, ${resent} counted`,
  );
  assert.ok(again <= resent, `${again} were stored again and ${resent} were counted`);
  assert.ok(again <= points.length, `one instance a cut, and not ${again}`);
});

/** Digests of the datasets in all object files, from their bytes. */
async function digestsIn(studies: string): Promise<ReadonlySet<string>> {
  const names = await readdir(studies, { recursive: true });
  const digests = new Set<string>();
  for (const name of names.filter((each) => each.endsWith('.dcm'))) {
    const bytes = await readFile(join(studies, name));
    const { fileHeaderSizeBytes } = expectOk(readFileHeader(bytes));
    digests.add(createHash('sha256').update(bytes.subarray(fileHeaderSizeBytes)).digest('hex'));
  }
  return digests;
}
