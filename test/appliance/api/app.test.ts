import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApiPorts, createApi } from '#appliance/api/app.ts';
import {
  instanceListSchema,
  statusSchema,
  studyDetailSchema,
  studyListSchema,
} from '#appliance/api/contract.ts';
import { createRevisions } from '#appliance/intake/revisions.ts';
import { ok } from '#sync/core/result.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';
import { idleMedia } from '#test/support/media-ports.ts';
import { reportRecord, studyRecord } from '#test/support/study-records.ts';

const config = {
  siteName: 'DEMO CLINIC',
  boxName: 'box 1',
  version: '0.1.0',
  zones: 'off',
} as const;

test('every answer fits the contract that the screen reads it by', async () => {
  const { app } = createTestApi({ reports: [reportRecord()] });
  const read = async (path: string): Promise<unknown> => (await app.request(path)).json();
  statusSchema.strict().parse(await read('/v1/status'));
  studyListSchema.strict().parse(await read('/v1/studies'));
  studyDetailSchema.strict().parse(await read('/v1/studies/2.25.1'));
  instanceListSchema.strict().parse(await read('/v1/instances'));
});

test('a study that is not there, a report that is not there and an unknown path are 404 with a next step', async () => {
  const { app } = createTestApi();
  for (const path of ['/v1/studies/2.25.9', '/v1/reports/none/document', '/v2']) {
    const response = await app.request(path);
    assert.equal(response.status, 404);
    assert.equal(((await response.json()) as { code: string }).code, 'NOT-FOUND');
  }
});

test('a list with an old revision is answered at once, one with the current waits for a change', async () => {
  const { app, revisions } = createTestApi();
  const { revision } = studyListSchema.parse(await (await app.request('/v1/studies')).json());
  const old = await app.request(`/v1/studies?after=${revision - 1}&waitS=25`);
  assert.equal(old.status, 200);
  const waiting = app.request(`/v1/studies?after=${revision}&waitS=25`);
  await Promise.resolve();
  revisions.bump();
  const list = studyListSchema.parse(await (await waiting).json());
  assert.equal(list.revision, revision + 1);
});

test('a wait ends after the time that was asked for, at most 25 seconds', async () => {
  const { app, clock, revisions } = createTestApi();
  const waiting = app.request(`/v1/studies?after=${revisions.current()}&waitS=9999`);
  while (clock.waiting() === 0) await Promise.resolve();
  clock.advance(25_000);
  assert.equal((await waiting).status, 200);
});

test('the text of a report cannot move a cursor', async () => {
  const hostile = '\u001b[2JAll clear\r\nSecond\tline \u202e';
  const { app } = createTestApi({ reports: [reportRecord()] }, hostile);
  const detail = studyDetailSchema.parse(await (await app.request('/v1/studies/2.25.1')).json());
  assert.equal(detail.reports[0]?.text, '?[2JAll clear\nSecond    line ?');
});

test('a refused report has no text', async () => {
  const refusal = { kind: 'report/other-patient', message: 'It does not fit this patient' };
  const { app } = createTestApi({ reports: [reportRecord({ refusal })] }, 'secret');
  const detail = studyDetailSchema.parse(await (await app.request('/v1/studies/2.25.1')).json());
  assert.equal(detail.reports[0]?.text, null);
  assert.equal(detail.reports[0]?.refusal, refusal.message);
});

test('a document comes as its own bytes and type', async () => {
  const { app } = createTestApi({}, 'Nothing seen.');
  const response = await app.request('/v1/reports/report-1/document');
  assert.equal(response.headers.get('content-type'), 'text/plain');
  assert.equal(await response.text(), 'Nothing seen.');
});

test('a full disk, a failed spool, a missing pairing, letters that cannot be read, re-sends, a missing key list and an epoch that ends are alerts', async () => {
  const { app } = createTestApi({}, '', {
    disk: () => ({ usedPercent: 99, trouble: 'full' }),
    hasSpool: () => false,
    unreadableArrivals: () => 2,
    keyListsBehind: () => 1,
    refusedResends: () => new Set(['2.25.9']),
    epochStep: () => 7,
  });
  const status = statusSchema.parse(await (await app.request('/v1/status')).json());
  assert.deepEqual(
    status.alerts.map(({ code }) => code),
    [
      ...['DISK-FULL', 'SPOOL-FAILED', 'NOT-PAIRED', 'RESEND-LIMIT'],
      ...['ARRIVED-UNREADABLE', 'KEY-LIST-BEHIND', 'EPOCH-ENDS'],
    ],
  );
});

