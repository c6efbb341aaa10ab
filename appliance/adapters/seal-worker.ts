import { availableParallelism } from 'node:os';
import { fault } from '#sync/core/fault.ts';
import { fail, type Result } from '#sync/core/result.ts';
import type { OpenWorkerLane } from '#sync/core/worker-lane.ts';
import type { SealedPack, Sealer, SealFault, SealJob } from '../ports-sealing.ts';

/**
 * A pack holds at most 14 MiB; the slowest level takes a quarter of this time for it on a slow core, and no level more
 * than a third of this heap for a thousand small images: what it is not given is not left to lie about either.
 */
const limits = { limitMs: 120_000, heapMiB: 128 };

/**
 * Seals in worker threads, one core left for intake. A worker that dies over a job, or takes too long, answers it with
 * `seal/worker`, and a new one takes its place. STAT, manifests and receipts have a thread of their own: none of them waits
 * while a large pack is coded. The threads start here, and practise, so that the first image waits for neither.
 */
export function createSealer(
  identitySeed: Uint8Array,
  openLane: OpenWorkerLane,
  width = Math.max(1, availableParallelism() - 1),
): Sealer {
  const module = new URL('./seal-worker-thread.ts', import.meta.url);
  const open = () =>
    openLane<SealJob, Result<SealedPack, SealFault>>(module, {
      data: { identitySeed },
      ...limits,
      startsAtOnce: true,
    });
  const lanes = Array.from({ length: width }, open);
  const prompt = open();
  let turn = 0;
  return {
    width,
    seal: async (job) => {
      const isPrompt = job.kind !== 'data' || job.class === 0;
      if (!isPrompt) turn = (turn + 1) % lanes.length;
      const lane = isPrompt ? prompt : lanes[turn];
      const answer = await lane?.ask(job, buffersOf(job));
      return typeof answer === 'object' ? answer : fail(lost());
    },
    close: async () => {
      await Promise.all([prompt, ...lanes].map((lane) => lane.close()));
    },
  };
}

/** A buffer that a part has for itself is handed over; a view of a shared one is copied. */
function buffersOf({ parts }: SealJob): ArrayBuffer[] {
  return parts
    .filter(({ bytes }) => bytes.length === bytes.buffer.byteLength)
    .map(({ bytes }) => bytes.buffer as ArrayBuffer);
}

function lost(): SealFault {
  return fault('seal/worker', 'Cannot seal a pack: its worker ended', 'It is tried again', 'now');
}
