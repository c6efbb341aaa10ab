import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeededRandom } from '../support/random-seeded.ts';
import { openCrashRoad, pause, type RoadProgram, roadPrograms } from './crash-road.ts';

const seconds = Number(process.env['OUTPOST_KILL_LOOP_S'] ?? 20);
const seed = process.env['OUTPOST_KILL_LOOP_SEED'] ?? String(Date.now());

/** A program that is killed at random comes back within this, without a person. */
const longestStartMs = 15_000;

test(`killed at random for ${seconds} s under load, the road loses and doubles nothing`, async (t) => {
  t.diagnostic(`OUTPOST_KILL_LOOP_SEED=${seed}`);
  const random = createSeededRandom(seed);
  const road = await openCrashRoad(t);
  await road.site.confirmBox();
  const running = new Map(roadPrograms.map((name) => [name, road.start(name)]));
  await Promise.all([...running.values()].map(({ ready }) => ready));
  const stop = new AbortController();
  const load = road.load(stop.signal, {
    ...{ pauseMs: 100, slices: 3, largeEvery: 10, seed: 7, reports: true },
  });

  let kills = 0;
  let centerKills = 0;
  for (const endMs = performance.now() + seconds * 1_000; performance.now() < endMs; kills++) {
    const name: RoadProgram = roadPrograms[Math.floor(random.fraction() * 5)] ?? 'appliance';
    // Sometimes in the middle of its start, mostly at work.
    if (random.fraction() > 0.2) await running.get(name)?.ready;
    await pause(random.fraction() * 1_000);
    await running.get(name)?.stop('SIGKILL');
    if (name === 'center') centerKills += 1;
    running.set(name, road.start(name));
  }
  const startedMs = performance.now();
  await Promise.all([...running.values()].map(({ ready }) => ready));
  assert.ok(performance.now() - startedMs < longestStartMs, 'a program takes long to come back');
  stop.abort();
  await load;
  assert.equal(await road.settle(90_000 + seconds * 2_000), undefined);
  const resent = await road.resentAfterCrash();
  const again = [...road.atPacs.values()].reduce((sum, count) => sum + count - 1, 0);
  t.diagnostic(
    `${kills} kills, ${road.acknowledged.size} instances, ${again} stored again, ${resent} counted`,
  );
  assert.ok(again <= resent, `${again} were stored again and ${resent} were counted`);
  assert.ok(again <= centerKills, `one instance a kill of the center, and not ${again}`);
});
