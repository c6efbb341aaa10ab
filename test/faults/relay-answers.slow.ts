import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeededRandom } from '../support/random-seeded.ts';
import { syntheticStudy } from '../support/synthetic-ct.ts';
import type { Answered, Asked } from './chaos-proxy.ts';
import { openFaultRoad } from './road.ts';

const seed = process.env['OUTPOST_CHAOS_SEED'] ?? String(Date.now());

/** The storm of the gate; ten minutes take `OUTPOST_STORM_S=600`. */
const stormMs = 1_000 * Number(process.env['OUTPOST_STORM_S'] ?? 12);

const isUpload = ({ method }: Asked): boolean => method === 'PATCH';

test('F29, F30, F32: lost, doubled, late and corrupted requests end in one of each object', async (t) => {
  t.diagnostic(`OUTPOST_CHAOS_SEED=${seed}`);
  const random = createSeededRandom(seed);
  const { proxy, road, send, delivered } = await openFaultRoad(t);
  const before: Asked[] = [];
  const seen = { lost: 0, twice: 0, again: 0, corrupted: 0, refused: 0 };
  proxy.chaos = async (asked, relay) => {
    if (!asked.path.includes('/packs/') && !asked.path.endsWith('/acks')) return relay(asked);
    const dice = Math.floor(random.fraction() * 8);
    if (dice === 0) {
      await relay(asked);
      seen.lost++;
      return undefined;
    }
    if (dice === 1) {
      const [first] = await Promise.all([relay(asked), relay(asked)]);
      seen.twice++;
      return first;
    }
    if (dice === 2 && before.length > 0) {
      const old = before[Math.floor(random.fraction() * before.length)];
      if (old) await relay({ ...old, headers: { ...old.headers, ...authorizationOf(asked) } });
      seen.again++;
    }
    if (dice === 3 && isUpload(asked) && asked.body.length > 0) {
      const body = Buffer.from(asked.body);
      const at = Math.floor(random.fraction() * body.length);
      body[at] = (body[at] ?? 0) ^ 0x10;
      seen.corrupted++;
      const told = await relay({ ...asked, body });
      if (told.status === 422 || told.status === 400) seen.refused++;
      return told;
    }
    before.push(asked);
    return relay(asked);
  };
  const studies = Array.from({ length: 6 }, (_, n) =>
    syntheticStudy({ seed: 300 + n, slices: 2, rows: 128 }),
  );
  for (const study of studies) await send(study);
  for (const study of studies) await delivered(study, 60_000);
  t.diagnostic(JSON.stringify(seen));
  for (const { datasetSha256 } of studies.flat()) {
    assert.equal(road.atPacs.get(datasetSha256), 1, 'the PACS got each object once');
  }
});

function authorizationOf({ headers }: Asked): Readonly<Record<string, string>> {
  return headers['authorization'] === undefined ? {} : { authorization: headers['authorization'] };
}

test('F31: the custody receipt of another pack counts for nothing, and the pack is sent', async (t) => {
  const { proxy, send, delivered } = await openFaultRoad(t);
  let replayed = 0;
  let old: Answered | undefined;
  proxy.chaos = async (asked, relay) => {
    if (isUpload(asked) && old !== undefined && replayed < 1) {
      replayed++;
      return old;
    }
    const told = await relay(asked);
    if (isUpload(asked) && told.status === 201) old ??= told;
    return told;
  };
  const first = syntheticStudy({ seed: 31, slices: 1, rows: 64 });
  await send(first);
  await delivered(first, 60_000);
  assert.ok(replayed > 0, 'some pack behind the first was answered with its receipt');
  const second = syntheticStudy({ seed: 32, slices: 1, rows: 64 });
  await send(second);
  await delivered(second, 60_000);
});

test('F26: a storm of 500, 502, 503 and 429 is met with at most one request a second, and nothing is lost', async (t) => {
  const { proxy, send, delivered } = await openFaultRoad(t);
  const calm = syntheticStudy({ seed: 25, slices: 1, rows: 64 });
  await send(calm);
  await delivered(calm, 60_000);
  const statuses = [500, 502, 503, 429];
  let asked = 0;
  proxy.chaos = async () => {
    const status = statuses[asked++ % statuses.length] ?? 500;
    return { status, headers: { 'retry-after': '2' }, body: Buffer.from('{}') };
  };
  const study = syntheticStudy({ seed: 26, slices: 8, rows: 512 });
  await send(study);
  const fromMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, stormMs));
  const requests = proxy.asked.filter(({ atMs }) => atMs >= fromMs).length;
  t.diagnostic(`${requests} requests of two agents in ${stormMs / 1_000} s`);
  assert.ok(requests <= (2 * stormMs) / 1_000, 'two agents, one request a second each');
  proxy.chaos = undefined;
  await delivered(study, 90_000);
});
