import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createSeededRandom } from '../support/random-seeded.ts';
import { crammedClinic, planOf, type SoakEvent } from './plan.ts';
import { reportOf, type SoakReport } from './report.ts';
import { closeWorld, found, openWorld, type SoakWorld } from './world.ts';

export interface SoakOptions {
  readonly seed: string;
  readonly minutes: number;
  /** How long everything may take to arrive once the chaos is over, seconds. */
  readonly settleS: number;
  /** One line of progress. */
  say(text: string): void;
}

const lookEveryS = 5;
const sayEveryS = 60;

/**
 * Runs four clinics, two relays and two centers as processes of their own through the plan of the seed, lets
 * everything arrive, and tells what held. Modalities, PACS, ledger and the ways to the relays are in this process.
 */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { seed, minutes, say } = options;
  const plan = planOf(createSeededRandom(seed), minutes);
  const root = await mkdtemp(join(tmpdir(), 'outpost-soak-'));
  const world = await openWorld(root, seed);
  let isOver = false;
  const startedMs = performance.now();
  const sinceStartS = (): number => (performance.now() - startedMs) / 1_000;
  const looking = (async () => {
    for (let looks = 0; !isOver; looks++) {
      for (const keeper of world.keepers.values()) keeper.look(sinceStartS());
      if (looks % (sayEveryS / lookEveryS) === 0) say(progressOf(world, sinceStartS()));
      await setTimeout(lookEveryS * 1_000);
    }
  })();
  try {
    await Promise.all([...world.keepers.values()].map((keeper) => keeper.ready()));
    const stop = new AbortController();
    const loads = [...world.clinics.values()].map((clinic) =>
      clinic.load(stop.signal, () => isOver),
    );
    const skipped = await follow(plan, world, sinceStartS, minutes);
    const chaosS = sinceStartS();
    say(`the chaos is over after ${Math.round(chaosS)} s`);
    stop.abort();
    const limit = setTimeout(options.settleS * 1_000, undefined, { ref: false });
    await Promise.race([Promise.all(loads), limit]);
    const missing = await settle(world, options.settleS);
    const times = { chaosS, settledS: sinceStartS() };
    return await reportOf(world, { seed, minutes, plan, ...times, missing, skipped });
  } finally {
    isOver = true;
    await looking;
    await closeWorld(world);
    if (process.env['OUTPOST_KEEP'] === undefined) {
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    } else say(`kept: ${root}`);
  }
}

/** Lets everything of the plan happen at its time, and waits until all of it has passed; how many events could not be. */
async function follow(
  plan: readonly SoakEvent[],
  world: SoakWorld,
  sinceStartS: () => number,
  minutes: number,
): Promise<number> {
  let skipped = 0;
  const fromS = sinceStartS();
  const happening: Promise<void>[] = [];
  for (const event of plan) {
    await setTimeout(Math.max(0, (fromS + event.atS - sinceStartS()) * 1_000));
    happening.push(
      happen(event, world).then((hasHappened) => {
        if (!hasHappened) skipped += 1;
      }),
    );
  }
  await setTimeout(Math.max(0, (fromS + minutes * 60 - sinceStartS()) * 1_000));
  await Promise.all(happening);
  return skipped;
}

/** Whether it could happen. */
async function happen(event: SoakEvent, world: SoakWorld): Promise<boolean> {
  switch (event.kind) {
    case 'kill':
      await found(world.keepers, event.program).kill();
      return true;
    case 'away':
      await found(world.keepers, event.program).kill(event.forS * 1_000);
      return true;
    case 'cut': {
      const { way } = found(world.centers, event.center);
      way.cut(event.how);
      await setTimeout(event.forS * 1_000);
      way.restore(event.how);
      return true;
    }
    case 'refuse': {
      const center = found(world.centers, event.center);
      center.refuse();
      await setTimeout(event.forS * 1_000);
      center.accept();
      return true;
    }
    case 'stat':
      found(world.clinics, event.clinic).orderStat();
      return true;
    case 'full': {
      const clinic = found(world.clinics, crammedClinic);
      if (!(await clinic.fillDisk())) return false;
      await setTimeout(event.forS * 1_000);
      await clinic.emptyDisk();
      return true;
    }
  }
}

/** Waits until everything is where it should be; the sentences say what is not after `limitS`. */
async function settle(world: SoakWorld, limitS: number): Promise<readonly string[]> {
  const endMs = performance.now() + limitS * 1_000;
  for (;;) {
    const found = await Promise.all([...world.clinics.values()].map((clinic) => clinic.missing()));
    const missing = found.filter((sentence) => sentence !== undefined);
    if (missing.length === 0 || performance.now() > endMs) return missing;
    await setTimeout(2_000);
  }
}

function progressOf(world: SoakWorld, atS: number): string {
  const acknowledged = [...world.clinics.values()].map(({ ledger }) => ledger.acknowledged.size);
  const atPacs = [...world.centers.values()].map((center) => center.atPacs.size);
  return `${Math.round(atS)} s: acknowledged ${acknowledged.join(' + ')}, at the PACS ${atPacs.join(' + ')}`;
}
