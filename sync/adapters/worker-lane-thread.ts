import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { CreateWaitingWork, CreateWork } from '../core/worker-lane.ts';

const lowNice = 10;

/**
 * Lets this thread run behind the others of the machine: coding must never take the processor from intake. Linux
 * counts nice by thread; elsewhere nothing changes.
 */
function lowerPriority(): void {
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), lowNice);
  } catch {
    // Only slower where it is missing.
  }
}

lowerPriority();
const { module, data } = workerData as { readonly module: string; readonly data: unknown };
const { createWork } = (await import(module)) as {
  readonly createWork: CreateWork<unknown, object> | CreateWaitingWork<unknown, object>;
};
const work = createWork(data);
// What throws or rejects ends the thread, and the lane tells so.
parentPort?.on('message', async (job: unknown) => {
  const { answer, transfer } = await work(job);
  parentPort?.postMessage(answer, [...transfer]);
});
