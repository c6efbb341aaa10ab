import type { Random } from '#sync/core/random.ts';
import { createSeededRandom } from '../support/random-seeded.ts';
import type { Aim } from './bugs.ts';
import type { Climate } from './climate.ts';
import { type BornLife, createLife, type DiskError, type Life } from './life.ts';
import type { Oracle } from './oracle.ts';
import type { Chance, Timeline } from './timeline.ts';

/** A program that is started again whenever it dies. */
export interface Program {
  readonly name: string;
  crashes(): number;
  /** Kills it now; it starts again some seconds later. */
  crash(why: string): void;
  /** The world is over. */
  forget(): void;
}

export interface ProgramSetting {
  readonly timeline: Timeline;
  readonly oracle: Oracle;
  readonly seed: number;
  readonly name: string;
  readonly startMs: number;
  readonly skewMs: () => number;
  readonly climate: Climate;
  /** Whether faults are allowed now. */
  readonly isFaulty: () => boolean;
  /** Writes before which it likes to die. */
  readonly aim: Aim | undefined;
  /** Whether the disk of its machine is full now. */
  readonly isDiskFull: () => boolean;
  /** One life; ends only by itself when the program asks to be started again. */
  readonly run: (life: Life, random: Random, onBroken: () => void) => Promise<void>;
  /** What a crash does to what it leaves behind, beside its files. */
  readonly onCrash: () => void;
  /** Takes the power from its machine: from all its programs, and from its disk. */
  readonly powerCut: (why: string) => void;
}

/** Crashes of one program in one world. */
const mostCrashes = 5;
/** As many kinds of writes the lives of programs make: a short one, an agent, a center. */
const kindsOfALife = [10, 25, 45] as const;

export function startProgram(setting: ProgramSetting): Program {
  const { timeline, oracle, name, climate } = setting;
  const { chance } = timeline;
  let crashes = 0;
  const lives: BornLife[] = [];
  let end: (() => void) | undefined;

  const crash = (why: string): void => {
    if (end === undefined) return;
    crashes++;
    end();
    end = undefined;
    setting.onCrash();
    timeline.note(`${name} dies: ${why}`);
    timeline.after(chance.between(300, 15_000), live);
  };

  function live(): void {
    const isDue = crashPlan(chance, climate.crashes, setting.aim);
    const isCrashPoint = (write: string): boolean => {
      if (!setting.isFaulty() || crashes >= mostCrashes || !isDue(write)) return false;
      if (chance.is(0.5)) setting.powerCut(`power cut before ${write}`);
      else crash(`killed before ${write}`);
      return true;
    };
    const met = new Set<string>();
    const meet = <T extends string>(fault: T, where: string): T => {
      met.add(fault);
      timeline.note(`${name} meets ${fault}${where}`);
      return fault;
    };
    const diskFault = () => {
      if (setting.isDiskFull()) return meet('database/full' as const, '');
      if (!setting.isFaulty() || !climate.crashes || !chance.is(0.003)) return undefined;
      return meet(chance.pick(['database/full', 'database/io'] as const), '');
    };
    const breaks = crashPlan(chance, chance.is(climate.disk / 2), undefined);
    const fileFault = (step: string): DiskError | undefined => {
      if (setting.isDiskFull() && !/ (truncate|remove)/.test(step)) {
        return meet('ENOSPC' as const, ` at ${step}`);
      }
      if (!setting.isFaulty() || !breaks(step)) return undefined;
      return meet(chance.pick(['EIO', 'EIO', 'ENOSPC'] as const), ` at ${step}`);
    };
    const born = createLife({ ...setting, isCrashPoint, diskFault, fileFault });
    end = born.end;
    lives.push(born);
    const { life } = born;
    timeline.note(`${name} starts, life ${lives.length}`);
    const random = createSeededRandom(`${setting.seed} ${name} ${lives.length}`);
    const isAlive = (): boolean => !life.isOver();
    setting
      .run(life, random, () => isAlive() && crash(failed))
      .then(
        () => {
          if (!isAlive()) return;
          // One that fails ends a program, and so does a full one at its start; its main answers 75.
          if (met.size > 0) crash(failed);
          else oracle.broken(`${name} ended by itself`);
        },
        (cause) => {
          if (!isAlive()) return;
          if (met.size > 0) crash(failed);
          else oracle.broken(`${name} threw: ${reasonOf(cause)}`);
        },
      );
  }

  timeline.after(0, live);
  return {
    name,
    crashes: () => crashes,
    crash,
    forget: () => {
      for (const each of lives) each.forget();
    },
  };
}

const failed = 'its disk failed';

/**
 * When a life ends: never, before a write that is counted out, or before one of the kind that is met as the n-th new
 * one, so that rare moments get the same share as those of the start and of the idle loops; or where `aim` says.
 */
function crashPlan(
  chance: Chance,
  isWanted: boolean,
  aim: Aim | undefined,
): (write: string) => boolean {
  const drawn = chance.pick(['never', 'counted', 'kind', 'kind', 'kind'] as const);
  const plan = aim !== undefined && chance.is(0.8) ? 'aimed' : isWanted ? drawn : 'never';
  const kinds = new Set<string>();
  const many = plan === 'aimed' ? (aim?.most ?? 8) : chance.pick([20, 100, 400]);
  let left = plan === 'counted' || plan === 'aimed' ? chance.whole(1, many) : 0;
  let newKinds = chance.whole(1, chance.pick(kindsOfALife));
  let deadly: string | undefined;
  return (write) => {
    if (plan === 'counted') return --left === 0;
    if (plan === 'never') return false;
    if (plan === 'aimed') return aim?.write.test(write) === true && --left === 0;
    if (!kinds.has(write) && --newKinds === 0) {
      deadly = write;
      left = chance.whole(1, 3);
    }
    kinds.add(write);
    return write === deadly && --left === 0;
  };
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
