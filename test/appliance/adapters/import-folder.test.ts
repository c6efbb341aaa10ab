import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { importFolder } from '#appliance/adapters/import-folder.ts';
import { openSegmentStore } from '#appliance/adapters/segment-store.ts';
import type { CatalogEntry } from '#appliance/ports.ts';
import { silentLog } from '#sync/core/log.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';
import { syntheticStudy } from '#test/support/synthetic-ct.ts';

const [slice] = syntheticStudy({ seed: 9, slices: 1, rows: 64 });
assert.ok(slice);

test('a file is taken as it was found, and removed once it is durable', async (t) => {
  const box = await createImport(t);
  await mkdir(join(box.dir, 'CD', 'IMAGES'), { recursive: true });
  await writeFile(join(box.dir, 'CD', 'IMAGES', 'IM0001'), slice.part10);
  const [entry] = await box.looks(2);
  assert.ok(entry);
  assert.equal(entry.record.datasetSha256, slice.datasetSha256);
  assert.equal(entry.record.arrival.callingAeTitle, '');
  const stored = await box.store.read(entry.record, 0, entry.record.payloadSizeBytes);
  assert.ok(stored.ok);
  assert.deepEqual(stored.value, slice.part10);
  assert.deepEqual(await readdir(join(box.dir, 'CD', 'IMAGES')), []);
});

test('a file that still grows is left alone', async (t) => {
  const box = await createImport(t);
  const path = join(box.dir, 'slow.dcm');
  await writeFile(path, slice.part10.subarray(0, 10_000));
  await box.looks(1);
  await writeFile(path, slice.part10);
  assert.deepEqual(await box.looks(1), []);
  assert.equal((await box.looks(1)).length, 1);
});

test('what is no image, is cut short or is the index of a medium is set aside with one line that says why', async (t) => {
  const box = await createImport(t);
  await writeFile(join(box.dir, 'notes.txt'), 'not an image');
  await writeFile(join(box.dir, 'cut.dcm'), slice.part10.subarray(0, slice.part10.length - 999));
  await writeFile(join(box.dir, 'empty.dcm'), '');
  assert.deepEqual(await box.looks(2), []);
  const names = await readdir(join(box.dir, 'rejected'));
  assert.equal(names.length, 6);
  for (const name of names.filter((each) => /\.(txt\.txt|dcm\.txt)$/.test(each))) {
    const reason = await readFile(join(box.dir, 'rejected', name), 'utf8');
    assert.match(reason, /^.{10,}\n$/);
  }
  assert.deepEqual(await readdir(box.dir), ['rejected']);
});

test('no name stops the folder: the longest, one of many bytes, one with a line end or an escape', async (t) => {
  const box = await createImport(t);
  const names = ['x'.repeat(255), '\u5c71'.repeat(85), 'a\nb', '\u001b[2J', '-rf', '%2e%2e'];
  for (const name of names) await writeFile(join(box.dir, name), 'not an image');
  await writeFile(join(box.dir, 'zz.dcm'), slice.part10);
  assert.equal((await box.looks(2)).length, 1);
  assert.deepEqual(await readdir(box.dir), ['rejected']);
  assert.equal((await readdir(join(box.dir, 'rejected'))).length, 2 * names.length);
});

test('a file that is called like the folder of the rejected ones is taken', async (t) => {
  const box = await createImport(t);
  await writeFile(join(box.dir, 'rejected-before.dcm'), slice.part10);
  assert.equal((await box.looks(2)).length, 1);
});

test('a link out of the folder is not followed', async (t) => {
  const box = await createImport(t);
  const secret = join(await folder(t), 'secret.dcm');
  await writeFile(secret, slice.part10);
  await symlink(secret, join(box.dir, 'link.dcm'));
  assert.deepEqual(await box.looks(3), []);
  assert.equal((await readFile(secret)).length, slice.part10.length);
});

/** A running import with a clock that the test moves, look by look. */
async function createImport(t: TestContext) {
  const dir = await folder(t);
  const store = await openSegmentStore(
    join(await folder(t), 'segments'),
    { reserveBytes: 0 },
    silentLog,
  );
  const clock = createVirtualClock();
  const stop = new AbortController();
  const entries: CatalogEntry[] = [];
  const idle = async () => {
    while (clock.waiting() === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  let running: Promise<void> | undefined;
  t.after(async () => {
    stop.abort();
    await running;
    await store.close();
  });
  return {
    dir,
    store,
    /** Lets the import look `count` times; the answer is what it took in these looks. */
    looks: async (count: number): Promise<readonly CatalogEntry[]> => {
      const before = entries.length;
      for (let look = 0; look < count; look += 1) {
        if (running !== undefined) clock.advance(2_000);
        running ??= importFolder(
          dir,
          {
            store,
            cataloguer: { add: (entry) => void entries.push(entry) },
            onFull: () => undefined,
            onBroken: () => undefined,
            clock,
            log: silentLog,
          },
          stop.signal,
        );
        await idle();
      }
      return entries.slice(before);
    },
  };
}

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'outpost-import-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
