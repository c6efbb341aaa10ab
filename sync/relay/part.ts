import { hex } from '../core/bytes.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { fixedHeaderSize, type PackClass, parseHeader } from '../seal/header.ts';
import { largestPackSizeBytes, smallestPackSizeBytes } from '../wire/limits.ts';
import { gapFault, type RelayFault, relayFault } from './fault.ts';

/** What one PUT or PATCH claims. */
export interface Piece {
  /** Where its first byte lies in the pack. */
  readonly offset: number;
  /** Length of the whole pack. */
  readonly totalBytes: number;
}

/** Whether a pack of that length can exist at all. */
export function checkPiece(piece: Piece): Result<void, RelayFault> {
  if (!Number.isSafeInteger(piece.totalBytes) || piece.totalBytes < smallestPackSizeBytes) {
    return fail(relayFault('relay/bad-request', 'Cannot take a pack without its true length'));
  }
  if (piece.totalBytes > largestPackSizeBytes) {
    return fail(relayFault('relay/too-large', 'Cannot take a pack longer than the format allows'));
  }
  if (!Number.isSafeInteger(piece.offset) || piece.offset < 0 || piece.offset > piece.totalBytes) {
    return fail(relayFault('relay/bad-request', 'Cannot take a piece at that offset'));
  }
  return ok(undefined);
}

/**
 * The bytes of a piece that are new when the relay holds `heldBytes`: overlap is skipped, a gap is answered with
 * the right offset, bytes behind the end are refused.
 */
export function newBytes(
  heldBytes: number,
  at: number,
  bytes: Uint8Array,
  totalBytes: number,
): Result<Uint8Array, RelayFault> {
  if (at + bytes.length > totalBytes) {
    return fail(relayFault('relay/bad-request', 'Cannot take bytes behind the end of the pack'));
  }
  if (at > heldBytes) return fail(gapFault(heldBytes));
  return ok(bytes.subarray(Math.min(bytes.length, heldBytes - at)));
}

/** What a relay reads of a pack's outside. */
export interface Outside {
  readonly mailbox: string;
  readonly class: PackClass;
}

/** Bytes at the start of a pack that tell its mailbox and length. */
export const outsideSizeBytes = fixedHeaderSize;

/** Checks the first bytes of a pack against the claimed length and the mailboxes that the caller may write. */
export function checkOutside(
  head: Uint8Array,
  totalBytes: number,
  mayWrite: (mailbox: string) => boolean,
): Result<Outside, RelayFault> {
  const header = parseHeader(head);
  if (!header.ok || header.value.sizeBytes !== totalBytes) {
    return fail(relayFault('relay/not-a-pack', 'Cannot take what is not a sealed pack'));
  }
  const mailbox = hex(header.value.mailbox);
  return mayWrite(mailbox)
    ? ok({ mailbox, class: header.value.class })
    : fail(relayFault('relay/forbidden', 'Cannot write into that mailbox'));
}

/**
 * Whether a pack of `packClass` may still be taken with `freeBytes` on the disk. STAT and urgent packs may use the
 * first half of the reserve, so that routine images are refused first.
 */
export function hasSpace(freeBytes: number, reserveBytes: number, packClass: PackClass): boolean {
  return freeBytes - largestPackSizeBytes >= (packClass <= 1 ? reserveBytes / 2 : reserveBytes);
}
