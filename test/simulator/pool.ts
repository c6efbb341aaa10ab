import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Outcome } from './simulate.ts';
import type { WorldWish } from './world.ts';

/** Threads that run worlds; each takes the next one as soon as it is free. */
export interface Pool {
  run(wish: WorldWish): Promise<Outcome>;
  /** Worlds that nobody began are given up, and the threads end. */
  close(): Promise<void>;
}

/** What a thread has kept of its worlds goes with it: a new one takes its place after so many. */
const worldsAThread = 300;

interface Job {
  readonly wish: WorldWish;
  resolve(outcome: Outcome): void;
  reject(cause: unknown): void;
}

export function createPool(threads = availableParallelism()): Pool {
  const jobs: Job[] = [];
  let free = threads;
  let isClosed = false;

  /** One thread, until no job is left or it has had its share. */
  async function work(): Promise<void> {
    const worker = new Worker(new URL('./pool-worker.ts', import.meta.url));
    try {
      for (let worlds = 0; worlds < worldsAThread; worlds++) {
        const job = jobs.shift();
        if (job === undefined) return;
        try {
          job.resolve(await ask(worker, job.wish));
        } catch (cause) {
          job.reject(cause);
          return;
        }
      }
    } finally {
      await worker.terminate();
      free++;
      start();
    }
  }

  function start(): void {
    if (isClosed || free === 0 || jobs.length === 0) return;
    free--;
    void work();
  }

  return {
    run: (wish) =>
      new Promise((resolve, reject) => {
        jobs.push({ wish, resolve, reject });
        start();
      }),
    close: async () => {
      isClosed = true;
      for (const { reject } of jobs.splice(0)) reject(new Error('The pool was closed'));
    },
  };
}

function ask(worker: Worker, wish: WorldWish): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number): void =>
      reject(new Error(`A thread of worlds ended with ${code} at seed ${wish.seed}`));
    worker.once('exit', onExit);
    worker.once('error', reject);
    worker.once('message', (outcome: Outcome) => {
      worker.off('exit', onExit);
      worker.off('error', reject);
      resolve(outcome);
    });
    worker.postMessage(wish);
  });
}
