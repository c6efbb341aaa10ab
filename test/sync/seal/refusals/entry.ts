import type { Check, RefusalClass } from '#sync/seal/open.ts';
import type { Forgery } from '../forge.ts';
import type { Receiver, RefusalVector } from '../refusal-vector.ts';

/** A refusal before its pack was forged. */
export type Entry = Omit<RefusalVector, 'packId'>;

/** Makes entries that are refused at one check for one reason. */
export const refusedAt =
  (check: Check, refusal: RefusalClass, reason: string) =>
  (name: string, forgery?: Forgery, receiver?: Receiver): Entry => ({
    name,
    check,
    refusal,
    reason,
    ...(forgery && { forgery }),
    ...(receiver && { receiver }),
  });

/** Offsets of `from..to`. */
export const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, at) => from + at);

/** `value` as big-endian hex of `bytes` bytes. */
export const big = (value: number | bigint, bytes: number): string =>
  value.toString(16).padStart(bytes * 2, '0');
