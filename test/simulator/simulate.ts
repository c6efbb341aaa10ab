import { spoolOf } from './agent-station.ts';
import type { Bug } from './bugs.ts';
import { unmountAll } from './disk/mount.ts';
import { openWorld, type World } from './world.ts';

/** What became of one seed. */
export interface Outcome {
  readonly seed: number;
  /** The first violation; undefined when every invariant held and all drained. */
  readonly violation: string | undefined;
  readonly virtualS: number;
  readonly steps: number;
  readonly crashes: number;
  readonly instances: number;
  readonly reports: number;
  /** The last things that happened. */
  readonly notes: readonly string[];
}

/** Faults last this long, and then all must drain within the second time; virtual milliseconds. */
const rainMs = 45_000;
const drainMs = 10 * 60_000;
/** Far more than any world needs: a program that runs in a circle ends here. */
const mostSteps = 200_000;
const lookEveryMs = 1_000;

/** Runs the world of `seed` to its end, or to the first violation. */
export async function simulate(seed: number, bug?: Bug): Promise<Outcome> {
  const world = openWorld(seed, rainMs, bug);
  const { timeline, oracle } = world;
  let violation: string | undefined;
  let lookAtMs = rainMs;
  while (violation === undefined) {
    if (!(await timeline.step())) violation = 'S7: everything stands still';
    violation ??= oracle.check();
    if (timeline.steps() > mostSteps) violation ??= 'S7: a program runs in a circle';
    if (timeline.elapsedMs() < lookAtMs) continue;
    lookAtMs = timeline.elapsedMs() + lookEveryMs;
    const left = await leftOf(world);
    if (left.length === 0) break;
    if (timeline.elapsedMs() > rainMs + drainMs)
      violation ??= `S7: not drained: ${left.join('; ')}`;
  }
  for (const program of world.programs) program.forget();
  await new Promise((resolve) => setImmediate(resolve));
  unmountAll();
  return {
    seed,
    violation,
    virtualS: timeline.elapsedMs() / 1_000,
    steps: timeline.steps(),
    crashes: world.programs.reduce((sum, program) => sum + program.crashes(), 0),
    instances: oracle.acceptedInstances().length,
    reports: world.reports.size,
    notes: timeline.lastNotes(),
  };
}

/** What still has to happen before the world is at rest: instances, reports, packs on the way. */
async function leftOf(world: World): Promise<readonly string[]> {
  const { boxes, center, relay, reports, oracle } = world;
  const left: string[] = [];
  const leave = (count: number, what: string): void => {
    if (count > 0) left.push(`${count} ${what}`);
  };
  leave(world.unsent(), 'instances at the modality');
  const states = new Map<string, string>();
  for (const box of boxes)
    for (const [digest, state] of await box.states()) states.set(digest, state);
  const accepted = oracle.acceptedInstances();
  const delivered = new Set(
    accepted
      .filter(({ datasetSha256 }) => states.get(datasetSha256) === 'delivered')
      .map(({ sopInstanceUid }) => sopInstanceUid),
  );
  const open = accepted.filter(({ datasetSha256, sopInstanceUid }) => {
    const state = states.get(datasetSha256);
    if (state === 'delivered') return !oracle.isStored(datasetSha256);
    return !(state === 'conflict' && delivered.has(sopInstanceUid));
  });
  leave(open.length, 'instances undelivered');
  leave(await center.openReports(), 'reports unacknowledged');
  leave([...reports].filter(([digest, box]) => !box.hasReport(digest)).length, 'reports missing');
  for (const { machine } of [center, ...boxes]) {
    leave(spoolOf(machine).sentPacks(), 'packs in a spool');
  }
  if (!relay.isEmpty()) left.push('packs at the relay');
  return left;
}
