import type { MachineDisk } from './disk/mount.ts';
import { type Program, type ProgramSetting, startProgram } from './program.ts';
import type { Timeline } from './timeline.ts';

type Own = Pick<ProgramSetting, 'run' | 'onCrash'>;

/** Programs by the machine they run on. */
export interface Machines {
  readonly programs: readonly Program[];
  readonly powerCuts: readonly ((why: string) => void)[];
  /** Starts the programs of one machine. */
  launch(machine: MachineDisk, programs: Readonly<Record<string, Own>>): void;
}

export function createMachines(
  { chance }: Timeline,
  setting: Omit<ProgramSetting, 'name' | 'powerCut' | keyof Own>,
): Machines {
  const programs: Program[] = [];
  const powerCuts: ((why: string) => void)[] = [];
  return {
    programs,
    powerCuts,
    launch({ disk }, owns) {
      const here: Program[] = [];
      const powerCut = (why: string): void => {
        for (const program of here) program.crash(why);
        disk.powerCut(chance);
      };
      powerCuts.push(powerCut);
      for (const [name, own] of Object.entries(owns)) {
        here.push(startProgram({ ...setting, ...own, name, powerCut }));
      }
      programs.push(...here);
    },
  };
}
