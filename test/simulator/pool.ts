import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Outcome } from './simulate.ts';
import type { WorldWish } from './world.ts';

/** Threads that run worlds; each takes the next one as soon as it is free, and waits when there is none. */
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

interface Thread {
  readonly worker: Worker;
  worlds: number;
}

export function createPool(threads = availableParallelism()): Pool {
  const jobs: Job[] = [];
  /** Threads that wait: to read all modules takes one as long as several worlds. */
  const idle: Thread[] = [];
  let running = 0;
  let isClosed = false;

  async function work(thread: Thread, { wish, resolve, reject }: Job): Promise<void> {
    running++;
    thread.worker.ref();
    let isSound = false;
    try {
      resolve(await ask(thread.worker, wish));
      isSound = true;
    } catch (cause) {
      reject(cause);
    }
    thread.worlds++;
    if (isSound && !isClosed && thread.worlds < worldsAThread) {
      // One that waits keeps no process alive.
      thread.worker.unref();
      idle.push(thread);
    } else await thread.worker.terminate();
    running--;
    start();
  }

  function start(): void {
    while (!isClosed && running < threads) {
      const job = jobs.shift();
      if (job === undefined) return;
      void work(idle.pop() ?? newThread(), job);
    }
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
      await Promise.all(idle.splice(0).map(({ worker }) => worker.terminate()));
    },
  };
}

function newThread(): Thread {
  return { worker: new Worker(new URL('./pool-worker.ts', import.meta.url)), worlds: 0 };
}

function ask(worker: Worker, wish: WorldWish): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      worker.off('exit', onExit);
      worker.off('error', onError);
      worker.off('message', onMessage);
    };
    const onExit = (code: number): void => {
      end();
      reject(new Error(`A thread of worlds ended with ${code} at seed ${wish.seed}`));
    };
    const onError = (cause: unknown): void => {
      end();
      reject(cause);
    };
    const onMessage = (outcome: Outcome): void => {
      end();
      resolve(outcome);
    };
    worker.once('exit', onExit).once('error', onError).once('message', onMessage);
    worker.postMessage(wish);
  });
}
