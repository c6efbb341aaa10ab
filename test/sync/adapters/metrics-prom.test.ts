import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { listenMetrics } from '#sync/adapters/metrics-prom.ts';
import { centerMeasures } from '#sync/center/metrics.ts';
import type { CenterStatus } from '#sync/center/status.ts';
import { relayMeasures } from '#sync/relay/metrics.ts';
import { outsideOfPack } from '#test/support/pack-bytes.ts';
import { piece, put } from '#test/support/relay-requests.ts';
import { openRelayWorld } from '#test/support/relay-world.ts';

interface Answer {
  readonly status: number;
  readonly text: string;
}

function get(
  door: { readonly port: number } | { readonly socketPath: string },
  path = '/metrics',
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', ...door, path, headers }, (answer) => {
      let text = '';
      answer.on('data', (bytes) => {
        text += String(bytes);
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** The value of a metric with exactly these labels. */
function metricOf(text: string, name: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

async function openRelay(t: TestContext) {
  const world = await openRelayWorld();
  const server = await listenMetrics(relayMeasures(world.relay, world.store), { port: 0 });
  t.after(() => server.close());
  return { world, scrape: async () => (await get({ port: server.port })).text, server };
}

test('a relay tells what it took, gave, refused and holds', async (t) => {
  const { world, scrape } = await openRelay(t);
  const token = await world.session(world.box);
  const kept = outsideOfPack(world.center.mailbox, 5_000, 'kept');
  await put(world, token, kept);
  await piece(world, token, outsideOfPack(world.center.mailbox, 5_000, 'part'), 0, 2_000);
  await world.fetch('keylist');
  const center = await world.session(world.center);
  const { packs } = (await (
    await world.as(center, `mailboxes/${world.center.mailbox}/events`)
  ).json()) as { readonly packs: readonly { readonly packId: string }[] };
  const packIds = packs.map(({ packId }) => packId);
  await (await world.as(center, `packs/${packIds[0]}`)).arrayBuffer();
  const before = await scrape();
  assert.equal(metricOf(before, 'outpost_relay_received_bytes_total'), kept.length + 2_000);
  assert.equal(metricOf(before, 'outpost_relay_sent_bytes_total'), kept.length);
  assert.equal(metricOf(before, 'outpost_relay_packs_kept_total'), 1);
  assert.equal(metricOf(before, 'outpost_relay_packs_taken_total'), 0);
  assert.equal(metricOf(before, 'outpost_relay_parts'), 1);
  assert.equal(metricOf(before, 'outpost_relay_parts_bytes'), 2_000);
  assert.equal(metricOf(before, 'outpost_relay_sessions'), 2);
  assert.equal(metricOf(before, 'outpost_relay_refusals_total{code="relay/no-session"}'), 1);
  assert.ok((metricOf(before, 'outpost_relay_answers_total{status="2xx"}') ?? 0) >= 6);
  await world.as(center, 'acks', { method: 'POST', body: JSON.stringify({ packIds }) });
  assert.equal(metricOf(await scrape(), 'outpost_relay_packs_taken_total'), 1);
});

test('labels are few and name no party: a thousand refusals of a hundred boxes are one line', async (t) => {
  const { world, scrape } = await openRelay(t);
  const token = await world.session(world.box);
  for (let count = 0; count < 1_000; count++) {
    await world.as(token, `packs/${String(count).padStart(64, '0')}`);
  }
  const text = await scrape();
  assert.equal(metricOf(text, 'outpost_relay_refusals_total{code="relay/absent"}'), 1_000);
  const own = text.split('\n').filter((line) => /^outpost_/.test(line));
  assert.ok(own.length < 40, `${own.length} lines`);
  assert.doesNotMatch(own.join('\n'), /[0-9a-f]{16}/);
  for (const line of own)
    assert.match(line, /^outpost_[a-z_]+(\{(version|state|code|status)="[^"]*"\})? [0-9.e+]+$/);
});

test('metrics answer on a Unix socket, and on loopback to no other host name', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'metrics-'));
  const socketPath = join(folder, 'm.sock');
  const onSocket = await listenMetrics([], { socket: socketPath });
  t.after(async () => {
    await onSocket.close();
    await rm(folder, { recursive: true });
  });
  assert.match((await get({ socketPath })).text, /outpost_build_info\{version="/);
  assert.equal((await get({ socketPath }, '/other')).status, 404);
  const { server } = await openRelay(t);
  const rebound = await get({ port: server.port }, '/metrics', { host: 'evil.example' });
  assert.equal(rebound.status, 404);
  assert.equal((await get({ port: server.port }, '/')).status, 404);
});

test('a center tells its ledger by state, its boxes and alarms, from one status a scrape', async (t) => {
  let asked = 0;
  const status = async (): Promise<CenterStatus> => {
    asked++;
    return {
      ...{ name: 'DEMO CENTER', zones: 'enforced', nowAt: '2026-01-15T12:00:00.000Z' },
      link: { state: 'up', rateBytesPerS: 0, lastContactAt: null },
      destination: { state: 'down', fault: 'no answer', name: 'PACS' },
      counts: {
        ...{ packs: 3, studies: 1, resentAfterCrash: 0, reports: 0, openReports: 0 },
        instances: { planned: 7, sending: 0, stored: 20, conflict: 1 },
        ...{ lastFault: null, heldPacks: 2, quarantinedPacks: 4, askedAgain: 6, toAskAgain: 5 },
      },
      boxes: ['active', 'active', 'revoked'].map((state, n) => ({ site: `CM-BAF-0${n}`, state })),
      epochLeftDays: 12,
      quarantine: [],
      alarms: [{ code: 'PACS-DOWN', message: 'DOE^JANE', next: '' }],
    } as unknown as CenterStatus;
  };
  const server = await listenMetrics(centerMeasures(status), { port: 0 });
  t.after(() => server.close());
  const { text } = await get({ port: server.port });
  assert.equal(metricOf(text, 'outpost_center_instances{state="stored"}'), 20);
  assert.equal(metricOf(text, 'outpost_center_held_packs'), 2);
  assert.equal(metricOf(text, 'outpost_center_quarantined_packs'), 4);
  assert.equal(metricOf(text, 'outpost_center_resends{state="asked"}'), 6);
  assert.equal(metricOf(text, 'outpost_center_resends{state="to-ask"}'), 5);
  assert.equal(metricOf(text, 'outpost_center_boxes{state="active"}'), 2);
  assert.equal(metricOf(text, 'outpost_center_alarms{code="PACS-DOWN"}'), 1);
  assert.equal(metricOf(text, 'outpost_center_epoch_left_days'), 12);
  assert.equal(metricOf(text, 'outpost_center_destination_up'), 0);
  assert.equal(metricOf(text, 'outpost_link_up'), 1);
  assert.ok(!text.includes('DOE') && !text.includes('CM-BAF'));
  assert.equal(asked, 1);
});
