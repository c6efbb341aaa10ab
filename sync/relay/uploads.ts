import type { Clock } from '../core/clock.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { PackId } from '../wire/pack-id.ts';
import type { Rights } from './admission.ts';
import { type Arrival, createArrival } from './arrival.ts';
import { createEarlyBytes, type EarlyBytes } from './early.ts';
import { fullFault, type RelayFault, relayFault, storageFault } from './fault.ts';
import {
  checkOutside,
  checkPiece,
  gapFault,
  hasSpace,
  newBytes,
  outsideSizeBytes,
  type Piece,
} from './part.ts';
import { createParts, nameOf, type Part, type Parts } from './parts.ts';
import type { Caller, PackStore, RelayIndex } from './ports.ts';
import type { Quota } from './quota.ts';
import type { Turns } from './turns.ts';

/** What a PUT or PATCH came to: the relay holds a part, or it has the whole pack and promises to keep it. */
export type Received =
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'custody'; readonly sizeBytes: number };

type Outcome = Result<Received, RelayFault>;

export interface UploadPorts {
  readonly store: PackStore;
  readonly index: RelayIndex;
  readonly clock: Clock;
  readonly quota: Quota;
  /** Shared with the acknowledgements: keeping and removing one pack never overlap. */
  readonly turns: Turns;
  /** What a caller may do now; asked again for every piece, since a center may withdraw it meanwhile. */
  rightsOf(caller: Caller): Rights | undefined;
  /** Called after a pack's row is durable. */
  onKept(center: string, mailbox: string): void;
  /** Called with the new bytes of each write. */
  onWritten(sizeBytes: number): void;
}

export interface UploadConfig {
  /** Free bytes that routine packs leave untouched; urgent ones may use half. */
  readonly reserveBytes: number;
}

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

interface Desk extends UploadPorts {
  readonly config: UploadConfig;
  readonly parts: Parts<Outcome>;
  readonly early: EarlyBytes;
  /** Bodies on their way in. */
  readonly arriving: Map<Part<Outcome>, Set<Arrival>>;
}

export function createUploads(ports: UploadPorts, config: UploadConfig): Uploads {
  const early = createEarlyBytes();
  const parts = createParts<Outcome>(ports.store, ports.clock, early.forget);
  const desk: Desk = { ...ports, config, parts, early, arriving: new Map() };
  return {
    async restore() {
      await parts.restore();
      await parts.dropUnlisted((caller) => ports.rightsOf(caller) !== undefined);
    },
    dropUnlisted: () => parts.dropUnlisted((caller) => ports.rightsOf(caller) !== undefined),
    count: () => parts.count(),
    async held(caller, packId) {
      const part = desk.parts.find({ ...caller, packId });
      if (part === undefined) return { offset: 0, early: [] };
      await Promise.all([...(desk.arriving.get(part) ?? [])].map((arrival) => arrival.flush()));
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
      const part = await desk.parts.open({ ...caller, packId }, rights.openPacks);
      return part.ok ? take(desk, part.value, piece, body) : part;
    },
  };
}

async function take(
  desk: Desk,
  part: Part<Outcome>,
  piece: Piece,
  body: AsyncIterable<Uint8Array>,
): Promise<Outcome> {
  if (part.totalBytes !== piece.totalBytes) {
    // Only one length can be right, and the outside of the pack tells which; who errs starts again.
    if (part.outside !== undefined || part.heldBytes > piece.totalBytes) {
      await desk.parts.drop(part);
      return fail(gapFault(0));
    }
    part.totalBytes = piece.totalBytes;
  }

  let endedAt = piece.offset;
  let refusal: RelayFault | undefined;
  await readAll(desk, part, body, async (at, bytes) => {
    const start = piece.offset + at;
    endedAt = start + bytes.length;
    // The rest of a refused body is read to its end: an answer in the middle would look like a cut.
    if (refusal !== undefined) return;
    const added = await desk.turns.run(nameOf(part.key), () => append(desk, part, start, bytes));
    if (!added.ok) refusal = added.fault;
  });
  if (refusal !== undefined) return fail(refusal);
  if (endedAt === piece.offset && endedAt > part.heldBytes) return fail(gapFault(part.heldBytes));
  if (part.end === undefined && part.heldBytes < part.totalBytes) {
    return ok({ kind: 'offset', offset: part.heldBytes });
  }
  part.end ??= desk.turns.run(`pack ${part.key.packId}`, () => end(desk, part));
  return part.end;
}

