import type { MachineDisk } from './disk/mount.ts';
import { type Program, type ProgramSetting, startProgram } from './program.ts';
import type { Timeline } from './timeline.ts';

type Own = Pick<ProgramSetting, 'run' | 'onCrash'> & { readonly onPowerCut?: () => void };
type Shared = Omit<ProgramSetting, 'name' | 'powerCut' | 'isDiskFull' | keyof Own>;

/** Programs by the machine they run on. */
export interface Machines {
  readonly programs: readonly Program[];
  readonly powerCuts: readonly ((why: string) => void)[];
  /** Disks, to fill and to empty. */
  readonly disks: readonly { readonly name: string; isFull: boolean }[];
  /** Starts the programs of one machine. */
  launch(machine: MachineDisk, programs: Readonly<Record<string, Own>>): void;
}

export function createMachines({ chance }: Timeline, setting: Shared): Machines {
  const programs: Program[] = [];
  const disks: { readonly name: string; isFull: boolean }[] = [];
  const powerCuts: ((why: string) => void)[] = [];
  return {
    programs,
    powerCuts,
    disks,
    launch({ disk }, owns) {
      const here: Program[] = [];
      const space = { name: Object.keys(owns).join(' and '), isFull: false };
      disks.push(space);
      const isDiskFull = (): boolean => space.isFull;
      const powerCut = (why: string): void => {
        for (const program of here) program.crash(why);
        disk.powerCut(chance);
        for (const { onPowerCut } of Object.values(owns)) onPowerCut?.();
      };
      powerCuts.push(powerCut);
      for (const [name, own] of Object.entries(owns)) {
        here.push(startProgram({ ...setting, ...own, name, powerCut, isDiskFull }));
      }
      programs.push(...here);
    },
  };
}
