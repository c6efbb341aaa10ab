import type { DecoderFault } from '../center/ports-decoder.ts';
import { fault } from '../core/fault.ts';
import { fail, type Result } from '../core/result.ts';
import type { CreateWork } from '../core/worker-lane.ts';
import { type DataMeta, decodeData } from '../letters/data.ts';

/** One payload to be decoded. */
export interface DecodeJob {
  readonly meta: DataMeta;
  readonly payload: Uint8Array;
}

export type DecodeAnswer = Result<readonly Uint8Array[], DecoderFault>;

/** Copying less than this costs nothing. */
const leastHandedOverBytes = 64 * 1024;

/** Decodes in the calling thread: the one of a lane, or any where nothing can be hostile. */
export function decodeHere(meta: DataMeta, payload: Uint8Array): DecodeAnswer {
  const pieces = decodeData(meta, payload);
  if (pieces.ok) return pieces;
  return fail(fault('decoder/refused', pieces.fault.message, pieces.fault.next));
}

/** The work of the decoder's thread. */
export const createWork: CreateWork<DecodeJob, DecodeAnswer> = () => {
  return ({ meta, payload }) => {
    const answer = decodeHere(meta, payload);
    return { answer, transfer: answer.ok ? buffersOf(answer.value) : [] };
  };
};

/** The one buffer that the pieces of a payload share, when it is theirs alone; a small one is of the pool. */
function buffersOf(pieces: readonly Uint8Array[]): readonly ArrayBuffer[] {
  const shared = pieces[0]?.buffer;
  const sizeBytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const isOwn = shared instanceof ArrayBuffer && shared.byteLength === sizeBytes;
  return isOwn && sizeBytes >= leastHandedOverBytes ? [shared] : [];
}
