import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Failpoint, failpointNames, failpoints } from '#sync/core/failpoint.ts';
import { until } from '../support/until.ts';
import { pause } from './crash-load.ts';
import { provoke } from './crash-provoke.ts';
import {
  type CrashRoad,
  compilePrograms,
  endOf,
  openCrashRoad,
  type RoadProgram,
  roadPrograms,
} from './crash-road.ts';

type Table = typeof failpoints;

/** `segment` stands for all its steps, in the order in which they are passed. */
const stepsOf = (...what: readonly (keyof Table)[]): readonly Failpoint[] =>
  what.flatMap((each) => failpoints[each].map((step) => `${each}/${step}` as Failpoint));

const sealing = ['sequence', 'spool-pack', 'spool-taken', 'spool-sent'] as const;
const agent = [
  ...stepsOf('agent-state', 'agent-public', 'agent-journal', 'agent-part', 'agent-ack'),
];

/** Where programs are killed, side by side; the others work on. */
type Phase = Readonly<Partial<Record<RoadProgram, readonly Failpoint[]>>>;

/** The center holds what comes of a box that is not confirmed; behind this phase it is. */
const heldPhase: Phase = { center: stepsOf('center-held') };

/**
 * What needs no relay that is well, while the relay dies.
 * Agents that never reach the relay come ever more seldom, so the relay dies with the lists last.
 */
const localPhase: Phase = {
  relay: stepsOf('relay-part', 'relay-row', 'relay-taken', 'relay-list'),
  center: [
    ...stepsOf('center-held-pack', 'center-access', 'center-quarantine', 'report-arrival'),
    ...stepsOf('center-abilities', 'report-reason', 'spool-public', 'spool-peer', 'spool-order'),
  ],
};

const roadPhase: Phase = {
  appliance: [
    ...stepsOf('spool-peer', 'segment', 'catalog', 'spool-order', ...sealing, 'spool-taken-mark'),
    ...stepsOf('order-file', 'box-import', 'box-quarantine', 'facts', 'box-letter'),
  ],
  boxAgent: [...agent, ...stepsOf('agent-custody', 'agent-custody-mark')],
  centerAgent: agent,
  center: [
    ...stepsOf(...sealing, 'spool-taken-mark'),
    ...stepsOf('center-object', 'center-range', 'center-join', 'center-entry', 'ledger'),
    ...stepsOf('delivery', 'center-delivered', 'report-document', 'report-record'),
    ...stepsOf('report-source', 'center-resend'),
  ],
};

/** A report comes to the box when the center is well. */
const reportPhase: Phase = { appliance: stepsOf('box-document') };
const folderPhase: Phase = { center: stepsOf('delivery-file') };
const phases = [heldPhase, localPhase, roadPhase, reportPhase, folderPhase];

/**
 * Made by hand (`pairing-kills.slow.ts`, `courier-kills.slow.ts`, `take-over-kills.slow.ts`), or years after the road
 * (`housekeeping-kills.slow.ts`): killed there.
 */
const elsewhere = /^(key|pairing|courier|take-over|segment-reclaim)[-/]/;

const names = phases.flatMap((phase) => Object.values(phase).flat());

/** Kills only where a name matches, while one works on something: `OUTPOST_FAILPOINTS='^(facts|box-)'`. */
const chosen = new RegExp(process.env['OUTPOST_FAILPOINTS'] ?? '');
const chosenOf = (phase: Phase, program: RoadProgram): readonly Failpoint[] =>
  (phase[program] ?? []).filter((name) => chosen.test(name));
/** A program does not come to its failpoint when for so long no program of the phase came to one. */
const patienceMs = 60_000;

test('every failpoint of the table is one where a program of the road is killed', () => {
  const listed = new Set(names);
  assert.deepEqual(
    failpointNames.filter((name) => !listed.has(name) && !elsewhere.test(name)),
    [],
  );
});

