import assert from 'node:assert/strict';
import { copyFile, cp, mkdir, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readFactLog } from '#appliance/adapters/fact-log-file.ts';
import { takeOverFolder } from '#appliance/adapters/take-over-folder.ts';
import { writeDurably } from '#sync/adapters/durable-file.ts';
import { failpointNames, watchPassages } from '#sync/core/failpoint.ts';
import { expectOk } from '#sync/core/result.ts';
import { type BoxWorld, openBoxWorld } from '#test/support/box-world.ts';
import { brokenBox, statesOf } from '#test/support/broken-box.ts';
import { reportFor, slices, snapshot, studyUidOf } from '#test/support/road.ts';

const code = '00112233445566aa';
const ports = { writeDurably, nowMs: 1 };

test('the box in its place has all that a broken one held, and seals anew what nobody confirmed', async (t) => {
  const old = await brokenBox(t);
  const world = await openBoxWorld(t);
  const own = slices(2, 8);
  await world.receive(own);
  await world.stop();
  const segments = await readdir(join(old.dir, 'segments'));
  assert.ok(segments.length > 0);
  const taken = expectOk(await takeOverFolder(old.dir, world.dataDir, code, ports));
  assert.equal(taken.segments, segments.length);
  await world.start();
  assert.deepEqual(await statesOf(world, old.purged), ['purged']);
  assert.deepEqual(await statesOf(world, old.delivered), ['delivered', 'delivered']);
  assert.deepEqual(await statesOf(world, old.underWay), ['stored', 'stored']);
  assert.deepEqual(await statesOf(world, old.stored), ['stored', 'stored']);
  assert.deepEqual(await statesOf(world, own), ['stored', 'stored']);

  world.clock.advance(2_000);
  await world.seal();
  const letters = await world.lettersAtCenter();
  const sealed = letters.flatMap(({ letter }) =>
    letter.kind === 'data' ? letter.data.instances.map(({ datasetSha256 }) => datasetSha256) : [],
  );
  const wanted = [...old.underWay, ...old.stored, ...own].map((each) => each.datasetSha256);
  assert.deepEqual(sealed.toSorted(), wanted.toSorted(), 'read back from where they lie now');

  // A report of what the broken box sent fits here.
  const report = reportFor(old.delivered, old.list.packId);
  // Letters one and two of this center are used up: the broken box had them.
  for (const _ of [1, 2]) await world.sealBack('report', report);
  await world.bring('report', report);
  await world.takeIn();
  const [record] = await world.folder().catalog.studies(studyUidOf(old.delivered));
  assert.equal(record?.reports[0]?.refusal, null);

  const again = await takeOverFolder(old.dir, world.dataDir, code, ports);
  assert.equal(!again.ok && again.fault.kind, 'take-over/done');

  const before = await snapshot(world);
  await world.stop();
  for (const suffix of ['', '-wal', '-shm']) {
    await rm(join(world.dataDir, `catalog.db${suffix}`), { force: true });
  }
  await world.start();
  assert.deepEqual(await snapshot(world), before, 'and a catalog made anew says the same');
});

test('cut short, it goes on where it was', async (t) => {
  const old = await brokenBox(t);
  const world = await openBoxWorld(t);
  await world.receive(slices(1, 8));
  await world.stop();
  const half = join(old.dir, '..', `half-${Date.now()}`);
  // Half a disk: its segments could be read, and then it was gone.
  await mkdir(join(half, 'segments'), { recursive: true });
  t.after(() => rm(half, { recursive: true }));
  for (const name of await readdir(join(old.dir, 'segments'))) {
    await copyFile(join(old.dir, 'segments', name), join(half, 'segments', name));
  }
  await assert.rejects(takeOverFolder(half, world.dataDir, code, ports), /ENOENT/);
  // The box was started in between, and took its images for new ones.
  await world.start();
  assert.deepEqual(await statesOf(world, old.delivered), ['stored', 'stored']);
  await world.stop();
  expectOk(await takeOverFolder(old.dir, world.dataDir, code, ports));
  await world.start();
  assert.deepEqual(await statesOf(world, old.delivered), ['delivered', 'delivered']);
  assert.deepEqual(await statesOf(world, old.underWay), ['stored', 'stored']);
  assert.equal((await world.folder().catalog.totals()).studies, 5);
});

const steps = failpointNames.filter((name) => name.startsWith('take-over-'));

