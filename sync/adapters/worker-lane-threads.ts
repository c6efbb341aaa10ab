import { Worker } from 'node:worker_threads';
import type { Clock } from '../core/clock.ts';
import type { OpenWorkerLane, WorkerLane, WorkerLaneOptions } from '../core/worker-lane.ts';

interface WaitingJob<Job, Answer> {
  readonly job: Job;
  readonly transfer: readonly ArrayBuffer[];
  readonly answer: (answer: Answer | 'ended' | 'late') => void;
}

/** Lanes over the worker threads of the platform, at low priority. */
export function workerLanes(clock: Pick<Clock, 'wait'>): OpenWorkerLane {
  return (module, options) => openLane(module, clock, options);
}

function openLane<Job, Answer extends object>(
  module: URL,
  clock: Pick<Clock, 'wait'>,
  { data, heapMiB, limitMs, idleMs, startsAtOnce }: WorkerLaneOptions,
): WorkerLane<Job, Answer> {
  const waiting: WaitingJob<Job, Answer>[] = [];
  let worker: Worker | undefined;
  let current: WaitingJob<Job, Answer> | undefined;
  let deadline = new AbortController();
  let isClosed = false;

  function settle(answer: Answer | 'ended' | 'late'): void {
    const settled = current;
    current = undefined;
    deadline.abort();
    settled?.answer(answer);
    next();
  }

  function start(): Worker {
    const started = new Worker(new URL('./worker-lane-thread.ts', import.meta.url), {
      workerData: { module: module.href, data },
      resourceLimits: { maxOldGenerationSizeMb: heapMiB },
    });
    // A thread that waits for work keeps no program alive.
    started.unref();
    // A thread that was stopped may have answered just before: that answer is of no job that waits now.
    started.on('message', (answer: Answer) => {
      if (worker === started) settle(answer);
    });
    const end = (): void => {
      if (worker !== started) return;
      worker = undefined;
      settle('ended');
    };
    started.on('error', end);
    started.on('exit', end);
    return started;
  }

  function next(): void {
    if (current || isClosed) return;
    deadline.abort();
    deadline = new AbortController();
    current = waiting.shift();
    if (!current) {
      if (idleMs !== undefined && worker) void rest(idleMs, deadline.signal);
      return;
    }
    worker ??= start();
    worker.postMessage(current.job, [...current.transfer]);
    void watch(deadline.signal);
  }

  async function watch(signal: AbortSignal): Promise<void> {
    await clock.wait(limitMs, signal);
    if (!signal.aborted) stopLate();
  }

  async function rest(ms: number, signal: AbortSignal): Promise<void> {
    await clock.wait(ms, signal);
    if (signal.aborted) return;
    const idle = worker;
    worker = undefined;
    void idle?.terminate();
  }

  function stopLate(): void {
    const late = worker;
    worker = undefined;
    void late?.terminate();
    settle('late');
  }

  if (startsAtOnce) worker = start();
  return {
    ask: (job, transfer = []) =>
      new Promise((answer) => {
        if (isClosed) return answer('ended');
        waiting.push({ job, transfer, answer });
        next();
      }),
    close: async () => {
      isClosed = true;
      const ended = worker;
      worker = undefined;
      settle('ended');
      for (const { answer } of waiting.splice(0)) answer('ended');
      await ended?.terminate();
    },
  };
}
