import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, truncateSync, unlinkSync } from 'node:fs';
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ImportPorts, importFolder } from '#appliance/adapters/import-folder.ts';
import { listRejected } from '#appliance/adapters/import-rejected.ts';
import { openSegmentStore } from '#appliance/adapters/segment-store.ts';
import { createImportTally } from '#appliance/media/import-tally.ts';
import type { CatalogEntry } from '#appliance/ports-catalog.ts';
import type { InstanceWriter, StoreFault } from '#appliance/ports-store.ts';
import type { Arrival } from '#appliance/store/stored-record.ts';
import { concat, utf8 } from '#sync/core/bytes.ts';
import { fault } from '#sync/core/fault.ts';
import { silentLog } from '#sync/core/log.ts';
import { fail, ok } from '#sync/core/result.ts';
import { buildFileHeader, readFileHeader } from '#sync/dicom/part10.ts';
import { isStorageSopClass } from '#sync/dicom/storage-classes.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';
import { syntheticStudy } from '#test/support/synthetic-ct.ts';

const [slice, second] = syntheticStudy({ seed: 9, slices: 2, rows: 64 });
assert.ok(slice && second);

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

test('a file that grows, or stops half-way, is left alone until it is whole', async (t) => {
  const box = await createImport(t);
  const path = join(box.dir, 'slow.dcm');
  await writeFile(path, slice.part10.subarray(0, 5_000));
  await box.looks(5);
  await writeFile(path, slice.part10);
  assert.deepEqual(await box.looks(1), []);
  assert.equal(box.begun.length, 0, 'nothing of a partial file is written to the store');
  const [entry] = await box.looks(1);
  assert.equal(entry?.record.datasetSha256, slice.datasetSha256);
});

test('a file that was renamed while it was written is taken whole, once', async (t) => {
  const box = await createImport(t);
  const [part, whole] = [join(box.dir, 'a.part'), join(box.dir, 'a.dcm')];
  await writeFile(part, slice.part10.subarray(0, 5_000));
  await box.looks(2);
  await rename(part, whole);
  await box.looks(1);
  await appendFile(whole, slice.part10.subarray(5_000));
  assert.equal((await box.looks(2)).length, 1);
  assert.equal((await box.looks(3)).length, 0);
});

test('compressed pixels that stop between two fragments rest for a minute', async (t) => {
  const box = await createImport(t);
  const path = join(box.dir, 'cine.dcm');
  const at = Buffer.from(slice.part10).indexOf(Buffer.from([0xe0, 0x7f, 0x10, 0x00]));
  const pixels = [
    [0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff],
    [0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0],
    [0xfe, 0xff, 0x00, 0xe0, 4, 0, 0, 0, 1, 2, 3, 4],
  ].map((bytes) => Uint8Array.from(bytes));
  const half = concat(slice.part10.subarray(0, at), ...pixels);
  await writeFile(path, half);
  assert.deepEqual(await box.looks(20), []);
  await writeFile(path, concat(half, Uint8Array.of(0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0)));
  assert.equal((await box.looks(2)).length, 1);
  await writeFile(path, half);
  assert.equal((await box.looks(33)).length, 1, 'a device that forgets the delimiter is not lost');
});

test('a gigabyte that arrives slowly is not read before it is all there', async (t) => {
  const box = await createImport(t);
  const path = join(box.dir, 'cine.dcm');
  const head = slice.part10.slice(0, -2 * 64 * 64);
  new DataView(head.buffer).setUint32(head.length - 4, 2 ** 30, true);
  await writeFile(path, head);
  for (let mebibyte = 64; mebibyte < 1_024; mebibyte += 64) {
    await truncate(path, head.length + mebibyte * 2 ** 20);
    await box.looks(3);
  }
  assert.equal(box.begun.length, 0);
  assert.deepEqual(await readdir(box.dir), ['cine.dcm', 'rejected']);
});

test('a file that is deleted while it is read is in the store; one that is cut is not', async (t) => {
  const box = await createImport(t);
  const path = join(box.dir, 'a.dcm');
  await writeFile(path, slice.part10);
  await box.looks(1);
  box.whileRead(() => unlinkSync(path));
  const [entry] = await box.looks(1);
  assert.equal(entry?.record.datasetSha256, slice.datasetSha256);

  await writeFile(path, slice.part10);
  await box.looks(1);
  box.whileRead(() => truncateSync(path, 5_000));
  assert.deepEqual(await box.looks(1), []);
  assert.deepEqual(await readdir(box.dir), ['a.dcm', 'rejected']);
});

test('a file that took the name of the one being read stays, and comes next', async (t) => {
  const box = await createImport(t);
  const [path, other] = [join(box.dir, 'a.dcm'), join(await folder(t), 'b.dcm')];
  await writeFile(path, slice.part10);
  await writeFile(other, second.part10);
  await box.looks(1);
  box.whileRead(() => renameSync(other, path));
  assert.equal((await box.looks(1))[0]?.record.datasetSha256, slice.datasetSha256);
  assert.deepEqual(await readFile(path), Buffer.from(second.part10));
  assert.equal((await box.looks(2))[0]?.record.datasetSha256, second.datasetSha256);
});

