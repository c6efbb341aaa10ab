import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8, utf8Text } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { buildReportReceipt } from '#sync/letters/receipt.ts';
import { reportDigest } from '#sync/letters/report.ts';
import {
  createCenterWorld,
  dataOf,
  joinBox,
  manifestOf,
  reader,
  studyUidOf,
  type WorldBox,
} from '../../support/center-world.ts';
import {
  syntheticPdfReport,
  syntheticStudy,
  syntheticTextReport,
} from '../../support/synthetic-ct.ts';

const slices = syntheticStudy({ seed: 25, slices: 2, rows: 32, accessionNumber: 'ACC-25' });
const study = studyUidOf(slices);
const text = syntheticTextReport();

/** A world whose one study was delivered and receipted. */
async function deliveredWorld() {
  const world = createCenterWorld();
  const box = joinBox(world);
  await box.send('data', dataOf(slices));
  const manifest = await box.send('manifest', manifestOf(slices));
  const center = await world.settle();
  await world.takeCustody();
  await world.settle(center);
  return { world, box, center, manifest };
}

async function reportsIn(box: WorldBox) {
  return (await box.inbox()).flatMap(({ packId, letter }) =>
    letter.kind === 'report' ? [{ packId, ...letter.report }] : [],
  );
}

test('a text named by its accession number reaches the box that sent the study', async () => {
  const { world, box, center, manifest } = await deliveredWorld();
  world.door.drop('ACC-25.txt', text);
  await world.settle(center);
  const [report, ...more] = await reportsIn(box);
  assert.equal(more.length, 0);
  assert.deepEqual(report?.documents[0]?.bytes, text);
  const attributes = slices[0]?.attributes;
  assert.deepEqual(
    {
      study: report?.meta.study,
      manifest: report?.meta.manifest,
      patient: report?.meta.patient,
      author: report?.meta.author,
      status: report?.meta.status,
      signedOffAt: report?.meta.signedOffAt,
      version: report?.meta.version,
      supersedes: report?.meta.supersedes,
      list: report?.meta.list,
    },
    {
      study,
      manifest,
      patient: {
        id: attributes?.patientId,
        birth: attributes?.patientBirthDate,
        sex: attributes?.patientSex,
      },
      author: reader,
      status: 'final',
      signedOffAt: '2026-01-15T11:00:00.000Z',
      version: 1,
      supersedes: null,
      list: world.keys.keyList.list,
    },
  );
  assert.match(report?.meta.report ?? '', /^[0-9a-f]{32}$/);
  assert.deepEqual(world.door.done, ['ACC-25.txt']);
});

test('a PDF named by the Study Instance UID, and an object with the PDF inside, arrive as the PDF', async () => {
  const { world, box, center } = await deliveredWorld();
  const attributes = slices[0]?.attributes;
  if (attributes === undefined) throw new Error('No slices');
  const { part10, pdf } = syntheticPdfReport({ study: attributes });
  world.door.drop(`${study}.pdf`, pdf);
  world.door.drop('any name.dcm', part10, { status: 'preliminary' });
  await world.settle(center);
  const reports = await reportsIn(box);
  assert.equal(reports.length, 2);
  for (const { documents } of reports) {
    assert.equal(documents[0]?.type, 'application/pdf');
    assert.equal(utf8Text((documents[0]?.bytes ?? new Uint8Array()).subarray(0, 5)), '%PDF-');
  }
  assert.deepEqual(reports[0]?.documents[0]?.bytes, pdf);
});

