import type { Decoder, DecoderFault } from '../center/ports-decoder.ts';
import { fault } from '../core/fault.ts';
import { fail } from '../core/result.ts';
import type { OpenWorkerLane } from '../core/worker-lane.ts';
import { type DecodeAnswer, type DecodeJob, decodeHere } from './decoder-here.ts';

/**
 * The slowest codec reads 64 MiB in a minute of processor time. A busy machine took 53 s for a good pack of 8 MiB,
 * thirteen times its four seconds, and a good one must never be refused for that.
 */
const limits = { limitMs: 600_000, heapMiB: 256 };

/**
 * Decodes in a thread with limits of memory and time: a payload that breaks a codec takes the thread with it and nothing
 * else. Bytes in coding 0 are only cut, here. One that ends the thread is tried once more, since the machine may
 * have been at fault.
 */
export function createDecoder(openLane: OpenWorkerLane): Decoder & { close(): Promise<void> } {
  const module = new URL('./decoder-here.ts', import.meta.url);
  const lane = openLane<DecodeJob, DecodeAnswer>(module, limits);
  return {
    decode: async (meta, payload) => {
      if (meta.coding === 0) return decodeHere(meta, payload);
      const first = await lane.ask({ meta, payload });
      const answer = typeof first === 'string' ? await lane.ask({ meta, payload }) : first;
      return typeof answer === 'string' ? fail(beyond(answer)) : answer;
    },
    close: lane.close,
  };
}

function beyond(how: 'ended' | 'late'): DecoderFault {
  const what = how === 'late' ? 'takes longer than any honest one' : 'ends the decoder';
  return fault(
    'decoder/limit',
    `Cannot decode a data pack: its payload ${what}`,
    'Ask the box to send the study again; the sealed pack is kept in quarantine',
  );
}
