import { fixedHeaderSize, maxPackBytes, minBodyBytes, stanzaSize } from '../seal/header.ts';

/** Length of the largest pack that SPK v1 allows: four recipients and an inner part of 16 MiB (sealed-pack format). */
export const largestPackSizeBytes = maxPackBytes;

/** Length of the smallest pack: one recipient and an unpadded empty inner part. */
export const smallestPackSizeBytes = fixedHeaderSize + stanzaSize + minBodyBytes;

/** Ids in one `packs/status` request or one `acks` request. */
export const idsPerRequest = 1_000;

/** Packs that come in one `packs/batch` request, the length of each, and of all with what stands in front of them. */
export const batchPacksAtMost = 64;
export const batchedPackSizeBytes = 64 * 1024;
export const batchSizeBytes = 512 * 1024;

/** Urgent packs that are named ahead of their turn when a mailbox holds more than one answer can name. */
export const urgentAtMost = 100;

/** An urgent pack up to this length rides in the answer that names it; a report of a page does. */
export const inlineSizeBytes = 16 * 1024;

/** Bytes of packs that ride in one answer. */
export const inlineTotalBytes = 64 * 1024;

/** Boxes of a center that are told at once to be two. */
export const doubledAtMost = 100;

/** How far behind what the relay holds of a pack a piece of it may end: requests of one pack run side by side. */
export const aheadBytes = 4 * 1024 * 1024;

/** Ranges behind a gap that a relay keeps of one pack: a sender of single bytes must not fill its memory with lists. */
export const earlyRangesAtMost = 256;

/** Bytes of any JSON document that crosses the spool or the wire: order, key list, access list, receipts. */
export const documentSizeBytes = 8 * 1024 * 1024;

/** A request of pairing and its grant, as packs. */
export const enrolSizeBytes = 64 * 1024;
