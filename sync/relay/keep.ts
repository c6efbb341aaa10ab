import { fail, ok } from '../core/result.ts';
import type { PackId } from '../wire/pack-id.ts';
import { inspect } from './append.ts';
import type { Desk, Outcome } from './desk.ts';
import { relayFault, storageFault, withdrawn } from './fault.ts';
import type { Part } from './parts.ts';

/**
 * Makes a part that is whole a pack; `custody` is durable: file, folder and row. A fault of the disk leaves the part as
 * it is: the next piece, even an empty one, tries again. The caller has the turn of the pack.
 */
export async function keep(desk: Desk, part: Part<Outcome>): Promise<Outcome> {
  const outcome = await finish(desk, part);
  if (outcome.ok || outcome.fault.retry === 'never' || outcome.fault.kind === 'relay/wrong-hash') {
    await desk.parts.dropAtOnce(part);
  } else {
    part.end = undefined;
  }
  return outcome;
}

/** Hash, sync, rename, sync of the folder, row: each before the next, and all before custody is said. */
async function finish(desk: Desk, part: Part<Outcome>): Promise<Outcome> {
  const { key, totalBytes } = part;
  const rights = desk.rightsOf(key);
  if (rights === undefined) return fail(withdrawn());
  // The outside of a part from before a restart is not read yet.
  const inspected = await inspect(desk, part, new Uint8Array(), rights);
  if (!inspected.ok) return inspected;
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
