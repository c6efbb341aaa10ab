import type { Clock } from '#sync/core/clock.ts';
import type { Database, DatabaseFault } from '#sync/core/database.ts';
import { fault } from '#sync/core/fault.ts';
import { fail } from '#sync/core/result.ts';
import type { Timeline } from './timeline.ts';

/**
 * One run of one program, from start to crash. A program touches the world through ports only, so it is killed by
 * never answering it again: whatever it waits for, it stays there, and all that it held in memory is lost. A change
 * of the world happens at a moment of its own, and the crash may come before any of them.
 */
export interface Life {
  readonly name: string;
  isOver(): boolean;
  /** Asks the program to stop; nobody does before the world is over. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** `target` for this life: `writes` take time and are crash points, `instant` answer without a promise. */
  port<T extends object, K extends keyof T = never>(
    target: T,
    kinds: { readonly writes: readonly K[]; readonly instant?: readonly (keyof T)[] },
  ): T;
  /** A database for this life: writes are answered in the order they were asked for. */
  database(target: Database): Database;
  /** Runs `effect` once, later, unless the program is dead by then. */
  write<T>(name: string, effect: () => T | Promise<T>): Promise<T>;
  /** Runs `effect` at once, unless the program is dead or dies here. */
  now<T>(name: string, effect: () => T): Promise<T>;
  /** Runs what changes nothing; the dead never hear of it. */
  look<T>(effect: () => Promise<T>): Promise<T>;
  /** What the file system answers to a step instead of doing it; undefined: it does it. */
  fault(step: string): DiskError | undefined;
}

/** `EIO`: it broke, and of an fsync nobody knows what it kept. `ENOSPC`: it is full. */
export type DiskError = 'EIO' | 'ENOSPC';

export interface LifeSetting {
  readonly timeline: Timeline;
  readonly name: string;
  /** Wall clock at the start of the world; what a program may believe of it moves with `skewMs`. */
  readonly startMs: number;
  readonly skewMs: () => number;
  /** Called before every write; true ends the life there. */
  readonly isCrashPoint: (write: string) => boolean;
  /** What the disk answers instead of taking a write of a database; undefined: it takes it. */
  readonly diskFault: () => DatabaseFault['kind'] | undefined;
  readonly fileFault: (step: string) => DiskError | undefined;
}

/** A life and the ways out of it. */
export interface BornLife {
  readonly life: Life;
  end(): void;
  /** After the world: lets go of what the platform holds for it, since a signal that is listened to is never collected. */
  forget(): void;
}

export function createLife(setting: LifeSetting): BornLife {
  const { timeline, name } = setting;
  const bornMs = timeline.elapsedMs();
  const stop = new AbortController();
  let isOver = false;
  let lastWriteMs = 0;
  const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

  const write = <T>(
    label: string,
    effect: () => T | Promise<T>,
    delayMs = timeline.chance.between(0.1, 4),
  ): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      timeline.after(delayMs, () => {
        if (isOver || setting.isCrashPoint(label)) return;
        Promise.resolve()
          .then(effect)
          .then(
            (value) => isOver || resolve(value),
            (cause) => isOver || reject(cause),
          );
      });
    });

  const look = async <T>(effect: () => Promise<T>): Promise<T> => {
    if (isOver) return never();
    const value = await effect();
    return isOver ? never() : value;
  };

  const clock: Clock = {
    nowMs: () => Math.floor(setting.startMs + timeline.elapsedMs() + setting.skewMs()),
    monotonicMs: () => timeline.elapsedMs() - bornMs,
    wait: (ms, signal) =>
      new Promise((resolve) => {
        if (isOver) return;
        if (signal.aborted) return resolve();
        const finish = (): void => {
          undo();
          signal.removeEventListener('abort', finish);
          if (!isOver) resolve();
        };
        // No timer of the platform is shorter.
        const undo = timeline.after(Math.max(1, ms), finish);
        signal.addEventListener('abort', finish);
      }),
  };

  const life: Life = {
    name,
    isOver: () => isOver,
    signal: stop.signal,
    clock,
    port(target, { writes, instant = [] }) {
      const own: Record<PropertyKey, unknown> = {};
      for (const key of Object.keys(target) as (keyof typeof target)[]) {
        const member: unknown = target[key];
        if (typeof member !== 'function' || instant.includes(key)) own[key] = member;
        else if ((writes as readonly unknown[]).includes(key)) {
          own[key] = (...args: readonly unknown[]) =>
            write(`${name} ${String(key)}`, () => member.apply(target, args));
        } else {
          own[key] = (...args: readonly unknown[]) => look(() => member.apply(target, args));
        }
      }
      return own as typeof target;
    },
    database: (target) => ({
      ...target,
      write: (statements) => {
        const now = timeline.elapsedMs();
        lastWriteMs = Math.max(lastWriteMs, now + timeline.chance.between(0.1, 4));
        const commit = () => {
          const kind = setting.diskFault();
          if (kind === undefined) return target.write(statements);
          return fail(fault(kind, 'The disk of the simulator says no', 'Wait', 'later'));
        };
        return write(`${name} database`, commit, lastWriteMs - now);
      },
      read: (sql, args) => look(() => target.read(sql, args)),
    }),
    write: (label, effect) => write(`${name} ${label}`, effect),
    now: async (label, effect) =>
      isOver || setting.isCrashPoint(`${name} ${label}`) ? never() : effect(),
    look,
    fault: (step) => (isOver ? undefined : setting.fileFault(`${name} ${step}`)),
  };
  return {
    life,
    end: () => {
      isOver = true;
    },
    forget: () => {
      isOver = true;
      stop.abort();
    },
  };
}