test('killed at each failpoint, the road loses and doubles nothing', async (t) => {
  await compilePrograms();
  const road = await openCrashRoad(t);
  const stop = new AbortController();
  const seed = Number(process.env['OUTPOST_FAILPOINTS_SEED'] ?? 1 + (Date.now() % 1_000_000));
  t.diagnostic(`OUTPOST_FAILPOINTS_SEED=${seed}`);
  const load = road.load(stop.signal, {
    ...{ pauseMs: 600, slices: 1, largeEvery: 6, seed, reports: true },
  });
  const running = new Map(roadPrograms.map((program) => [program, road.start(program)]));
  const slowest: { readonly name: string; readonly ms: number }[] = [];
  try {
    for (const phase of phases) {
      const folder = phase === folderPhase ? await road.site.deliverToFolder() : undefined;
      const startedMs = performance.now();
      const before = slowest.length;
      // Something is held when the center dies, for the kill at letting go of it.
      if (phase === localPhase)
        await until('the center holds a pack', patienceMs, () => holdsPack(road));
      // Fresh agents do not remember how long the relay was away.
      for (const program of running.values()) await program.stop('SIGKILL');
      // Not before the center is dead: it would let go of it at once.
      if (phase === localPhase) await road.site.confirmBox();
      const progress = { atMs: performance.now() };
      await Promise.all(
        roadPrograms.map(async (program) => {
          slowest.push(...(await killAtEach(road, program, chosenOf(phase, program), progress)));
          running.set(program, road.start(program));
          await running.get(program)?.ready;
        }),
      );
      if (folder !== undefined) {
        stop.abort();
        await load;
        await takeFromFolder(road, folder);
      }
      t.diagnostic(
        `phase of ${slowest.length - before} kills: ${Math.round((performance.now() - startedMs) / 1_000)} s`,
      );
    }
  } finally {
    stop.abort();
  }
  await load;
  slowest.sort((a, b) => b.ms - a.ms);
  t.diagnostic(
    `slowest: ${slowest
      .slice(0, 12)
      .map(({ name, ms }) => `${name} ${Math.round(ms)} ms`)
      .join(', ')}`,
  );
  const settledMs = performance.now();
  assert.equal(await road.settle(60_000), undefined);
  t.diagnostic(`settled in ${Math.round((performance.now() - settledMs) / 1_000)} s`);

  const centerKills = phases.length + phases.flatMap(({ center = [] }) => center).length;
  const resent = await road.resentAfterCrash();
  const again = road.storedAgain();
  t.diagnostic(
    `${slowest.length} kills, ${road.acknowledged.size} instances, ${again} stored again, ${resent} counted`,
  );
  assert.ok(again <= resent, `${again} were stored again and ${resent} were counted`);
  assert.ok(again <= centerKills, `one instance a kill of the center, and not ${again}`);
  assert.deepEqual(
    [...road.atPacs.keys()].filter((digest) => !road.acknowledged.has(digest)),
    [],
  );
});

async function holdsPack({ site }: CrashRoad): Promise<boolean> {
  const names = await readdir(join(site.root, 'center', 'held'));
  return names.some((name) => name.endsWith('.spk'));
}

/** Starts a program again and again, each time to die at the next failpoint. */
async function killAtEach(
  road: CrashRoad,
  program: RoadProgram,
  points: readonly Failpoint[],
  progress: { atMs: number },
): Promise<readonly { readonly name: string; readonly ms: number }[]> {
  const times: { readonly name: string; readonly ms: number }[] = [];
  for (const name of points) {
    const startedMs = performance.now();
    const started = road.start(program, name);
    const isUp = started.ready.then(
      () => undefined,
      () => undefined,
    );
    await Promise.race([isUp, endOf(started, patienceMs)]);
    let how: number | string | undefined;
    while (how === undefined && performance.now() - progress.atMs < patienceMs) {
      await provoke(road, name);
      how = await endOf(started, 1_500);
    }
    progress.atMs = performance.now();
    times.push({ name: `${program} ${name}`, ms: performance.now() - startedMs });
    assert.equal(how, 'SIGKILL', `${program} does not come to ${name}`);
  }
  return times;
}

/** Waits until the folder has all that the PACS has not, and counts it as delivered. */
async function takeFromFolder({ acknowledged, atPacs }: CrashRoad, folder: string): Promise<void> {
  for (const endMs = performance.now() + 60_000; performance.now() < endMs; await pause(300)) {
    const files = (await readdir(folder)).filter((name) => !name.startsWith('.'));
    const prefixes = new Set(files.map((name) => name.slice(-20, -4)));
    const missing = [...acknowledged.keys()].filter((digest) => !atPacs.has(digest));
    if (!missing.every((digest) => prefixes.has(digest.slice(0, 16)))) continue;
    for (const digest of missing) atPacs.set(digest, 1);
    return;
  }
}
