import { isoOf } from '../core/clock.ts';
import { signCustody } from '../seal/custody.ts';
import type { SigningKey } from '../seal/signature.ts';
import type { PackId } from '../wire/pack-id.ts';

/** Packs named by one receipt: each is stored once a pack at the sender, so a batch stays small. */
const packsPerReceipt = 64;

/** Signed custody receipts that together name all `packs`; none for none. */
export function custodyReceipts(
  key: SigningKey,
  relay: string,
  nowMs: number,
  packs: readonly { readonly packId: PackId; readonly sizeBytes: number }[],
): readonly string[] {
  const receipts: string[] = [];
  for (let at = 0; at < packs.length; at += packsPerReceipt) {
    const batch = packs
      .slice(at, at + packsPerReceipt)
      .map(({ packId, sizeBytes }) => ({ packId, sizeBytes }));
    receipts.push(signCustody(key, { relay, at: isoOf(nowMs), packs: batch }));
  }
  return receipts;
}