test('a destination that takes no images is an alert once it is stuck, and stands in the status before', async () => {
  const health = { destination: 'PACS\u001b', waitingSinceMs: 0, trouble: 'No answer' };
  const statusOf = async (isStuck: boolean) => {
    const { app } = createTestApi({}, '', { forwards: () => [{ ...health, isStuck }] });
    return statusSchema.parse(await (await app.request('/v1/status')).json());
  };
  const codesOf = async (isStuck: boolean) =>
    (await statusOf(isStuck)).alerts.map(({ code }) => code);
  assert.deepEqual(await codesOf(true), ['NOT-PAIRED', 'FORWARD-STUCK']);
  assert.deepEqual(await codesOf(false), ['NOT-PAIRED']);
  assert.deepEqual((await statusOf(false)).forwarding, [
    { destination: 'PACS?', waitingSinceAt: '1970-01-01T00:00:00.000Z', trouble: 'No answer' },
  ]);
  const stuck = (await statusOf(true)).alerts.at(-1);
  assert.equal(stuck?.message, '"PACS?" has taken no image for an hour: No answer');
});

test('a catalog that cannot answer is 503 without a word of what it holds', async () => {
  const broken = () => Promise.reject(new Error('TEST^ALPHA'));
  const { app } = createTestApi({}, '', {
    catalog: { ...createPorts({}, '').catalog, listedStudies: broken },
  });
  const response = await app.request('/v1/studies');
  assert.equal(response.status, 503);
  assert.doesNotMatch(await response.text(), /ALPHA/);
});

test('a report for a study that is not on this box has a row of its own, and no text', async () => {
  const refusal = { kind: 'report/unknown-study', message: 'It names a study not on this box' };
  const stray = (study: string, atMs: number, change: object = {}) => ({
    ...reportRecord({ study, atMs, refusal, report: `report of ${study}` }),
    ...change,
  });
  const patient = { id: '0012-884\u001b[2J', birth: '19920314', sex: 'F' };
  const many = Array.from({ length: 300 }, (_, n) => stray(`2.25.9.${n}`, n));
  const reports = [...many, stray('2.25.9', 999, { patient })];
  const base = createPorts({}, 'secret');
  const { app } = createTestApi({}, 'secret', {
    catalog: { ...base.catalog, strayReports: async () => reports },
  });
  const read = async (path: string): Promise<unknown> => (await app.request(path)).json();
  const list = studyListSchema.parse(await read('/v1/studies'));
  const rows = list.studies.filter(({ isNotHere }) => isNotHere);
  assert.equal(rows.length, 100, 'a center that makes up studies does not bury the others');
  const [row] = rows;
  assert.equal(row?.studyInstanceUid, '2.25.9');
  assert.equal(row?.patientId, patient.id);
  assert.equal(row?.state, 'needs help');
  assert.equal(row?.help?.code, 'REPORT-UNKNOWN-STUDY');
  assert.doesNotMatch(row?.help?.message ?? '', /\p{Cc}/u);
  const detail = studyDetailSchema.parse(await read('/v1/studies/2.25.9'));
  assert.deepEqual(
    detail.reports.map(({ text, refusal: why }) => [text, why]),
    [[null, refusal.message]],
  );
  assert.equal(detail.steps.length, 1);
  const status = statusSchema.parse(await read('/v1/status'));
  assert.ok(status.counts.needHelp >= 100);
  assert.equal((await app.request('/v1/studies/2.25.9.999')).status, 404);
});

function createTestApi(
  study: Parameters<typeof studyRecord>[0] = {},
  document = 'Nothing seen.',
  change: Partial<ApiPorts> = {},
) {
  const clock = createVirtualClock();
  const revisions = createRevisions(clock);
  const ports = { ...createPorts(study, document), revisions, clock, ...change };
  return { app: createApi(ports, config), clock, revisions };
}

function createPorts(
  study: Parameters<typeof studyRecord>[0],
  document: string,
): Omit<ApiPorts, 'revisions' | 'clock'> {
  const record = studyRecord(study);
  const known = { type: 'text/plain', sha256: 'f'.repeat(64) };
  return {
    catalog: {
      studies: async (uid) => (uid === undefined || uid === '2.25.1' ? [record] : []),
      listedStudies: async () => ({ studies: [record], older: 0 }),
      suspectStudies: async () => [record],
      instances: async () => [
        {
          sopInstanceUid: '2.25.2',
          studyInstanceUid: '2.25.1',
          datasetSha256: '0'.repeat(64),
          state: 'stored',
        },
      ],
      reportDocument: async (id) => (id === 'report-1' ? known : undefined),
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
    files: { readReportDocument: async () => new TextEncoder().encode(document) },
    isReceiving: () => false,
    agentState: async () => undefined,
    pairing: () => undefined,
    hasSpool: () => true,
    unconfirmedStudies: () => 0,
    unreadableArrivals: () => 0,
    disk: () => ({ usedPercent: 61, trouble: undefined }),
    zoneBreach: () => undefined,
    waitingOrders: async () => 3,
    damagedFacts: () => 0,
    media: idleMedia,
  };
}

test('the agent is told to try now, and where it cannot be told the answer says what happens anyway', async () => {
  let tries = 0;
  const { app } = createTestApi({}, '', { tryNow: () => void tries++ });
  assert.equal((await app.request('/v1/try-now', { method: 'POST' })).status, 200);
  assert.equal(tries, 1);
  const { app: failing } = createTestApi({}, '');
  const answer = await failing.request('/v1/try-now', { method: 'POST' });
  assert.equal(answer.status, 503);
  assert.match(await answer.text(), /once a minute/);
});
