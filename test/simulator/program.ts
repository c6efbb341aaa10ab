import type { Random } from '#sync/core/random.ts';
import { createSeededRandom } from '../support/random-seeded.ts';
import { createLife, type Life } from './life.ts';
import type { Oracle } from './oracle.ts';
import type { Timeline } from './timeline.ts';

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
    let left = chance.is(0.6) ? chance.whole(1, chance.pick([20, 100, 400])) : 0;
    const isCrashPoint = (write: string): boolean => {
      if (!setting.isFaulty() || crashes >= mostCrashes || --left !== 0) return false;
      crash(`before ${write}`);
      return true;
    };
    const born = createLife({ ...setting, isCrashPoint });
    end = born.end;
    const { life } = born;
    timeline.note(`${name} starts, life ${lives}`);
    const random = createSeededRandom(`${setting.seed} ${name} ${lives}`);
    const isAlive = (): boolean => !life.isOver();
    setting
      .run(life, random, () => isAlive() && crash('its disk failed'))
      .then(
        () => isAlive() && oracle.broken(`${name} ended by itself`),
        (cause) => isAlive() && oracle.broken(`${name} threw: ${reasonOf(cause)}`),
      );
  }

  live();
  return { name, crashes: () => crashes, crash };
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
