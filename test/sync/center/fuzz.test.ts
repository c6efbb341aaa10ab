import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCenterApp } from '#sync/center/app.ts';
import { centerConfigSchema } from '#sync/center/config.ts';
import { factsOf, readData } from '#sync/center/data.ts';
import { readEncapsulatedPdf } from '#sync/center/encapsulated.ts';
import { openArrived } from '#sync/center/open.ts';
import { keptReportOf, readDropped, signedOffAtOf } from '#sync/center/report.ts';
import { parseSidecar } from '#sync/center/sidecar.ts';
import { hex, utf8 } from '#sync/core/bytes.ts';
import { parseConfig } from '#sync/core/config.ts';
import { buildReport } from '#sync/letters/report.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import { createCenterWorld } from '#test/support/center-world.ts';
import { fuzzBytes, fuzzJson, fuzzText } from '#test/support/fuzz.ts';
import { syntheticPdfReport, syntheticStudy } from '#test/support/synthetic-ct.ts';
import { digest, manifestHeader } from '../letters/samples.ts';
import { forge } from '../seal/forge.ts';
import { boxOf, centerOf, requestOf } from '../seal/parties.ts';

const [slice] = syntheticStudy({ seed: 5, slices: 1, rows: 16 });
assert.ok(slice);
const { pdf, part10: encapsulated } = syntheticPdfReport();
const sidecar = {
  ...{ status: 'amended', signedOffAt: '2026-01-05T10:00:00+01:00' },
  author: { name: 'TEST^READER', registerNo: 'R-100' },
  critical: { code: 'C1', text: 'Call the ward' },
};
const manifest = {
  ...{ packId: digest('manifest'), studyInstanceUid: manifestHeader.study, version: 1 },
  ...{ isStat: false, accessionNumber: 'A1', modality: 'CT', instanceCount: 1, hasList: true },
  isAnswered: true,
  patient: { id: 'DEMO-1', birth: '19700101', sex: 'O' },
};

/** What is bound to a study must fit its letter: a throw here would stop every report behind it. */
function seal(text: string | undefined, modifiedAtMs: number): void {
  const said = parseSidecar(text);
  if (!said.ok) return;
  const signedOffAt = signedOffAtOf(said.value, modifiedAtMs);
  if (signedOffAt === undefined) return;
  const kept = keptReportOf({
    ...{ reportId: 'r-1', version: 1, sidecar: said.value, manifest, signedOffAt },
    document: {
      type: 'text/plain',
      bytes: utf8('normal'),
      names: { studyInstanceUid: undefined, accessionNumber: 'A1' },
    },
    ...{ reader: { name: 'DR TEST', registerNo: 'R' }, sourceSha256: digest('x') },
  });
  const documents = [{ type: kept.documentType, bytes: utf8('normal') }];
  buildReport({ ...kept.header, supersedes: null, list: 1 }, documents);
}

test('what a NAME.json says can be sealed, or it is refused', async () => {
  await fuzzJson('parseSidecar', [sidecar, {}], (value) => seal(JSON.stringify(value), 0));
  await fuzzText('parseSidecar text', [JSON.stringify(sidecar)], (text) => seal(text, 0));
  for (const signedOffAt of ['9999-12-31T23:59:59-23:59', '0000-01-01T00:00:00+23:59']) {
    seal(JSON.stringify({ ...sidecar, signedOffAt }), 0);
  }
  seal('{"author":{"name":"\\ud800","registerNo":"1"}}', 0);
  seal('{"critical":{"code":"\\ud800","text":"x"}}', 0);
});

test('a file of any age can be sealed, or it has no time', () => {
  for (const ms of [0, -1, -1e14, 253_402_300_799_999, 253_402_300_800_000, 9e15, Number.NaN]) {
    seal(undefined, ms);
  }
  assert.equal(signedOffAtOf({}, 9e15), undefined);
  assert.equal(signedOffAtOf({}, 1_700_000_000_000.7), '2023-11-14T22:13:20.000Z');
});

test('a dropped file of any name and bytes is a document in bounds or a reason', async () => {
  const names = ['A1.pdf', 'A1.txt', '1.2.3.dcm', '.pdf', 'a.b.', '../x.txt', '\u001b[2J.txt'];
  await fuzzText('readDropped name', names, (name) => {
    readDropped({ name, bytes: pdf, modifiedAtMs: 0, sidecar: undefined });
  });
  for (const name of ['A1.pdf', 'A1.txt', 'A1.dcm']) {
    await fuzzBytes(
      `readDropped ${name}`,
      [pdf, utf8('Grüße'), encapsulated],
      (bytes) => {
        const read = readDropped({ name, bytes, modifiedAtMs: 0, sidecar: undefined });
        if (read.ok) assert.ok(read.value.bytes.length <= bytes.length);
        else assert.doesNotMatch(read.fault.message, /\p{Cc}/u);
      },
      { rounds: 300 },
    );
  }
});

