import { concat } from '../core/bytes.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { Rights } from './admission.ts';
import type { Desk, Outcome } from './desk.ts';
import { fullFault, gapFault, type RelayFault, storageFault, withdrawn } from './fault.ts';
import { checkOutside, hasSpace, newBytes, outsideSizeBytes } from './part.ts';
import type { Part } from './parts.ts';

/**
 * Appends bytes that belong at `at` to a part, and after them what came early and now follows; too early ones wait.
 * Nothing of it is durable. The caller has the turn of the part.
 */
export async function append(
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

/** What may not be kept is refused before it costs disk or quota, and its part dropped. */
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
  const inspected = await inspect(desk, part, fresh.value, rights);
  if (!inspected.ok) {
    if (inspected.fault.retry === 'never') await desk.parts.dropAtOnce(part);
    return inspected;
  }
  return store(desk, part, fresh.value, rights);
}

async function store(
  desk: Desk,
  part: Part<Outcome>,
  fresh: Uint8Array,
  rights: Rights,
): Promise<Result<void, RelayFault>> {
  const { quota, config, clock } = desk;
  const packClass = part.outside?.class;
  if (packClass !== undefined) {
    const freeBytes = await desk.store.freeBytes();
    if (!hasSpace(freeBytes, config.reserveBytes, packClass)) return fail(fullFault());
  }
  const allowed = await quota.spend(part.key, rights.bytesPerDay, fresh.length);
  if (!allowed.ok) return allowed;
  const stored = await desk.store.writePart(part.key, part.heldBytes, fresh);
  if (!stored.ok) {
    quota.giveBack(part.key, fresh.length);
    return fail(storageFault(stored.fault));
  }
  part.heldBytes += fresh.length;
  part.touchedAtMs = clock.monotonicMs();
  desk.onWritten(fresh.length);
  return ok(undefined);
}

/**
 * Reads the outside of the pack as soon as it is here with the bytes that are `coming`, and whether its mailbox may
 * still be written. A fault that never goes away says that the part is to be dropped.
 */
export async function inspect(
  desk: Desk,
  part: Part<Outcome>,
  coming: Uint8Array,
  rights: Rights,
): Promise<Result<void, RelayFault>> {
  const mayWrite = (mailbox: string): boolean => rights.write.has(mailbox);
  if (part.outside !== undefined) {
    return mayWrite(part.outside.mailbox) ? ok(undefined) : fail(withdrawn());
  }
  if (part.heldBytes + coming.length < outsideSizeBytes) return ok(undefined);
  const head = await headOf(desk, part, coming);
  if (!head.ok) return head;
  const outside = checkOutside(head.value, part.totalBytes, mayWrite);
  if (!outside.ok) return outside;
  part.outside = outside.value;
  return ok(undefined);
}

/** The first bytes of the pack: those on disk, then those that come. */
async function headOf(
  { store }: Desk,
  { key, heldBytes }: Part<Outcome>,
  coming: Uint8Array,
): Promise<Result<Uint8Array, RelayFault>> {
  if (heldBytes === 0) return ok(coming.subarray(0, outsideSizeBytes));
  const held = await store.readPartHead(key, Math.min(heldBytes, outsideSizeBytes));
  if (!held.ok) return fail(storageFault(held.fault));
  return ok(concat(held.value, coming.subarray(0, outsideSizeBytes - held.value.length)));
}
