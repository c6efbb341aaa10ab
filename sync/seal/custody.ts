import { z } from 'zod';
import { ok, type Result } from '../core/result.ts';
import { complaint, packIdField, relayName } from './fields.ts';
import type { SigningKey } from './signature.ts';
import { damaged, openSignedFile, type SignedFileFault, signFile } from './signed-file.ts';

const custodySchema = z.strictObject({
  v: z.literal(1),
  relay: relayName,
  at: z.iso.datetime(),
  packs: z.array(z.strictObject({ packId: packIdField, sizeBytes: z.int().positive() })).min(1),
});

/**
 * A custody receipt: the relay `relay` says that it holds these packs whole since `at` (ISO time, its clock). It
 * proves nothing about safety: it drives display and scheduling, and permits no purge.
 */
export type Custody = z.infer<typeof custodySchema>;

/** The signed text of one receipt for a batch, by the relay's receipt key. */
export function signCustody(relayKey: SigningKey, custody: Omit<Custody, 'v'>): string {
  return signFile(relayKey, label, { v: 1, ...custody });
}

/** The receipt in `text`, signed by the receipt key that the key list names for the relay. */
export function openCustody(
  text: string | Uint8Array,
  receiptPublicKey: Uint8Array,
): Result<Custody, SignedFileFault> {
  const opened = openSignedFile(text, label, [receiptPublicKey]);
  if (!opened.ok) return opened;
  const parsed = custodySchema.safeParse(opened.value);
  return parsed.success ? ok(parsed.data) : damaged(complaint(parsed.error));
}

const label = 'outpost/v1/custody';