test('a PDF inside an object lies inside its bytes', () =>
  fuzzBytes('readEncapsulatedPdf', [encapsulated, slice.part10], (bytes) => {
    const read = readEncapsulatedPdf(bytes);
    if (read.ok) assert.ok(read.value.document.length <= bytes.length);
  }));

test('an object of any bytes belongs to its study by digest or refuses its pack', () =>
  fuzzBytes(
    'readData, factsOf',
    [slice.part10],
    (bytes) => {
      const study = manifestHeader.study as never;
      const datasetSha256 = slice.datasetSha256;
      const sizeBytes = bytes.length;
      if (sizeBytes === 0) return;
      const instances = [{ datasetSha256, sizeBytes, from: 0, to: sizeBytes }];
      const read = readData({ v: 1, study, coding: 0, instances }, [bytes]);
      if (read.ok) assert.equal(hex(read.value.whole[0]?.part10 ?? utf8('')), hex(bytes));
      else assert.doesNotMatch(read.fault.message, /[\p{Cc}\p{Cf}]|TEST\^/u);
      factsOf(study, datasetSha256, bytes.subarray(0, 64 * 1024), sizeBytes);
    },
    { rounds: 400 },
  ));

test('a pack that is no pack, or is of nobody, never gets in', () => {
  const center = centerOf('fuzz center');
  const party = {
    ...{ keyList: center.keyList, keyListText: center.text, identity: center.identity },
    ...{
      secrets: [center.receive],
      tickets: [],
      handle: '0a'.repeat(16),
      transport: 'ab'.repeat(32),
    },
  };
  const known = { isSeen: false, ofUid: [] };
  return fuzzBytes(
    'openArrived',
    [requestOf(boxOf('fuzz box'), center).bytes, forge()],
    (bytes) => {
      const id = hex(sha256(bytes));
      const opening = openArrived(id, bytes, party, known);
      assert.ok(['refused', 'held', 'request'].includes(opening.outcome));
      const renamed = openArrived('0'.repeat(64), bytes, party, known);
      assert.equal(renamed.outcome, 'refused');
    },
    { rounds: 40, allocates: 8 * 1024 * 1024 },
  );
});

test('the status API answers any path and limit', async () => {
  const app = createCenterApp(await createCenterWorld().settle());
  const paths = ['status', 'studies?limit=5', 'studies?limit=1e3', 'studies/%2e%2e', '%00'];
  await fuzzText(
    'createCenterApp',
    paths,
    async (path) => {
      if (!URL.canParse(`http://center/v1/${path}`)) return;
      const answer = await app.request(`/v1/${path}`);
      assert.ok([200, 400, 404].includes(answer.status), `status ${answer.status}`);
      JSON.parse(await answer.text());
    },
    { rounds: 200 },
  );
});

test('a word to ask again of any form is taken in bounds or refused', async () => {
  const center = await createCenterWorld().settle();
  const taken: { readonly by: string; readonly reason: string }[] = [];
  const app = createCenterApp({
    ...center,
    askAgain: async (_study, by, reason) => {
      taken.push({ by, reason });
      return 'asked';
    },
  });
  await fuzzJson('POST resend', [{ by: 'Dr. Test', reason: 'Never came' }], async (value) => {
    const answer = await app.request('/v1/studies/1.2.3/resend', {
      method: 'POST',
      body: JSON.stringify(value) ?? '',
    });
    assert.ok([200, 400].includes(answer.status), `status ${answer.status}`);
    JSON.parse(await answer.text());
  });
  assert.ok(taken.length > 0);
  for (const { by, reason } of taken) assert.ok(by.length <= 64 && reason.length <= 500);
});

test('a config of any form is taken or all its faults are told', () => {
  const config = {
    ...{ format: 1, dataDir: '/var/lib/outpost', spoolDir: '/spool', socket: '/run/center.sock' },
    delivery: { host: '192.0.2.7', port: 104, calledAeTitle: 'PACS' },
    ...{ reportFolder: '/srv/reports', reader: { name: 'DR TEST', registerNo: 'R-100' } },
  };
  return fuzzJson('centerConfigSchema', [config], (value) => {
    const parsed = parseConfig('center', centerConfigSchema, JSON.stringify(value) ?? '');
    if (!parsed.ok) return assert.ok(parsed.fault.next);
    assert.ok(parsed.value.socket.length <= 100);
    assert.ok([parsed.value.delivery, parsed.value.deliveryFolder].filter(Boolean).length === 1);
  });
});
