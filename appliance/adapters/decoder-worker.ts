import { createHash } from 'node:crypto';
import { fault } from '#sync/core/fault.ts';
import { fail, type Result } from '#sync/core/result.ts';
import type { OpenWorkerLane } from '#sync/core/worker-lane.ts';
import type { InstanceStore } from '../ports-store.ts';
import type { DecodeFault, Decoder } from '../query/ports.ts';
import type { StoredObject } from '../store/twins.ts';
import type { DecodeJob } from './decode-job.ts';

/** A dataset that is decoded is in memory as a whole, before and after: no more than so much of each. */
const mostBytes = 512 * 1024 * 1024;
/** Pixels lie outside of the heap; what the codecs hold goes when nobody asked for a while. */
const limits = { limitMs: 120_000, heapMiB: 256, idleMs: 30_000 };

type Outcome = Result<Uint8Array, DecodeFault>;

/**
 * Decodes in a worker thread, one dataset at a time however many ask, so that memory is bounded. A codec that crashes
 * or does not come to an end costs that dataset and its worker, not the program. The thread ends with `ended`.
 */
export function createDecoder(
  store: Pick<InstanceStore, 'read'>,
  openLane: OpenWorkerLane,
  ended: AbortSignal,
): Decoder {
  let last: Promise<unknown> = Promise.resolve();
  const module = new URL('./decode-job.ts', import.meta.url);
  const lane = openLane<DecodeJob, Outcome>(module, limits);
  ended.addEventListener('abort', () => void lane.close(), { once: true });

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
    const job = { dataset, transferSyntaxUid, into, mostBytes };
    const outcome = await lane.ask(job, [dataset.buffer as ArrayBuffer]);
    return typeof outcome === 'object'
      ? outcome
      : fail(fault('decode/worker', 'Its decoder gave up', 'Ask for it as it is'));
  }

  return {
    decode: (object, into, signal) => {
      const turn = last.then(() => decode(object, into, signal));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}
