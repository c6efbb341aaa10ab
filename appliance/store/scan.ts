import { sameBytes } from '#sync/core/bytes.ts';
import {
  firstRecordOffset,
  layoutOf,
  type RecordLayout,
  recordAlignment,
  recordHeadSizeBytes,
  recordTailSizeBytes,
  segmentHeaderSizeBytes,
} from './layout.ts';
import { isTailOf, parseHead, parseTail, type RecordHead, type RecordTail } from './record.ts';
import { parseSegmentHeader } from './segment-header.ts';

/** Reads `length` bytes at `offset` of a segment; fewer only where the file ends. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

/** What a scan finds, in the order of the file. */
export type Found =
  | FoundRecord
  /** A record that was never completed, hence never acknowledged; the last thing of its segment. */
  | { readonly kind: 'torn'; readonly offset: number }
  /** Bytes that were whole once: head or tail of a record, or the header of the segment (offset 0). */
  | { readonly kind: 'damaged'; readonly offset: number };

export interface FoundRecord {
  readonly kind: 'record';
  readonly head: RecordHead;
  readonly tail: RecordTail;
  readonly layout: RecordLayout;
  /**
   * Whether another record was begun behind it, which happens only once this one is durable. When false, nothing
   * but the payload's own hash tells whether a power cut left holes in it.
   */
  readonly isFollowed: boolean;
}

/**
 * Walks the records of one segment of `sizeBytes` from `from` on (0 or a record boundary): two small reads a
 * record, payloads are skipped. Behind a damaged head it goes on at the next boundary whose head carries the id of
 * this segment, so that a flipped bit costs one record and not the rest. Never throws for what the bytes say.
 */
export async function* scanSegment(
  readAt: ReadAt,
  sizeBytes: number,
  from = 0,
): AsyncGenerator<Found> {
  if (sizeBytes === 0) return;
  if (sizeBytes < firstRecordOffset) {
    yield { kind: 'torn', offset: 0 };
    return;
  }
  const segment = await identify(readAt);
  if (segment === 'blank') {
    yield { kind: 'torn', offset: 0 };
    return;
  }
  if (segment === 'damaged') {
    yield { kind: 'damaged', offset: 0 };
    return;
  }
  if (segment.isHeaderDamaged) yield { kind: 'damaged', offset: 0 };
  let offset = Math.max(from, firstRecordOffset);
  let headBytes = await readAt(offset, recordHeadSizeBytes);
  while (offset < sizeBytes) {
    const head = parseHead(headBytes);
    if (typeof head === 'string' || !isAt(head, segment.id, offset)) {
      if (head === 'short' || head === 'blank') {
        yield { kind: 'torn', offset };
        return;
      }
      yield { kind: 'damaged', offset };
      const next = await nextHead(readAt, segment.id, offset + recordAlignment, sizeBytes);
      if (next === undefined) return;
      offset = next;
      headBytes = await readAt(offset, recordHeadSizeBytes);
      continue;
    }
    const layout = layoutOf(offset, head.payloadSizeBytes ?? 0);
    if (head.payloadSizeBytes === undefined || layout.nextOffset > sizeBytes) {
      yield { kind: 'torn', offset };
      return;
    }
    const behind = layout.nextOffset - layout.tailOffset;
    const bytes = await readAt(layout.tailOffset, behind + recordHeadSizeBytes);
    const tail = parseTail(bytes.subarray(0, recordTailSizeBytes));
    headBytes = bytes.subarray(behind);
    const following = parseHead(headBytes);
    const isFollowed =
      typeof following !== 'string' && isAt(following, segment.id, layout.nextOffset);
    if (tail === 'blank' && !isFollowed) {
      yield { kind: 'torn', offset };
      return;
    }
    yield typeof tail === 'string' || !isTailOf(tail, head)
      ? { kind: 'damaged', offset }
      : { kind: 'record', head, tail, layout, isFollowed };
    offset = layout.nextOffset;
  }
}

/** The id of a segment: from its header, or from its first head when the header is damaged. */
async function identify(
  readAt: ReadAt,
): Promise<{ readonly id: Uint8Array; readonly isHeaderDamaged: boolean } | 'blank' | 'damaged'> {
  const header = parseSegmentHeader(await readAt(0, segmentHeaderSizeBytes));
  if (typeof header !== 'string') return { id: header.segmentId, isHeaderDamaged: false };
  const first = parseHead(await readAt(firstRecordOffset, recordHeadSizeBytes));
  if (typeof first !== 'string' && first.recordOffset === firstRecordOffset) {
    return { id: first.segmentId, isHeaderDamaged: true };
  }
  return header === 'blank' ? 'blank' : 'damaged';
}

/** Whether a head belongs where it was read: a copy of a whole segment inside a payload does not. */
function isAt(head: RecordHead, segmentId: Uint8Array, offset: number): boolean {
  return head.recordOffset === offset && sameBytes(head.segmentId, segmentId);
}

/** The next boundary from `offset` on with a head of this segment. */
async function nextHead(
  readAt: ReadAt,
  segmentId: Uint8Array,
  offset: number,
  sizeBytes: number,
): Promise<number | undefined> {
  for (let at = offset; at < sizeBytes; at += recordAlignment) {
    const head = parseHead(await readAt(at, recordHeadSizeBytes));
    if (typeof head !== 'string' && isAt(head, segmentId, at)) return at;
  }
  return undefined;
}
