import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { watchFolder } from '#appliance/adapters/watched-folder.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

type Look = (before: ReadonlyMap<string, number>) => Promise<ReadonlyMap<string, number>>;

/** A watched folder whose two seconds pass only when a test says so; `looks` is what each look was given. */
async function open(t: TestContext, look: Look, above = '.') {
  const root = await mkdtemp(join(tmpdir(), 'outpost-watched-'));
  const dir = join(root, above, 'import');
  if (above !== '.') await writeFile(join(root, above), 'no folder');
  const clock = createVirtualClock();
  const stop = new AbortController();
  const looks: ReadonlyMap<string, number>[] = [];
  const failures: unknown[] = [];
  const watching = watchFolder<number>(
    { dir, depth: 2 },
    clock,
    stop.signal,
    (before) => {
      looks.push(before);
      return look(before);
    },
    (cause) => failures.push(cause),
  );
  const end = async () => {
    stop.abort();
    await watching;
  };
  t.after(async () => {
    await end();
    await rm(root, { recursive: true, force: true });
  });
  return { root, dir, clock, looks, failures, end };
}

/** Resolves when `holds`, however long that takes; the runner's own limit is the only one. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const nothing: Look = async () => new Map();

test('it looks at once, makes the folder of what is rejected, and then every two seconds', async (t) => {
  const { dir, clock, looks } = await open(t, nothing);
  await until(() => looks.length === 1 && clock.waiting() === 1);
  assert.ok((await stat(join(dir, 'rejected'))).isDirectory());
  clock.advance(1_999);
  assert.equal(clock.waiting(), 1, 'not yet');
  clock.advance(1);
  await until(() => looks.length === 2 && clock.waiting() === 1);
});

test('a folder that cannot be made is told and tried again: it ends nothing else of the program', async (t) => {
  const { root, clock, looks, failures } = await open(t, nothing, 'disk');
  await until(() => failures.length === 1 && clock.waiting() === 1);
  assert.equal(looks.length, 0);
  await rm(join(root, 'disk'));
  clock.advance(2_000);
  await until(() => looks.length === 1);
});

/** Puts files into the folder until one of them wakes a look: no time passes on the clock. */
async function wake({ dir, looks }: { dir: string; looks: readonly unknown[] }): Promise<void> {
  const before = looks.length;
  for (let n = 0; looks.length === before; n++) {
    await writeFile(join(dir, `image-${n}.dcm`), 'x');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('something that happens there wakes it without the clock', async (t) => {
  const folder = await open(t, nothing);
  await until(() => folder.looks.length === 1);
  await wake(folder);
});

test('a look gets what the one before left, and a wake does not shorten the wait of what is left', async (t) => {
  let left = new Map<string, number>();
  const folder = await open(t, async () => left);
  const { dir, clock, looks } = folder;
  await until(() => looks.length === 1);
  left = new Map([['left.dcm', 7]]);
  // From here on the watcher is known to be awake.
  await wake(folder);
  await until(() => looks.at(-1)?.size === 1 || clock.waiting() === 1);
  const count = looks.length;
  for (let n = 0; n < 10; n++) {
    await writeFile(join(dir, `later-${n}.dcm`), 'x');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(looks.length, count, 'a file that is written now would be looked at too early');
  clock.advance(2_000);
  await until(() => looks.length === count + 1);
  assert.deepEqual([...(looks.at(-1) ?? [])], [['left.dcm', 7]]);
});

test('a look that fails is told, and the next one begins anew', async (t) => {
  const eio = new Error('EIO');
  let isBroken = false;
  const { clock, looks, failures } = await open(t, async () => {
    if (isBroken) throw eio;
    return new Map([['left.dcm', 1]]);
  });
  await until(() => looks.length === 1 && clock.waiting() === 1);
  isBroken = true;
  clock.advance(2_000);
  await until(() => failures.length === 1 && clock.waiting() === 1);
  isBroken = false;
  clock.advance(2_000);
  await until(() => looks.length === 3 && clock.waiting() === 1);
  assert.deepEqual(failures, [eio]);
  assert.deepEqual(
    looks.map((before) => before.size),
    [0, 1, 0],
  );
});

test('the signal ends it, also while it waits', async (t) => {
  const { clock, looks, end } = await open(t, nothing);
  await until(() => looks.length === 1 && clock.waiting() === 1);
  await end();
  assert.equal(clock.waiting(), 0);
  assert.equal(looks.length, 1);
});
