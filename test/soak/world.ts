import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startOutpost } from '../demo/program.ts';
import { createSeededRandom } from '../support/random-seeded.ts';
import { type CenterSide, openCenterSides } from './center.ts';
import { type ClinicSide, openClinic } from './clinic.ts';
import { type Keeper, keep } from './keeper.ts';
import {
  type Center,
  type Clinic,
  centerOf,
  clinics,
  crammedClinic,
  type SoakProgram,
  soakPrograms,
  unitOf,
} from './plan.ts';

/** Everything that stands. */
export interface SoakWorld {
  readonly centers: ReadonlyMap<Center, CenterSide>;
  readonly clinics: ReadonlyMap<Clinic, ClinicSide>;
  readonly keepers: ReadonlyMap<SoakProgram, Keeper>;
}

/** Pairs everybody below `root` and starts all programs; the images are those of the seed. */
export async function openWorld(root: string, seed: string): Promise<SoakWorld> {
  const random = createSeededRandom(`${seed} images`);
  const firstSeed = Math.floor(random.fraction() * 1_000) * 1_000_000;
  const openedCenters = await openCenterSides((center) => join(root, `center-${center}`));
  const openedClinics = new Map<Clinic, ClinicSide>();
  for (const clinic of clinics) {
    const folder = join(root, `clinic-${clinic}`);
    await mkdir(folder);
    const opened = await openClinic(folder, clinic, found(openedCenters, centerOf(clinic)), {
      seed: firstSeed + clinic * 100_000,
      diskSize: clinic === crammedClinic ? '512m' : undefined,
      load: { pauseMs: 3_000, slices: 3, largeEvery: 20, underWay: 12 },
    });
    openedClinics.set(clinic, opened);
  }
  const world = { centers: openedCenters, clinics: openedClinics };
  // The logs of a clinic whose disk fills up are told all the same.
  const logDir = join(root, 'log');
  await mkdir(logDir);
  const keepers = new Map<SoakProgram, Keeper>();
  for (const name of soakPrograms) keepers.set(name, keep(name, starterOf(world, name, logDir)));
  process.once('exit', () => {
    for (const keeper of keepers.values()) keeper.drop();
  });
  return { ...world, keepers };
}

function starterOf(world: Omit<SoakWorld, 'keepers'>, name: SoakProgram, logDir: string) {
  const [program = '', number] = name.split('-');
  const isClinic = program === 'appliance' || program === 'boxAgent';
  const { site } = isClinic
    ? found(world.clinics, Number(number) as Clinic)
    : found(world.centers, Number(number) as Center);
  const config = site.config[program as keyof typeof site.config];
  return () => startOutpost(name, [unitOf(name), '--config', config], logDir);
}

export async function closeWorld({
  keepers,
  centers: opened,
  clinics: boxes,
}: SoakWorld): Promise<void> {
  await Promise.all([...keepers.values()].map((keeper) => keeper.stop()));
  await Promise.all([...opened.values()].map((center) => center.close()));
  for (const clinic of boxes.values()) clinic.close();
}

/** What is under `key`, which must be there. */
export function found<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new Error(`There is no "${key}"`);
  return value;
}