test('NAME.json beside the file says who, when and how urgent; a critical report goes first', async () => {
  const { world, box, center } = await deliveredWorld();
  const author = { name: 'DR OTHER', registerNo: 'R-2' };
  const critical = { code: 'ICH', text: 'Bleeding: call now' };
  world.door.drop('ACC-25.txt', text);
  world.door.drop(`${study}.txt`, utf8('Bleeding.\n'), {
    author,
    critical,
    status: 'preliminary',
    signedOffAt: '2026-01-15T10:00:00+01:00',
  });
  await world.settle(center);
  const urgent = (await reportsIn(box)).find(({ meta }) => meta.critical !== null);
  assert.deepEqual(urgent?.meta.author, author);
  assert.deepEqual(urgent?.meta.critical, critical);
  assert.equal(urgent?.meta.status, 'preliminary');
  assert.equal(urgent?.meta.signedOffAt, '2026-01-15T09:00:00.000Z');
  const order = expectOk(await world.spool.agent.readOrder());
  assert.deepEqual(
    order.packs.map((pack) => pack.class),
    [0, 1],
  );
  assert.equal(order.packs[0]?.packId, urgent?.packId);
});

test('what matches no study, or more than one, waits for a person with the reason', async () => {
  const { world, box, center } = await deliveredWorld();
  const twin = syntheticStudy({ seed: 26, slices: 1, rows: 32, accessionNumber: 'ACC-25' });
  await box.send('manifest', manifestOf(twin));
  world.door.drop('ACC-99.txt', text);
  await world.settle(center);
  world.door.drop('ACC-25.txt', text);
  await world.settle(center);
  assert.match(world.door.unmatched.get('ACC-99.txt') ?? '', /No study here/);
  assert.match(world.door.unmatched.get('ACC-25.txt') ?? '', /2 studies/);
  assert.deepEqual(await reportsIn(box), []);
});

test('bad input is named and moved aside: no PDF, no text, no JSON, an unknown key', async () => {
  const { world, box, center } = await deliveredWorld();
  world.door.drop('ACC-25.pdf', utf8('not a PDF'));
  world.door.drop('ACC-25.txt', Uint8Array.of(0xff, 0xfe, 0x00));
  world.door.drop('ACC-25.dcm', Uint8Array.of(1, 2, 3));
  world.door.drop(`${study}.txt`, text, { crtical: null });
  world.door.drop('empty.txt', new Uint8Array());
  await world.settle(center);
  assert.equal(world.door.unmatched.size, 5);
  assert.match(world.door.unmatched.get(`${study}.txt`) ?? '', /crtical/);
  assert.deepEqual(await reportsIn(box), []);
});

test('an amended report is the next version and names the pack it replaces', async () => {
  const { world, box, center } = await deliveredWorld();
  world.door.drop('ACC-25.txt', text);
  await world.settle(center);
  const [first] = await reportsIn(box);
  world.door.drop('ACC-25.txt', utf8('Corrected.\n'), { status: 'amended' });
  await world.settle(center);
  const second = (await reportsIn(box)).find(({ meta }) => meta.version === 2);
  assert.equal(second?.meta.report, first?.meta.report);
  assert.equal(second?.meta.supersedes, first?.packId);
  assert.equal(second?.meta.status, 'amended');
});

test('an amendment without a report to amend, or by another reader, waits for a person', async () => {
  const { world, center } = await deliveredWorld();
  world.door.drop('ACC-25.txt', text);
  await world.settle(center);
  const author = { name: 'DR OTHER', registerNo: 'R-2' };
  world.door.drop('ACC-25.txt', utf8('Corrected.\n'), { status: 'amended', author });
  await world.settle(center);
  assert.match(world.door.unmatched.get('ACC-25.txt') ?? '', /this reader has none/);
});

test('the same drop twice, as after a crash, is one report', async () => {
  const { world, box, center } = await deliveredWorld();
  world.door.drop('ACC-25.txt', text);
  await world.settle(center);
  world.door.drop('ACC-25.txt', text);
  await world.settle(center);
  assert.equal((await reportsIn(box)).length, 1);
  assert.deepEqual(world.door.done, ['ACC-25.txt', 'ACC-25.txt']);
});

test('the source stays in the folder until its pack is sealed', async () => {
  const { world, box, center } = await deliveredWorld();
  box.setState('revoked');
  world.door.drop('ACC-25.txt', text);
  await world.settle(center);
  assert.deepEqual(world.door.done, []);
  assert.equal(world.door.files.has('ACC-25.txt'), true);
  box.setState('active');
  await world.settle(center);
  assert.deepEqual(world.door.done, ['ACC-25.txt']);
  assert.equal((await reportsIn(box)).length, 1);
});

