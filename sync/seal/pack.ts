import type { Random } from '../core/random.ts';
import { padding } from './padding.ts';
import { type SealedPack, type SealInput, sealWith } from './sealing.ts';

export { type PackKind, packKinds } from './kind.ts';
export { maxInnerBytes, maxMetaBytes, paddedLength } from './padding.ts';
export type { SealedPack, SealInput } from './sealing.ts';

/**
 * Seals one pack (SPK v1, FORMAT.md): signs, then encrypts, under fresh keys. Draws 48 + 64 bytes a recipient from
 * `random`. Seal once, store the bytes durably, and only ever send those again. Wrong lengths or more than fits
 * (`paddedLength` above `maxInnerBytes`) are bugs of the caller and throw. The input is not kept or changed.
 */
export function sealPack(input: SealInput, random: Random): SealedPack {
  return sealWith(input, random, padding);
}
