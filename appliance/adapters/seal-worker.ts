import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { fault } from '#sync/core/fault.ts';
import { fail, type Result } from '#sync/core/result.ts';
import type { Sealer, SealFault, SealJob } from '../ports.ts';

type Outcome = Result<{ readonly packId: string; readonly bytes: Uint8Array }, SealFault>;

/**
 * Seals in worker threads, one core left for intake. A worker that dies answers its jobs with `seal/worker`, and a
 * new one takes its place.
 */
export function createSealer(
  identitySeed: Uint8Array,
  width = Math.max(1, availableParallelism() - 1),
): Sealer {
  const lanes = Array.from({ length: width }, () => createLane(identitySeed));
  let turn = 0;
  return {
    width,
    seal: (job) => {
      turn = (turn + 1) % lanes.length;
      const lane = lanes[turn];
      return lane ? lane.seal(job) : Promise.resolve(fail(lost()));
    },
    close: async () => {
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}

function createLane(identitySeed: Uint8Array) {
  let worker: Worker | undefined;
  const waiting: ((outcome: Outcome) => void)[] = [];

  function start(): Worker {
    const started = new Worker(new URL('./seal-worker-thread.ts', import.meta.url), {
      workerData: { identitySeed },
    });
    started.on('message', (outcome: Outcome) => waiting.shift()?.(outcome));
    const end = (): void => {
      if (worker !== started) return;
      worker = undefined;
      for (const answer of waiting.splice(0)) answer(fail(lost()));
    };
    started.on('error', end);
    started.on('exit', end);
    return started;
  }

  return {
    seal: (job: SealJob): Promise<Outcome> => {
      worker ??= start();
      const current = worker;
      return new Promise((resolve) => {
        waiting.push(resolve);
        // A buffer that a part has for itself is handed over; a view of a shared one is copied.
        const buffers = job.parts
          .filter(({ bytes }) => bytes.length === bytes.buffer.byteLength)
          .map(({ bytes }) => bytes.buffer as ArrayBuffer);
        current.postMessage(job, buffers);
      });
    },
    close: async (): Promise<void> => {
      await worker?.terminate();
    },
  };
}

function lost(): SealFault {
  return fault('seal/worker', 'Cannot seal a pack: its worker ended', 'It is tried again', 'now');
}