/** Reads a body to its end, and lets whoever asks for what is here count what came of it. */
async function readAll(
  { arriving }: Desk,
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

/** Ends a part that is whole. A fault of the disk leaves it as it is: the next piece, even an empty one, tries again. */
async function end(desk: Desk, part: Part<Outcome>): Promise<Outcome> {
  const outcome = await finish(desk, part);
  if (outcome.ok || outcome.fault.retry === 'never' || outcome.fault.kind === 'relay/wrong-hash') {
    await desk.parts.drop(part);
  } else {
    part.end = undefined;
  }
  return outcome;
}

/** Appends bytes to a part, and after them what came early and now follows; too early ones wait. Alone with its part. */
async function append(
  desk: Desk,
  part: Part<Outcome>,
  at: number,
  bytes: Uint8Array,
): Promise<Result<void, RelayFault>> {
  let added = await write(desk, part, at, bytes);
  if (!added.ok && added.fault.kind === 'relay/offset' && !part.isDropped) {
    return desk.early.keep(part, at, bytes) ? ok(undefined) : added;
  }
  while (added.ok) {
    const next = desk.early.next(part);
    if (next === undefined) break;
    added = await write(desk, part, part.heldBytes, next);
  }
  return added;
}

async function write(
  desk: Desk,
  part: Part<Outcome>,
  at: number,
  bytes: Uint8Array,
): Promise<Result<void, RelayFault>> {
  if (part.end !== undefined) return ok(undefined);
  if (part.isDropped) return fail(gapFault(0));
  const rights = desk.rightsOf(part.key);
  if (rights === undefined) return fail(withdrawn());
  const fresh = newBytes(part.heldBytes, at, bytes, part.totalBytes);
  if (!fresh.ok) return fresh;
  if (fresh.value.length === 0) return ok(undefined);
  const allowed = await desk.quota.spend(part.key, rights.bytesPerDay, fresh.value.length);
  if (!allowed.ok) return allowed;
  const stored = await desk.store.writePart(part.key, part.heldBytes, fresh.value);
  if (!stored.ok) return fail(storageFault(stored.fault));
  part.heldBytes += fresh.value.length;
  desk.onWritten(fresh.value.length);
  part.touchedAtMs = desk.clock.monotonicMs();
  const inspected = await inspect(desk, part, rights);
  if (!inspected.ok || part.outside === undefined) return inspected;
  const freeBytes = await desk.store.freeBytes();
  return hasSpace(freeBytes, desk.config.reserveBytes, part.outside.class)
    ? ok(undefined)
    : fail(fullFault());
}

/** Reads the outside of the pack as soon as it is here; what may not be kept is dropped at once. */
async function inspect(
  desk: Desk,
  part: Part<Outcome>,
  rights: Rights,
): Promise<Result<void, RelayFault>> {
  if (part.heldBytes < outsideSizeBytes) return ok(undefined);
  const head = await desk.store.readPartHead(part.key, outsideSizeBytes);
  if (!head.ok) return fail(storageFault(head.fault));
  const outside = checkOutside(head.value, part.totalBytes, (box) => rights.write.has(box));
  if (!outside.ok) {
    await desk.parts.drop(part);
    return outside;
  }
  part.outside = outside.value;
  return ok(undefined);
}

/** Hash, sync, rename, sync of the folder, row: each before the next, and all before custody is said. */
async function finish(desk: Desk, part: Part<Outcome>): Promise<Outcome> {
  const { key, totalBytes } = part;
  const rights = desk.rightsOf(key);
  if (rights === undefined) return fail(withdrawn());
  // A part from before a restart may be whole without any new byte: its outside is not read yet.
  const inspected = part.outside === undefined ? await inspect(desk, part, rights) : ok(undefined);
  if (!inspected.ok) return inspected;
  if (part.outside !== undefined && !rights.write.has(part.outside.mailbox)) {
    return fail(relayFault('relay/forbidden', 'Cannot write into that mailbox'));
  }
  const kept = await desk.store.finishPart(key, totalBytes);
  if (!kept.ok) return fail(storageFault(kept.fault));
  if (!kept.value || part.outside === undefined) {
    const message = 'Cannot keep the pack: it does not hash to its id';
    return fail(relayFault('relay/wrong-hash', message, { offset: 0, retry: 'later' }));
  }
  const { mailbox, class: packClass } = part.outside;
  const before = await desk.index.find(key.center, key.packId);
  if (!before.ok) return fail(storageFault(before.fault));
  const recorded = await desk.index.addPack({
    center: key.center,
    packId: key.packId,
    mailbox,
    sizeBytes: totalBytes,
    class: packClass,
    receivedAtMs: desk.clock.nowMs(),
    broughtBy: { handle: key.handle, day: desk.quota.today() },
  });
  if (!recorded.ok) return fail(storageFault(recorded.fault));
  if (before.value?.isTaken === true) await removeTaken(desk, key.center, mailbox, key.packId);
  else desk.onKept(key.center, mailbox);
  return ok({ kind: 'custody', sizeBytes: totalBytes });
}

/** The pack was fetched and acknowledged long ago: the row knows, so the file need not stay. */
async function removeTaken(
  desk: Desk,
  center: string,
  mailbox: string,
  packId: PackId,
): Promise<void> {
  const free = await desk.index.take(center, [mailbox], [packId]);
  if (free.ok) for (const id of free.value) await desk.store.removePack(id);
}

/** The center took the right away after the request was let in. */
export function withdrawn(): RelayFault {
  return relayFault('relay/forbidden', 'Cannot do that: the center withdrew it');
}
