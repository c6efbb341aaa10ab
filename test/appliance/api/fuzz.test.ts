import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApiPorts, createApi } from '#appliance/api/app.ts';
import { instanceListSchema, statusSchema, studyDetailSchema } from '#appliance/api/contract.ts';
import {
  assignRequestSchema,
  doneSchema,
  importsSchema,
  releaseRequestSchema,
  unassignedListSchema,
} from '#appliance/api/contract-media.ts';
import { applianceConfigSchema } from '#appliance/config.ts';
import { createRevisions } from '#appliance/intake/revisions.ts';
import { parseConfig } from '#sync/core/config.ts';
import { ok } from '#sync/core/result.ts';
import { agentStateSchema } from '#sync/wire/agent-state.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';
import { fuzzBytes, fuzzJson, fuzzText } from '#test/support/fuzz.ts';
import { idleMedia } from '#test/support/media-ports.ts';
import { reportRecord, studyRecord } from '#test/support/study-records.ts';

const site = { siteName: 'DEMO CLINIC', boxName: 'box 1', version: '0.1.0', zones: 'off' } as const;

function apiOf(document = new Uint8Array(), agent?: Awaited<ReturnType<ApiPorts['agentState']>>) {
  const clock = createVirtualClock();
  const record = studyRecord({ reports: [reportRecord()] });
  const ports: ApiPorts = {
    catalog: {
      studies: async (uid) => (uid === undefined || uid === '2.25.1' ? [record] : []),
      listedStudies: async () => ({ studies: [record], older: 0 }),
      suspectStudies: async () => [record],
      instances: async () => [],
      reportDocument: async () => ({ type: 'text/plain', sha256: 'f'.repeat(64) }),
      totals: async () => ({ studies: 1, instances: 1, onlyHere: 1 }),
      waitingStudies: async () => [],
      openPacks: async () => [],
      quarantined: async () => [],
      strayReports: async () => [],
    },
    callers: {
      list: async () => [],
      questions: async () => [],
      decide: async () => ok(undefined),
    },
    files: { readReportDocument: async () => document },
    ...{ clock, revisions: createRevisions(clock), isReceiving: () => false },
    ...{ agentState: async () => agent, pairing: () => undefined, hasSpool: () => true },
    unconfirmedStudies: () => 0,
    unreadableArrivals: () => 0,
    ...{ disk: () => ({ usedPercent: 61, trouble: undefined }), zoneBreach: () => undefined },
    ...{ damagedFacts: () => 0, media: idleMedia },
    waitingOrders: async () => 0,
  };
  return createApi(ports, site);
}

test('any path and query is answered in JSON or as a document, and nothing is changed', async () => {
  const app = apiOf();
  const paths = [
    ...[
      'status',
      'studies?after=-1&waitS=0',
      'studies/2.25.1',
      'studies/..%2f..%2fetc',
      'instances',
      'imports',
      'unassigned',
      'studies/2.25.1/assign',
    ],
    ...["studies/' OR 1=1 --", 'reports/r-1/document', 'reports/%00/document'],
  ];
  await fuzzText(
    'createApi',
    paths,
    async (path) => {
      const address = `http://box/v1/${path.replace(/waitS=[^&]*/g, 'waitS=0')}`;
      if (!URL.canParse(address)) return;
      for (const method of ['GET', 'POST', 'DELETE']) {
        const url = new URL(address);
        if (url.searchParams.has('after')) url.searchParams.set('waitS', '0');
        const answer = await app.request(url, { method });
        assert.ok([200, 400, 404].includes(answer.status), `status ${answer.status}`);
        if (method !== 'GET') assert.ok(answer.status >= 400);
        await answer.text();
      }
    },
    { rounds: 200 },
  );
});

