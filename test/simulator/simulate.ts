import { spoolOf } from './agent-station.ts';
import { boundsBroken } from './bounds.ts';
import type { Bug } from './bugs.ts';
import { unmountAll } from './disk/mount.ts';
import { openWorld, type World, type WorldWish } from './world.ts';

/** What became of one seed. */
export interface Outcome {
  readonly seed: number;
  readonly bug: Bug | undefined;
  /** The first violation; undefined when every invariant held and all drained. */
  readonly violation: string | undefined;
  readonly virtualS: number;
  /** How long all took to drain after the last fault, and how long it might have. */
  readonly drainS: number;
  readonly dueS: number;
  /** The longest for which other bytes passed while a STAT pack waited; undefined: none was measured. */
  readonly statDelayMs: number | undefined;
  readonly steps: number;
  readonly crashes: number;
  readonly instances: number;
  readonly reports: number;
  /** The last things that happened. */
  readonly notes: readonly string[];
}

/** Faults last this long, virtual milliseconds; then all must drain. */
const usualRainMs = 45_000;
/** Far more than any world needs: a program that runs in a circle ends here. */
const mostSteps = 200_000;
const mostStepsAHour = 100_000;
const lookEveryMs = 1_000;

/** Runs the world of a seed to its end, or to the first violation. */
export async function simulate(seed: number, wish: Omit<WorldWish, 'seed'> = {}): Promise<Outcome> {
  const world = openWorld({ ...wish, seed }, usualRainMs);
  const { timeline, oracle, rainMs } = world;
  let dueMs = Number.POSITIVE_INFINITY;
  let violation: string | undefined;
  let lookAtMs = rainMs;
  while (violation === undefined) {
    if (!(await timeline.step())) violation = 'S7: everything stands still';
    violation ??= oracle.check();
    if (timeline.steps() > mostSteps + (timeline.elapsedMs() / 3_600_000) * mostStepsAHour) {
      violation ??= 'S7: a program runs in a circle';
    }
    violation ??= boundsBroken(world);
    if (timeline.elapsedMs() < lookAtMs) continue;
    // What was open when the rain ended says how long it may take.
    if (dueMs === Number.POSITIVE_INFINITY) dueMs = timeline.elapsedMs() + dueAfterRainMs(world);
    lookAtMs = timeline.elapsedMs() + lookEveryMs;
    const left = await leftOf(world);
    if (left.length === 0) break;
    if (timeline.elapsedMs() > dueMs) violation ??= `S7: not drained: ${left.join('; ')}`;
  }
  violation ??= boundsBroken(world, true);
  for (const program of world.programs) program.forget();
  await new Promise((resolve) => setImmediate(resolve));
  unmountAll();
  return {
    seed,
    bug: wish.bug,
    violation,
    virtualS: timeline.elapsedMs() / 1_000,
    drainS: Math.max(0, timeline.elapsedMs() - rainMs) / 1_000,
    dueS: (dueMs - rainMs) / 1_000,
    statDelayMs: longest(world.ways.map(({ traffic }) => traffic.tally().statDelayMs)),
    steps: timeline.steps(),
    crashes: world.programs.reduce((sum, program) => sum + program.crashes(), 0),
    instances: oracle.acceptedInstances().length,
    reports: world.reports.size,
    notes: timeline.lastNotes(),
  };
}

function longest(delays: readonly (number | undefined)[]): number | undefined {
  const measured = delays.filter((each) => each !== undefined);
  return measured.length === 0 ? undefined : Math.max(...measured);
}

const minuteMs = 60_000;
/**
 * The waits of a pack on its way that may follow one another, at their longest: a start after a crash, the device
 * tries again, the study is quiet, a list is due, and the pauses after a failure of each hop.
 */
const waitsMs = {
  start: 15_000,
  device: 35_000,
  quiet: 12_000,
  list: minuteMs,
  pauses: 6 * minuteMs,
};

/** Within this time all must drain once the faults are over: waits, bytes by the rate of the slowest link, a fifth more. */
function dueAfterRainMs(world: World): number {
  const sum = Object.values(waitsMs).reduce((total, each) => total + each, 0);
  const slowest = Math.max(16_000, Math.min(...world.ways.map(({ bytesPerS }) => bytesPerS)));
  const { relay, renames, rot } = world.climate;
  const isLossy = relay !== 'honest' || renames || rot;
  // Up to the relay, and down from it.
  const bytesMs = (2 * world.oracle.openBytes() * 1_000) / slowest;
  return 1.2 * (sum + bytesMs) + (isLossy ? 90 * minuteMs : 0);
}

const isDelivered = (state: string | undefined): boolean =>
  state === 'delivered' || state === 'purged';

/** What still has to happen before the world is at rest: instances, reports, packs on the way. */
async function leftOf(world: World): Promise<readonly string[]> {
  const { center, relay, reports, oracle } = world;
  const boxes = world.trustedBoxes();
  const isAllTrusted = boxes.length === world.boxes.length;
  const left: string[] = [];
  const leave = (count: number, what: string): void => {
    if (count > 0) left.push(`${count} ${what}`);
  };
  leave(world.unsent(), 'instances at the modality');
  const states = new Map<string, string>();
  for (const box of boxes)
    for (const [digest, state] of await box.states()) states.set(digest, state);
  // What only a box has that is revoked stays there.
  const accepted = oracle
    .acceptedInstances()
    .filter(({ datasetSha256 }) => isAllTrusted || states.has(datasetSha256));
  const delivered = new Set(
    accepted
      .filter(({ datasetSha256 }) => isDelivered(states.get(datasetSha256)))
      .map(({ sopInstanceUid }) => sopInstanceUid),
  );
  const open = accepted.filter(({ datasetSha256, sopInstanceUid }) => {
    const state = states.get(datasetSha256);
    if (isDelivered(state) || (state === undefined && oracle.isPurged(datasetSha256)))
      return !oracle.isStored(datasetSha256);
    return !(state === 'conflict' && delivered.has(sopInstanceUid));
  });
  const kinds = new Set(open.map(({ datasetSha256 }) => states.get(datasetSha256) ?? 'nowhere'));
  leave(open.length, `instances undelivered (${[...kinds].join(', ')})`);
  const missing = [...reports].filter(
    ([digest, box]) => boxes.includes(box) && !box.hasReport(digest),
  );
  leave(missing.length, 'reports missing');
  if (isAllTrusted) leave(await center.openReports(), 'reports unacknowledged');
  for (const { machine } of isAllTrusted ? [center, ...boxes] : boxes) {
    leave(spoolOf(machine).sentPacks().count, 'packs in a spool');
  }
  if (isAllTrusted && !relay.isEmpty()) left.push('packs at the relay');
  return left;
}
