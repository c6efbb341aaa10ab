import { type Fault, fault } from '../core/fault.ts';
import { fail } from '../core/result.ts';

/**
 * `coding/too-large`: it declares or asks for more than one payload may hold. `coding/size`: it does not hold what the
 * sizes say. `coding/damaged`: its own layout is broken.
 */
export type CodingFault = Fault<'coding/too-large' | 'coding/size' | 'coding/damaged'>;

/** Most bytes that one payload may stand for, so that a small pack cannot fill the memory of its reader. */
export const maxDecodedBytes = 64 * 1024 * 1024;

export function refused(
  kind: CodingFault['kind'],
  reason: string,
): { readonly ok: false; readonly fault: CodingFault } {
  return fail(fault(kind, `Cannot decode a payload: ${reason}`, 'Ask the sender to send it again'));
}
