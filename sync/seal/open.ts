import type { Result } from '../core/result.ts';
import { type OpenContext, type OpenedPack, openWith } from './opening.ts';
import { padding } from './padding.ts';
import type { OpenFault } from './refusal.ts';

export type { OpenContext, OpenedPack } from './opening.ts';
export type { Check, OpenFault, RefusalClass } from './refusal.ts';

/**
 * Opens one pack that was read whole, once, into `bytes`: checks 1 to 11 of FORMAT.md in their order; nothing
 * leaves before the last one. Idempotent; `bytes` is not kept or changed.
 */
export function openPack(bytes: Uint8Array, context: OpenContext): Result<OpenedPack, OpenFault> {
  return openWith(bytes, context, padding);
}
