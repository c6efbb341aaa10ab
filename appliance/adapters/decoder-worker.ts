import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { fault } from '#sync/core/fault.ts';
import { fail, type Result } from '#sync/core/result.ts';
import type { InstanceStore } from '../ports.ts';
import type { DecodeFault, Decoder } from '../query/ports.ts';
import type { StoredObject } from '../store/twins.ts';
import type { DecodeJob } from './decode-job.ts';

/** A dataset that is decoded is in memory as a whole, before and after: no more than so much of each. */
const mostBytes = 512 * 1024 * 1024;
/** Heap of the worker; pixels lie outside of it. */
const mostHeapMiB = 256;
const timeoutMs = 120_000;
/** A worker that has nothing to do for so long ends, and its memory with it. */
const idleMs = 30_000;

type Outcome = Result<Uint8Array, DecodeFault>;

/**
 * Decodes in a worker thread, one dataset at a time however many ask, so that memory is bounded. A codec that crashes
 * or does not come to an end costs that dataset and its worker, not the program.
 */
export function createDecoder(store: Pick<InstanceStore, 'read'>): Decoder {
  let last: Promise<unknown> = Promise.resolve();
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;

  function stop(): void {
    void worker?.terminate();
    worker = undefined;
  }

  function run(job: DecodeJob): Promise<Outcome> {
    clearTimeout(idle);
    worker ??= new Worker(new URL('./decoder-worker-thread.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: mostHeapMiB },
    });
    worker.unref();
    const current = worker;
    const { promise, resolve: answer } = Promise.withResolvers<Outcome>();
    const lost = (): void => {
      stop();
      answer(fail(fault('decode/worker', 'Its decoder gave up', 'Ask for it as it is')));
    };
    const deadline = setTimeout(lost, timeoutMs);
    current.once('message', answer).once('error', lost).once('exit', lost);
    current.postMessage(job, [job.dataset.buffer as ArrayBuffer]);
    return promise.finally(() => {
      clearTimeout(deadline);
      current.off('message', answer).off('error', lost).off('exit', lost);
      idle = setTimeout(stop, idleMs).unref();
    });
  }

  async function decode(object: StoredObject, into: string, signal: AbortSignal): Promise<Outcome> {
    const sizeBytes = object.payloadSizeBytes - object.fileHeaderSizeBytes;
    if (sizeBytes > mostBytes) {
      return fail(
        fault('decode/too-large', 'It is too large to be decoded here', 'Ask for it as it is'),
      );
    }
    const read = await store.read(object, object.fileHeaderSizeBytes, sizeBytes);
    const isIntact =
      read.ok && createHash('sha256').update(read.value).digest('hex') === object.datasetSha256;
    if (!isIntact || signal.aborted) {
      return fail(fault('decode/damaged', 'An instance is damaged here', 'Send it again'));
    }
    // The worker takes the buffer: it has to be of its own.
    const dataset =
      read.value.byteLength === read.value.buffer.byteLength ? read.value : read.value.slice();
    const { transferSyntaxUid } = object;
    return run({ dataset, transferSyntaxUid, into, mostBytes });
  }

  return {
    decode: (object, into, signal) => {
      const turn = last.then(() => decode(object, into, signal));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}
