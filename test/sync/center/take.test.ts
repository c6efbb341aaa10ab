import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { datasetSha256 } from '#sync/dicom/digest.ts';
import { buildDataMeta } from '#sync/letters/data.ts';
import {
  type CenterWorld,
  createCenterWorld,
  dataOf,
  joinBox,
  studyUidOf,
  type WorldBox,
} from '../../support/center-world.ts';
import { wholeOf } from '../../support/outgoing.ts';
import { createMemoryStudyStore } from '../../support/study-store-memory.ts';
import { syntheticSlice, syntheticStudy } from '../../support/synthetic-ct.ts';

const slices = syntheticStudy({ seed: 21, slices: 3, rows: 32 });
const study = studyUidOf(slices);

async function taken(world: CenterWorld) {
  const { arrivedPacks } = world.spool.clinical;
  assert.deepEqual(await arrivedPacks(), [], 'every arrived pack is marked taken');
  return world.ports.store.quarantined(10);
}

/** The pieces of one object in packs of their own, out of order. */
async function sendSplit(box: WorldBox, index: number, cuts: readonly number[], digest?: string) {
  const slice = slices[index];
  if (slice === undefined) throw new Error('No slice');
  const { part10, datasetSha256 } = slice;
  const edges = [0, ...cuts, part10.length];
  for (let n = edges.length - 2; n >= 0; n--) {
    const [from = 0, to = 0] = edges.slice(n, n + 2);
    const instance = {
      datasetSha256: digest ?? datasetSha256,
      sizeBytes: part10.length,
      from,
      to,
    };
    const meta = buildDataMeta({ v: 1, study, coding: 0, instances: [instance] });
    await box.send('data', { meta, payload: part10.subarray(from, to) });
  }
}

test('a good data pack is delivered byte for byte and marked taken', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await box.send('data', dataOf(slices));
  await world.settle();
  assert.equal((await taken(world)).count, 0);
  assert.equal(world.pacs.stored.size, 3);
  for (const { sopInstanceUid, part10 } of slices) {
    assert.deepEqual(world.pacs.stored.get(sopInstanceUid), part10);
  }
});

test('an object split over packs is delivered when its last range came', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await sendSplit(box, 0, [700, 1_500]);
  await world.settle();
  assert.equal((await taken(world)).count, 0);
  assert.deepEqual([...world.pacs.stored.values()], [slices[0]?.part10]);
});

test('an object joined before a crash is entered when its pack is taken again', async () => {
  const store = createMemoryStudyStore();
  let isCrashing = true;
  const world = createCenterWorld({
    store: {
      ...store,
      putEntry: async (entry) => {
        if (isCrashing && (await store.readHead(study, slices[0]?.datasetSha256 ?? ''))) {
          throw new DOMException('crash', 'AbortError');
        }
        await store.putEntry(entry);
      },
      quarantine: async () => {
        throw new DOMException('crash', 'AbortError');
      },
    },
  });
  const box = joinBox(world);
  await sendSplit(box, 0, [700]);
  await assert.rejects(world.settle());
  isCrashing = false;
  await world.settle();
  assert.equal(world.pacs.stored.size, 1);
});

test('ranges that join to another digest are put aside, and nothing is delivered', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await sendSplit(box, 0, [700], slices[1]?.datasetSha256);
  await world.settle();
  assert.equal((await taken(world)).newest[0]?.kind, 'center/digest');
  assert.equal(world.pacs.stored.size, 0);
});

test('a data pack whose digest is another goes to quarantine whole', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  const { meta, payload } = dataOf(slices, 0);
  const [first, second] = meta.instances;
  if (first === undefined || second === undefined) throw new Error('No instances');
  const swapped = [
    { ...first, datasetSha256: second.datasetSha256 },
    { ...second, datasetSha256: first.datasetSha256 },
    ...meta.instances.slice(2),
  ];
  await box.send('data', { meta: { ...meta, instances: swapped }, payload });
  await world.settle();
  assert.equal((await taken(world)).newest[0]?.kind, 'center/digest');
  assert.equal((await world.ports.ledger.counts()).packs, 0);
  assert.equal(world.pacs.stored.size, 0);
});

test('an object of another study than its pack names is refused', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  const { meta, payload } = dataOf(slices, 0);
  await box.send('data', { meta: { ...meta, study: '2.25.4711' }, payload });
  await world.settle();
  assert.equal((await taken(world)).newest[0]?.kind, 'center/other-study');
});

test('a cut object counts as it came, and not for a study that it does not name', async () => {
  for (const named of [study, '2.25.4711']) {
    const world = createCenterWorld();
    const box = joinBox(world);
    const cut = slices.slice(0, 1).map((slice) => {
      const part10 = slice.part10.subarray(0, -100);
      const dataset = part10.subarray(slice.fileHeaderSizeBytes);
      return { ...slice, part10, datasetSha256: datasetSha256(dataset) };
    });
    const { meta, payload } = dataOf(cut, 0);
    await box.send('data', { meta: { ...meta, study: named }, payload });
    await world.settle();
    assert.equal(world.pacs.stored.size, named === study ? 1 : 0);
    const kind = named === study ? undefined : 'center/other-study';
    assert.equal((await taken(world)).newest[0]?.kind, kind);
  }
});

test('the same pack and the same images in another pack are one object', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  const sealed = box.seal('data', dataOf(slices));
  await world.arrive(sealed.packId, sealed.bytes);
  await world.settle();
  await box.send('data', dataOf(slices, 0));
  const center = await world.settle();
  assert.equal(world.pacs.log.length, 3);
  assert.equal((await center.status()).counts.instances.stored, 3);
  assert.equal((await taken(world)).count, 0);
});

test('another dataset of a known UID is a conflict: kept, told, not delivered', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  const first = syntheticSlice({ seed: 21, slices: 3, rows: 32 }, 0);
  const other = syntheticSlice({ seed: 21, slices: 3, rows: 32, patientName: 'TEST^BRAVO' }, 0);
  assert.equal(first.sopInstanceUid, other.sopInstanceUid);
  await box.send('data', dataOf([first]));
  await box.send('data', dataOf([other]));
  const center = await world.settle();
  const status = await center.status();
  assert.equal(status.counts.instances.conflict, 1);
  assert.equal(
    status.alarms.some(({ code }) => code === 'CONFLICT'),
    true,
  );
  assert.equal(world.pacs.log.length, 1);
  const kept = await world.ports.store.findObject(study, other.datasetSha256);
  assert.deepEqual(kept && (await wholeOf(kept.read(0))), other.part10);
});

test('a pack with any byte changed is refused and taken', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  const own = box.seal('data', dataOf(slices));
  const changed = own.bytes.slice();
  changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
  await world.arrive(createHash('sha256').update(changed).digest('hex'), changed);
  await world.settle();
  const { count, newest } = await taken(world);
  assert.equal(count, 1);
  assert.match(newest[0]?.reason ?? '', /check 6/);
});

test('a file of the spool that is no pack at all is put aside and named by its id', async () => {
  const world = createCenterWorld();
  const bytes = Uint8Array.from({ length: 3_000 }, (_, at) => at % 251);
  const packId = createHash('sha256').update(bytes).digest('hex');
  await world.arrive(packId, bytes);
  await world.settle();
  const { newest } = await taken(world);
  assert.equal(newest[0]?.packId, packId);
  assert.match(newest[0]?.reason ?? '', /check 1 /);
});