test('the source is there until its copy is durable', async (t) => {
  const box = await createImport(t);
  const path = join(box.dir, 'a.dcm');
  await writeFile(path, slice.part10);
  await box.looks(1);
  let wasThere = false;
  box.whenDurable(() => {
    wasThere = existsSync(path);
  });
  assert.equal((await box.looks(1)).length, 1);
  assert.ok(wasThere);
  assert.ok(!existsSync(path));
});

test('a full disk leaves the file where it is, and takes it later', async (t) => {
  const box = await createImport(t);
  await writeFile(join(box.dir, 'a.dcm'), slice.part10);
  box.refuseOnce(fault('store/full', 'Cannot store', 'Wait'));
  assert.deepEqual(await box.looks(2), []);
  assert.equal((await box.looks(1)).length, 1);
});

test('a file without preamble or group 0002 is stored with a header made for it', async (t) => {
  const box = await createImport(t);
  const dataset = slice.part10.subarray(slice.fileHeaderSizeBytes);
  await writeFile(join(box.dir, 'bare'), dataset);
  const [entry] = await box.looks(2);
  assert.ok(entry);
  assert.equal(entry.record.datasetSha256, slice.datasetSha256);
  const stored = await box.store.read(entry.record, 0, entry.record.payloadSizeBytes);
  assert.ok(stored.ok);
  const header = readFileHeader(stored.value);
  assert.ok(header.ok);
  assert.deepEqual(stored.value.subarray(header.value.fileHeaderSizeBytes), dataset);
});

test('what lies below a DICOMDIR is marked as outside before it is stored, and the index goes last', async (t) => {
  const box = await createImport(t);
  const cd = join(box.dir, 'CD');
  await mkdir(join(cd, 'IMAGES'), { recursive: true });
  await writeFile(join(cd, 'IMAGES', '1'), slice.part10);
  await writeFile(join(cd, 'DICOMDIR'), 'an index');
  box.outside.isMarked = false;
  assert.deepEqual(await box.looks(2), []);
  assert.equal(box.begun.length, 0);
  box.outside.isMarked = true;
  assert.equal((await box.looks(1)).length, 1);
  assert.deepEqual(new Set(box.outside.studies), new Set([slice.attributes.studyInstanceUid]));
  assert.deepEqual(await readdir(cd), ['DICOMDIR', 'IMAGES']);
  await box.looks(31);
  assert.deepEqual(await readdir(cd), ['IMAGES']);
  assert.deepEqual(await readdir(join(box.dir, 'rejected')), []);
});

test('what is no image, is cut short or belongs to no study is set aside with one line that says why', async (t) => {
  const box = await createImport(t);
  const dataset = slice.part10.subarray(slice.fileHeaderSizeBytes);
  const headed = (header: Partial<Parameters<typeof buildFileHeader>[0]>, bytes = dataset) =>
    concat(buildFileHeader({ ...slice, sendingAeTitle: '', ...header }), bytes);
  const hangingProtocol = '1.2.840.10008.5.1.4.38.1';
  const otherClass = textIn(dataset, slice.sopClassUid.padEnd(26, '\0'), hangingProtocol);
  await writeFile(join(box.dir, 'notes.txt'), 'not an image');
  await writeFile(join(box.dir, 'cut.dcm'), slice.part10.subarray(0, slice.part10.length - 999));
  await writeFile(join(box.dir, 'empty.dcm'), '');
  await writeFile(join(box.dir, 'class.dcm'), headed({ sopClassUid: hangingProtocol }, otherClass));
  await writeFile(
    join(box.dir, 'jpip.dcm'),
    headed({ transferSyntaxUid: '1.2.840.10008.1.2.4.94' }),
  );
  await symlink('/etc/hostname', join(box.dir, 'link.dcm'));
  spawnSync('mkfifo', [join(box.dir, 'pipe.dcm')]);
  assert.deepEqual(await box.looks(40), []);
  const { count, newest } = await listRejected(box.dir);
  const reasons = Object.fromEntries(newest.map(({ name, reason }) => [name, reason]));
  assert.equal(count, 7);
  assert.equal(box.tally.counts().rejectedFiles, 7);
  assert.match(reasons['notes.txt'] ?? '', /no preamble/);
  assert.match(reasons['empty.dcm'] ?? '', /no preamble/);
  assert.match(reasons['cut.dcm'] ?? '', /ends too early/);
  assert.match(reasons['class.dcm'] ?? '', /1\.2\.840\.10008\.5\.1\.4\.38\.1.* belong to no study/);
  assert.match(reasons['jpip.dcm'] ?? '', /1\.2\.840\.10008\.1\.2\.4\.94/);
  assert.match(reasons['link.dcm'] ?? '', /link/);
  assert.match(reasons['pipe.dcm'] ?? '', /no regular file/);
  assert.deepEqual(await readdir(box.dir), ['rejected']);
  assert.equal(box.begun.length, 0);
});

