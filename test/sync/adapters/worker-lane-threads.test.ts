import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { workerLanes } from '#sync/adapters/worker-lane-threads.ts';

const module = new URL('../../support/odd-worker.ts', import.meta.url);

function laneOf(t: TestContext) {
  const openLane = workerLanes(systemClock);
  const lane = openLane<{ readonly deed: string }, { readonly did: string }>(module, {
    limitMs: 60_000,
    heapMiB: 24,
  });
  t.after(() => lane.close());
  return lane;
}

test('jobs are answered in order, one at a time', async (t) => {
  const lane = laneOf(t);
  const answers = await Promise.all(['a', 'b', 'c'].map((deed) => lane.ask({ deed })));
  assert.deepEqual(answers, [{ did: 'a' }, { did: 'b' }, { did: 'c' }]);
});

test('a job that kills its thread is answered so, and the next one gets a new thread', async (t) => {
  const lane = laneOf(t);
  for (const deed of ['die', 'exit', 'hoard']) {
    const [killed, next] = await Promise.all([lane.ask({ deed }), lane.ask({ deed: 'work' })]);
    assert.equal(killed, 'ended', deed);
    assert.deepEqual(next, { did: 'work' }, deed);
  }
});

test('a job that never ends is stopped at the limit, and the next one gets a new thread', async (t) => {
  const waits: { readonly ms: number; readonly end: () => void }[] = [];
  const openLane = workerLanes({
    wait: (ms) => new Promise((end) => void waits.push({ ms, end })),
  });
  const lane = openLane<{ readonly deed: string }, { readonly did: string }>(module, {
    ...{ limitMs: 1_500, heapMiB: 24 },
  });
  t.after(() => lane.close());
  const [hung, next] = [lane.ask({ deed: 'hang' }), lane.ask({ deed: 'work' })];
  assert.deepEqual(
    waits.map(({ ms }) => ms),
    [1_500],
    'the second waits for the first, and has no limit yet',
  );
  waits[0]?.end();
  assert.equal(await hung, 'late');
  assert.deepEqual(await next, { did: 'work' });
});

test('a thread without work ends after its time, and the next job gets a new one', async (t) => {
  const waits: { readonly ms: number; readonly end: () => void; readonly signal: AbortSignal }[] =
    [];
  const openLane = workerLanes({
    wait: (ms, signal) => new Promise((end) => void waits.push({ ms, end, signal })),
  });
  const lane = openLane<{ readonly deed: string }, { readonly did: string }>(module, {
    ...{ limitMs: 60_000, heapMiB: 24, idleMs: 500 },
  });
  t.after(() => lane.close());
  const first = await lane.ask({ deed: 'thread' });
  assert.deepEqual(await lane.ask({ deed: 'thread' }), first);
  assert.deepEqual(
    waits.map(({ ms, signal }) => [ms, signal.aborted]),
    [
      [60_000, true],
      [500, true],
      [60_000, true],
      [500, false],
    ],
  );
  waits.at(-1)?.end();
  await Promise.resolve();
  const second = await lane.ask({ deed: 'thread' });
  assert.ok(typeof second === 'object' && typeof first === 'object');
  assert.notEqual(second.did, first.did);
});

test('a thread can be there before the first job', async (t) => {
  const isThere = new Int32Array(new SharedArrayBuffer(4));
  const limits = { data: isThere, limitMs: 60_000, heapMiB: 24 };
  const lane = workerLanes(systemClock)<{ readonly deed: string }, { readonly did: string }>(
    module,
    { ...limits, startsAtOnce: true },
  );
  t.after(() => lane.close());
  while (Atomics.load(isThere, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(await lane.ask({ deed: 'work' }), { did: 'work' });
});

test('closing answers what still waits', async (t) => {
  const lane = laneOf(t);
  const waiting = [lane.ask({ deed: 'hang' }), lane.ask({ deed: 'work' })];
  await lane.close();
  assert.deepEqual(await Promise.all(waiting), ['ended', 'ended']);
  assert.equal(await lane.ask({ deed: 'work' }), 'ended');
});
