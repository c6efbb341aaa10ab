import { fail, ok, type Result } from '../core/result.ts';
import type { PackId } from '../wire/pack-id.ts';
import { append } from './append.ts';
import { type Arrival, createArrival } from './arrival.ts';
import type { Desk, Outcome, UploadConfig, UploadPorts } from './desk.ts';
import { createEarlyBytes } from './early.ts';
import { gapFault, type RelayFault, storageFault, withdrawn } from './fault.ts';
import { keep } from './keep.ts';
import { checkPiece, type Piece } from './part.ts';
import { createParts, nameOf, type Part } from './parts.ts';
import type { Caller } from './ports.ts';

/** Packs on their way in. */
export interface Uploads {
  /** Takes up the parts that an earlier run left on disk. */
  restore(): Promise<void>;
  /**
   * Takes one piece. What has arrived before a cut stays; the same bytes may come any number of times, by any
   * number of requests at once, and a piece may come before the one in front of it: `offset` then says how far the
   * pack is here without a gap. `custody` is durable: file, folder and row.
   */
  receive(
    caller: Caller,
    packId: PackId,
    piece: Piece,
    body: AsyncIterable<Uint8Array>,
  ): Promise<Outcome>;
  /** Gives up the parts of callers who may do nothing here any more. */
  dropUnlisted(): Promise<void>;
  /** Unfinished packs, and their bytes here. */
  count(): { readonly parts: number; readonly bytes: number };
  /**
   * What is here of an unfinished pack of the caller: bytes from its start, and ranges behind a gap. What came with
   * requests that have not ended counts: one that was cut ends only when the reset of its connection is through.
   */
  held(caller: Caller, packId: PackId): Promise<Held>;
}

/** Bytes of an unfinished pack. */
export interface Held {
  readonly offset: number;
  readonly early: readonly [number, number][];
}

/** Bodies on their way in. */
type Arriving = Map<Part<Outcome>, Set<Arrival>>;

export function createUploads(ports: UploadPorts, config: UploadConfig): Uploads {
  const early = createEarlyBytes();
  const parts = createParts<Outcome>(ports, early.forget);
  const desk: Desk = { ...ports, config, parts, early };
  const arriving: Arriving = new Map();
  const isListed = (caller: Caller): boolean => ports.rightsOf(caller) !== undefined;
  return {
    async restore() {
      await parts.restore();
      await parts.dropUnlisted(isListed);
    },
    dropUnlisted: () => parts.dropUnlisted(isListed),
    count: () => parts.count(),
    async held(caller, packId) {
      const part = parts.find({ ...caller, packId });
      if (part === undefined) return { offset: 0, early: [] };
      await Promise.all([...(arriving.get(part) ?? [])].map((arrival) => arrival.flush()));
      if (part.isDropped) return { offset: 0, early: [] };
      return { offset: part.heldBytes, early: early.rangesOf(part) };
    },
    async receive(caller, packId, piece, body) {
      const possible = checkPiece(piece);
      if (!possible.ok) return possible;
      const rights = ports.rightsOf(caller);
      if (rights === undefined) return fail(withdrawn());
      const brought = await ports.index.brought(caller, [packId]);
      if (!brought.ok) return fail(storageFault(brought.fault));
      const row = brought.value[0];
      if (row !== undefined) return ok({ kind: 'custody', sizeBytes: row.sizeBytes });
      const part = await parts.open({ ...caller, packId }, rights.openPacks);
      if (!part.ok) return part;
      const agreed = await agree(desk, part.value, piece.totalBytes);
      return agreed.ok ? take(desk, arriving, part.value, { ...piece, body }) : agreed;
    },
  };
}

/** Only one length can be right, and the outside of the pack tells which; who errs starts again. */
async function agree(
  { parts }: Desk,
  part: Part<Outcome>,
  totalBytes: number,
): Promise<Result<void, RelayFault>> {
  // A pack that is being kept has the length that its outside says, whatever a late piece claims.
  if (part.totalBytes === totalBytes || part.end !== undefined) return ok(undefined);
  if (part.outside !== undefined || part.heldBytes > totalBytes) {
    await parts.drop(part);
    return fail(gapFault(0));
  }
  part.totalBytes = totalBytes;
  return ok(undefined);
}

async function take(
  desk: Desk,
  arriving: Arriving,
  part: Part<Outcome>,
  { offset, body }: { readonly offset: number; readonly body: AsyncIterable<Uint8Array> },
): Promise<Outcome> {
  let endedAt = offset;
  let refusal: RelayFault | undefined;
  await readAll(arriving, part, body, async (at, bytes) => {
    const start = offset + at;
    endedAt = start + bytes.length;
    // The rest of a refused body is read to its end: an answer in the middle would look like a cut.
    if (refusal !== undefined) return;
    const added = await desk.turns.run(nameOf(part.key), () => append(desk, part, start, bytes));
    if (!added.ok) refusal = added.fault;
  });
  if (refusal !== undefined) return fail(refusal);
  if (endedAt === offset && endedAt > part.heldBytes) return fail(gapFault(part.heldBytes));
  if (part.end === undefined && part.heldBytes < part.totalBytes) {
    return ok({ kind: 'offset', offset: part.heldBytes });
  }
  part.end ??= desk.turns.run(`pack ${part.key.packId}`, () => keep(desk, part));
  return part.end;
}

/** Reads a body to its end, and lets whoever asks for what is here count what came of it. */
async function readAll(
  arriving: Arriving,
  part: Part<Outcome>,
  body: AsyncIterable<Uint8Array>,
  take: (at: number, bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const arrival = createArrival(body, take);
  const beside = arriving.get(part) ?? new Set();
  arriving.set(part, beside.add(arrival));
  try {
    await arrival.read();
  } finally {
    beside.delete(arrival);
    if (beside.size === 0) arriving.delete(part);
  }
}