test('no name stops the folder, and two files of one name are both kept', async (t) => {
  const box = await createImport(t);
  const names = ['x'.repeat(255), '\u5c71'.repeat(85), 'a\nb', '\u001b[2J', '-rf', '%2e%2e'];
  for (const name of names) await writeFile(join(box.dir, name), 'not an image');
  for (const name of ['A', 'B', 'C']) {
    await mkdir(join(box.dir, name));
    await writeFile(join(box.dir, name, 'IM1'), `not an image ${name}`);
  }
  await writeFile(join(box.dir, 'zz.dcm'), slice.part10);
  assert.equal((await box.looks(40)).length, 1);
  assert.deepEqual(await readdir(box.dir), ['A', 'B', 'C', 'rejected']);
  const rejected = await listRejected(box.dir);
  assert.equal(rejected.count, names.length + 3);
  assert.equal(rejected.newest.filter(({ name }) => name === 'IM1').length, 3);
});

test('a file that is called like the folder of the rejected ones is taken', async (t) => {
  const box = await createImport(t);
  await writeFile(join(box.dir, 'rejected-before.dcm'), slice.part10);
  assert.equal((await box.looks(2)).length, 1);
});

test('a link out of the folder is not followed, whether to a file or to a folder', async (t) => {
  const box = await createImport(t);
  const outside = await folder(t);
  const secret = join(outside, 'secret.dcm');
  await writeFile(secret, slice.part10);
  await symlink(secret, join(box.dir, 'link.dcm'));
  await symlink(outside, join(box.dir, 'folder'));
  assert.deepEqual(await box.looks(40), []);
  assert.deepEqual(await readFile(secret), Buffer.from(slice.part10));
  assert.equal((await listRejected(box.dir)).count, 2);
});

test('a stick with images and packs: images are taken, packs are set aside as they are', async (t) => {
  const box = await createImport(t);
  const courier = join(box.dir, 'STICK', 'OUTPOST');
  await mkdir(courier, { recursive: true });
  const pack = concat(utf8('SPK1'), new Uint8Array(3_000).fill(7));
  await writeFile(join(courier, 'pack.spk'), pack);
  await writeFile(join(courier, 'index.json'), '{}');
  await writeFile(join(box.dir, 'STICK', 'IM0001'), slice.part10);
  const taken = await box.looks(40);
  assert.deepEqual([taken.length, taken[0]?.record.datasetSha256], [1, slice.datasetSha256]);
  const names = await readdir(join(box.dir, 'rejected'), { recursive: true });
  const aside = names.find((name) => name.endsWith('pack.spk'));
  assert.deepEqual(await readFile(join(box.dir, 'rejected', aside ?? '')), Buffer.from(pack));
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
  const begun: Arrival[] = [];
  const outside = { isMarked: true, studies: [] as (string | undefined)[] };
  const tally = createImportTally(clock.nowMs, () => undefined);
  let whileRead = (): void => undefined;
  let whenDurable = (): void => undefined;
  let refusal: StoreFault | undefined;
  const once = (hook: () => void): (() => void) => {
    let isDone = false;
    return () => {
      if (!isDone) hook();
      isDone = true;
    };
  };
  const ports: ImportPorts = {
    store: {
      begin: async (arrival) => {
        if (refusal) {
          const why = refusal;
          refusal = undefined;
          return fail(why);
        }
        begun.push(arrival);
        const writer = await store.begin(arrival);
        return writer.ok ? ok(hooked(writer.value)) : writer;
      },
    },
    cataloguer: { add: (entry) => void entries.push(entry) },
    onFull: () => undefined,
    onBroken: () => undefined,
    isTaken: isStorageSopClass,
    markOutside: async ({ studyInstanceUid }) => {
      outside.studies.push(studyInstanceUid);
      return outside.isMarked;
    },
    tally,
    clock,
    log: silentLog,
  };
  function hooked(writer: InstanceWriter): InstanceWriter {
    return {
      ...writer,
      write: (bytes) => {
        whileRead();
        return writer.write(bytes);
      },
      finish: async (ids) => {
        const record = await writer.finish(ids);
        whenDurable();
        return record;
      },
    };
  }
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
    ...{ dir, store, begun, outside, tally },
    whileRead: (hook: () => void) => {
      whileRead = once(hook);
    },
    whenDurable: (hook: () => void) => {
      whenDurable = hook;
    },
    refuseOnce: (why: StoreFault) => {
      refusal = why;
    },
    /** Lets the import look `count` times; the answer is what it took in these looks. */
    looks: async (count: number): Promise<readonly CatalogEntry[]> => {
      const before = entries.length;
      for (let look = 0; look < count; look += 1) {
        if (running !== undefined) clock.advance(2_000);
        running ??= importFolder(dir, { patienceMs: 60_000 }, ports, stop.signal);
        await idle();
      }
      return entries.slice(before);
    },
  };
}

/** `bytes` with the text `from` changed into `to`. */
function textIn(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const at = Buffer.from(bytes).indexOf(from.slice(0, to.length));
  const changed = bytes.slice();
  changed.set(utf8(to.padEnd(from.length, '\0')), at);
  return changed;
}

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'outpost-import-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
