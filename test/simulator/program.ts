import type { Random } from '#sync/core/random.ts';
import { createSeededRandom } from '../support/random-seeded.ts';
import { createLife, type Life } from './life.ts';
import type { Oracle } from './oracle.ts';
import type { Chance, Timeline } from './timeline.ts';

/** A program that is started again whenever it dies. */
export interface Program {
  readonly name: string;
  crashes(): number;
  /** Kills it now; it starts again some seconds later. */
  crash(why: string): void;
}

export interface ProgramSetting {
  readonly timeline: Timeline;
  readonly oracle: Oracle;
  readonly seed: number;
  readonly name: string;
  readonly startMs: number;
  readonly skewMs: () => number;
  /** Whether crashes are allowed now. */
  readonly isFaulty: () => boolean;
  /** One life; ends only by itself when the program asks to be started again. */
  readonly run: (life: Life, random: Random, onBroken: () => void) => Promise<void>;
  /** What a crash does to what it leaves behind. */
  readonly onCrash: () => void;
}

/** Crashes of one program in one world. */
const mostCrashes = 4;

export function startProgram(setting: ProgramSetting): Program {
  const { timeline, oracle, name } = setting;
  const { chance } = timeline;
  let crashes = 0;
  let lives = 0;
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
    lives++;
    const isDue = crashPlan(chance);
    const isCrashPoint = (write: string): boolean => {
      if (!setting.isFaulty() || crashes >= mostCrashes || !isDue(write)) return false;
      crash(`before ${write}`);
      return true;
    };
    const met = new Set<string>();
    const diskFault = () => {
      if (!setting.isFaulty() || !chance.is(0.003)) return undefined;
      const kind = chance.pick(['database/full', 'database/io'] as const);
      met.add(kind);
      return kind;
    };
    const born = createLife({ ...setting, isCrashPoint, diskFault });
    end = born.end;
    const { life } = born;
    timeline.note(`${name} starts, life ${lives}`);
    const random = createSeededRandom(`${setting.seed} ${name} ${lives}`);
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

  live();
  return { name, crashes: () => crashes, crash };
}

const failed = 'its disk failed';

/**
 * When a life ends: never, before a write that is counted out, or before one of a kind that this life has not made
 * often, so that rare moments get their share beside the many of the idle loops.
 */
function crashPlan(chance: Chance): (write: string) => boolean {
  const plan = chance.pick(['never', 'counted', 'counted', 'rare', 'rare'] as const);
  let left = plan === 'counted' ? chance.whole(1, chance.pick([20, 100, 400])) : 0;
  const made = new Map<string, number>();
  return (write) => {
    if (plan !== 'rare') return --left === 0;
    const times = (made.get(write) ?? 0) + 1;
    made.set(write, times);
    return times <= 3 && chance.is(0.06);
  };
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