test('the text of a report of any bytes is lines without a character that acts', () =>
  fuzzBytes(
    'readReportDocument',
    [new TextEncoder().encode('Impression:\r\n\tnormal\u001b[2J')],
    async (bytes) => {
      const detail = await (
        await apiOf(Uint8Array.from(bytes)).request('/v1/studies/2.25.1')
      ).json();
      const text = studyDetailSchema.parse(detail).reports[0]?.text;
      assert.doesNotMatch((text ?? '').replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
    },
    { rounds: 200 },
  ));

test('what an agent says of itself reaches the screen in bounds', () => {
  const state = {
    ...{ format: 1, link: 'up', rateBytesPerS: 12_000, lastContactAt: null, offsets: {} },
    faults: [{ kind: 'link/down', message: 'm', next: 'n', at: '2026-01-05T10:00:00.000Z' }],
  };
  return fuzzJson(
    'agentStateSchema',
    [state],
    async (value) => {
      const agent = agentStateSchema.safeParse(value);
      if (!agent.success) return;
      const answer = await apiOf(undefined, agent.data).request('/v1/status');
      const shown = statusSchema.parse(await answer.json());
      for (const { code, message, next } of shown.alerts) {
        assert.doesNotMatch(code + message + next, /[\p{Cc}\p{Cf}]/u);
        assert.ok(message.length <= 400);
      }
      assert.doesNotMatch(shown.link.lastContactAt ?? '', /[\p{Cc}\p{Cf}]/u);
    },
    { rounds: 200 },
  );
});

test('instances of the contract are read again as they were read', async () => {
  const instances = [
    ...[
      {
        sopInstanceUid: '2.25.1',
        studyInstanceUid: '2.25.2',
        datasetSha256: 'ab',
        state: 'stored',
      },
    ],
  ];
  await fuzzJson(
    'instanceListSchema',
    [{ instances }],
    (value) => {
      const parsed = instanceListSchema.safeParse(value);
      if (parsed.success) assert.deepEqual(instanceListSchema.parse(parsed.data), parsed.data);
    },
    { rounds: 100 },
  );
});

test('what a person says of a study has no character that acts, whatever comes', () => {
  const request = {
    ...{
      by: 'NURSE DEMO',
      patientId: 'DEMO-1',
      issuerOfPatientId: 'DEMO',
      patientName: 'TEST^ALPHA',
    },
    ...{ patientBirthDate: '19700101', patientSex: 'O', isReleased: true },
  };
  return fuzzJson(
    'assignRequestSchema releaseRequestSchema doneSchema importsSchema unassignedListSchema',
    [request, { by: 'A\u202eB' }, { studies: [] }, { done: true }],
    (value) => {
      for (const schema of [doneSchema, importsSchema, unassignedListSchema])
        schema.safeParse(value);
      for (const schema of [assignRequestSchema, releaseRequestSchema]) {
        const parsed = schema.safeParse(value);
        if (!parsed.success) continue;
        for (const text of Object.values(parsed.data)) {
          assert.doesNotMatch(String(text), /[\p{Cc}\p{Cf}\\]/u);
        }
      }
    },
    { rounds: 300 },
  );
});

test('a config of any form is taken or all its faults are told', () => {
  const config = {
    ...{ format: 1, siteName: 'DEMO CLINIC', boxName: 'box 1', dataDir: '/var/lib/outpost' },
    ...{ spoolDir: '/spool', socket: '/run/outpost/appliance.sock', quietS: 20 },
    dicom: {
      ...{ host: '0.0.0.0', port: 11_112, aeTitles: ['OUTPOST'] },
      callers: [{ aeTitle: 'CT1', address: '192.0.2.7', certificateSha256: 'ab'.repeat(32) }],
      doors: [
        { host: '::', port: 2762, tls: { keyFile: '/key', certificateFile: '/certificate' } },
      ],
      destinations: [{ name: 'PACS', aeTitle: 'PACS', address: '192.0.2.8', port: 104 }],
      forward: [{ to: 'PACS', from: ['CT1'], modalities: ['CT'], sopClassUids: ['1.2'] }],
      limits: { associations: 40, idleTimeoutMs: 60_000 },
    },
  };
  return fuzzJson(
    'applianceConfigSchema',
    [config],
    (value) => {
      const parsed = parseConfig('appliance', applianceConfigSchema, JSON.stringify(value) ?? '');
      if (!parsed.ok) return assert.ok(parsed.fault.next);
      assert.ok(parsed.value.dicom.port <= 65_535 && parsed.value.packTargetBytes >= 1_048_576);
    },
    { rounds: 300 },
  );
});
