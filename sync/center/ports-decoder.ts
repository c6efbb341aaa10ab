import type { Fault } from '../core/fault.ts';
import type { Result } from '../core/result.ts';
import type { DataMeta } from '../letters/data.ts';

/**
 * `decoder/refused`: the payload is not what its meta says. `decoder/limit`: decoding took more time or memory than any
 * honest payload needs, or the decoder ended; the same payload would do it again.
 */
export type DecoderFault = Fault<'decoder/refused' | 'decoder/limit'>;

/** Turns the payload of a data pack back into its pieces. Its input is hostile, even though a box signed it. */
export interface Decoder {
  /** The pieces in the order of `meta.instances`; the caller owns them. `payload` may be read until it answers. */
  decode(meta: DataMeta, payload: Uint8Array): Promise<Result<readonly Uint8Array[], DecoderFault>>;
}