test('a report is sealed again until its box acknowledges that very document', async () => {
  const { world, box, center } = await deliveredWorld();
  world.door.drop('ACC-25.txt', text);
  await world.settle(center);
  const [first] = await reportsIn(box);
  await world.takeCustody();
  await world.settle(center);
  assert.deepEqual(await reportsIn(box), [], 'the relay has it');
  world.clock.advance(25 * 60 * 60 * 1000);
  await world.settle(center);
  const [again] = await reportsIn(box);
  assert.notEqual(again?.packId, first?.packId);
  const receipt = {
    report: again?.meta.report ?? '',
    version: 1,
    digest: reportDigest(text),
    reportPack: again?.packId ?? '',
  };
  await box.send('receipt', buildReportReceipt({ ...receipt, digest: '00'.repeat(32) }));
  await world.settle(center);
  assert.equal((await center.status()).counts.openReports, 1, 'another digest counts nothing');
  await box.send('receipt', buildReportReceipt(receipt));
  await world.settle(center);
  assert.equal((await center.status()).counts.openReports, 0);
  assert.deepEqual(await reportsIn(box), []);
  world.clock.advance(25 * 60 * 60 * 1000);
  await world.settle(center);
  assert.deepEqual(await reportsIn(box), [], 'an acknowledged report is not sent again');
});

test('reports that a broken box did not acknowledge go to the one in its place, at once and for good', async () => {
  const { world, box, center } = await deliveredWorld();
  world.door.drop('ACC-25.txt', text);
  await world.settle(center);
  await world.takeCustody();
  await world.settle(center);
  const fresh = joinBox(world, 'box 2', { kind: 'replace' });
  await world.settle(center);
  assert.deepEqual(await reportsIn(fresh), [], 'while the old one is not retired');
  box.setState('retired');
  await world.settle(center);
  const [moved] = await reportsIn(fresh);
  assert.equal(moved?.meta.manifest.length, 64);
  assert.deepEqual(await reportsIn(box), []);
  await world.takeCustody();
  await world.settle(center);
  assert.deepEqual(await reportsIn(fresh), [], 'once is enough');
  await fresh.send(
    'receipt',
    buildReportReceipt({
      report: moved?.meta.report ?? '',
      version: 1,
      digest: reportDigest(text),
      reportPack: moved?.packId ?? '',
    }),
  );
  await world.settle(center);
  assert.equal((await center.status()).counts.openReports, 0);
});

test('a report receipt of another box counts nothing', async () => {
  const { world, box, center } = await deliveredWorld();
  const other = joinBox(world, 'box 2');
  world.door.drop('ACC-25.txt', text);
  await world.settle(center);
  const [report] = await reportsIn(box);
  await other.send(
    'receipt',
    buildReportReceipt({
      report: report?.meta.report ?? '',
      version: 1,
      digest: reportDigest(text),
      reportPack: report?.packId ?? '',
    }),
  );
  await world.settle(center);
  const status = await center.status();
  assert.equal(status.counts.openReports, 1);
  assert.equal(status.quarantine[0]?.kind, 'center/unknown-report');
});

test('a report that is dropped under the name of one that is being sealed is not put away with it', async () => {
  const { world, box, center } = await deliveredWorld();
  world.door.drop('ACC-25.txt', text);
  const putPack = world.ports.spool.putPack;
  let isReplaced = false;
  Object.assign(world.ports.spool, {
    putPack: async (...put: Parameters<typeof putPack>) => {
      // The reader saves a corrected text while the first one is sealed.
      if (!isReplaced) world.door.drop('ACC-25.txt', corrected);
      isReplaced = true;
      return putPack(...put);
    },
  });
  const corrected = utf8(`${utf8Text(text)} Corrected.`);
  await world.settle(center);
  const documents = (await reportsIn(box)).map((report) => report.documents[0]?.bytes);
  assert.deepEqual(documents, [text, corrected]);
  assert.deepEqual(world.door.done, ['ACC-25.txt']);
});