test('killed at any of its steps and run again, it brings each fact and each file once', async (t) => {
  const old = await brokenBox(t);
  const world = await openBoxWorld(t);
  await world.receive(slices(1, 8));
  await world.stop();
  const fresh = `${world.dataDir}-fresh`;
  await cp(world.dataDir, fresh, { recursive: true });
  t.after(() => rm(fresh, { recursive: true }));
  expectOk(await takeOverFolder(old.dir, world.dataDir, code, ports));
  const expected = await heldIn(world.dataDir);
  assert.ok(expected.facts.length > 5);

  for (const step of steps) {
    await putBack(world, fresh);
    assert.equal(await killedAt(step, () => takeOver(old.dir, world)), true, step);
    expectOk(await takeOver(old.dir, world));
    assert.deepEqual(await heldIn(world.dataDir), expected, step);
  }
});

test('killed twice, and the box started in between, it still brings each fact once', async (t) => {
  const old = await brokenBox(t);
  const world = await openBoxWorld(t);
  await world.stop();
  for (const step of ['take-over-facts/durable', 'take-over-log/renamed'] as const) {
    assert.equal(await killedAt(step, () => takeOver(old.dir, world)), true);
    await world.start();
    // Whatever the box writes down meanwhile stays.
    await world.receive(slices(1, step.length));
    world.clock.advance(2_000);
    await world.seal();
    await world.stop();
  }
  expectOk(await takeOver(old.dir, world));
  // Receipts of its center: none came to the box itself.
  const inherited = (await factsIn(old.dir)).filter((line) => line.includes('"delivered"'));
  const held = await factsIn(world.dataDir);
  assert.ok(inherited.length > 1);
  for (const line of inherited) assert.equal(held.filter((each) => each === line).length, 1);
  await world.start();
  assert.deepEqual(await statesOf(world, old.delivered), ['delivered', 'delivered']);
  assert.equal((await world.folder().catalog.totals()).studies, 6);
});

test('a letter that was copied by half counts for nothing', async (t) => {
  const old = await brokenBox(t);
  const world = await openBoxWorld(t);
  await world.stop();
  const step = 'take-over-letter/written';
  assert.equal(await killedAt(step, () => takeOver(old.dir, world)), true);
  const part = join(world.dataDir, 'taken-over.part');
  await truncate(part, 10);
  assert.deepEqual(await lettersIn(world.dataDir), []);
  expectOk(await takeOver(old.dir, world));
  const letters = await lettersIn(old.dir);
  assert.ok(letters.length > 0);
  assert.deepEqual(await lettersIn(world.dataDir), letters);
  for (const name of letters) {
    const path = join('letters', name);
    const [theirs, ours] = [
      await readFile(join(old.dir, path)),
      await readFile(join(world.dataDir, path)),
    ];
    assert.ok(theirs.equals(ours), name);
  }
});

const takeOver = (from: string, { dataDir }: BoxWorld) =>
  takeOverFolder(from, dataDir, code, ports);

/** Whether it came to `step` and ended there. */
async function killedAt(step: string, act: () => Promise<unknown>): Promise<boolean> {
  watchPassages((name) => {
    if (name === step) throw new Error('killed');
  });
  try {
    await act();
    return false;
  } catch (cause) {
    assert.match(String(cause), /killed/);
    return true;
  } finally {
    watchPassages(() => undefined);
  }
}

async function putBack({ dataDir }: BoxWorld, fresh: string): Promise<void> {
  await rm(dataDir, { recursive: true });
  await cp(fresh, dataDir, { recursive: true });
}

/** Everything but the catalog: facts in their order, and the names of the files with their sizes. */
async function heldIn(dataDir: string) {
  const files: string[] = [];
  for (const folder of ['.', 'segments', 'letters', 'reports', 'quarantine']) {
    const names = await readdir(join(dataDir, folder));
    for (const name of names.filter((each) => !each.startsWith('catalog'))) {
      files.push(join(folder, name));
    }
  }
  return { files: files.toSorted(), facts: await factsIn(dataDir) };
}

async function factsIn(dataDir: string): Promise<readonly string[]> {
  const facts: string[] = [];
  for await (const { fact } of readFactLog(join(dataDir, 'letters')).read(undefined)) {
    facts.push(JSON.stringify(fact));
  }
  return facts;
}

const lettersIn = async (dataDir: string) =>
  (await readdir(join(dataDir, 'letters'))).filter((name) => name.endsWith('.spk')).toSorted();
