import { z } from 'zod';
import { hex } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { parseHeader } from '../seal/header.ts';
import { sha256 } from '../seal/sha256.ts';
import type { PackId } from '../wire/pack-id.ts';
import type { Admission } from './admission.ts';
import { outsideSizeBytes } from './part.ts';
import type { PackStore, RelayIndex } from './ports.ts';

export interface RestorePorts {
  readonly store: PackStore;
  readonly index: RelayIndex;
  readonly admission: Admission;
  readonly clock: Clock;
  readonly log: Log;
}

/** Takes the signed lists of each center up from disk; one that no longer verifies is passed over with a warning. */
export async function restoreLists(ports: RestorePorts, roots: readonly string[]): Promise<void> {
  const { store, admission } = ports;
  for (const root of roots) {
    const keyList = await store.readDocument(root, 'center.keys');
    if (keyList === undefined) continue;
    for (const text of textsIn(await store.readDocument(root, 'handovers.json'))) {
      admission.acceptKeyList(text);
    }
    const access = await store.readDocument(root, 'access.json');
    const isKnown = admission.acceptKeyList(keyList).ok;
    const isListed = access === undefined || admission.restoreAccess(access).ok;
    if (!isKnown || !isListed) ports.log.warn('relay/list-damaged', { isKnown, isListed });
  }
}

function textsIn(document: string | undefined): readonly string[] {
  try {
    return z.array(z.string()).parse(JSON.parse(document ?? '[]'));
  } catch {
    // Without the chain the list of the new root does not verify, which is told.
    return [];
  }
}

/** A pack that lies on the disk and in no mailbox. */
export interface StrayPack {
  readonly packId: PackId;
  readonly sizeBytes: number;
}

/**
 * Makes rows and files agree after a crash or a lost database. A file without a row is put back into the mailbox
 * that its header names (its sender may bring it again, which changes nothing); a row without a file is forgotten, so
 * that the sender brings it again; a file that nobody needs any more is removed. Answers what had to be left: the
 * lists of its center are missing, or the database took no row.
 */
export async function reconcile(ports: RestorePorts): Promise<readonly StrayPack[]> {
  const { store, index, log } = ports;
  const held = await index.held();
  if (!held.ok) throw new Error(held.fault.message, { cause: held.fault });
  const lost = new Set(held.value);
  let adopted = 0;
  let removed = 0;
  const left: StrayPack[] = [];
  for (const { packId, sizeBytes } of await store.packs()) {
    lost.delete(packId);
    if (held.value.has(packId)) continue;
    const outcome = await adopt(ports, packId, sizeBytes);
    if (outcome === 'adopted') adopted++;
    if (outcome === 'left') left.push({ packId, sizeBytes });
    if (outcome !== 'remove') continue;
    await store.removePack(packId);
    removed++;
  }
  if (lost.size > 0) {
    const forgotten = await index.forget([...lost]);
    if (!forgotten.ok) throw new Error(forgotten.fault.message, { cause: forgotten.fault });
    log.error('relay/packs-lost', { packs: lost.size });
  }
  if (adopted + removed > 0) log.warn('relay/packs-reconciled', { adopted, removed });
  if (left.length > 0) log.warn('relay/packs-left', { packs: left.length });
  return left;
}

/** Puts one pack that has no row into the mailboxes that its header names, or says that nobody needs it. */
export async function adopt(
  ports: RestorePorts,
  packId: PackId,
  sizeBytes: number,
): Promise<'adopted' | 'remove' | 'left'> {
  const { store, index, admission, clock } = ports;
  const bytes = await store.readPack(packId, 0, sizeBytes);
  if (!bytes.ok || bytes.value === undefined) return 'left';
  const header = parseHeader(bytes.value.subarray(0, outsideSizeBytes));
  if (!header.ok || hex(sha256(bytes.value)) !== packId) return 'remove';
  const mailbox = hex(header.value.mailbox);
  let outcome: 'adopted' | 'remove' | 'left' = 'left';
  for (const center of admission.centersOf(mailbox)) {
    const row = await index.find(center, packId);
    if (!row.ok) return 'left';
    if (row.value?.isTaken === true) {
      if (outcome === 'left') outcome = 'remove';
      continue;
    }
    const added = await index.addPack({
      center,
      packId,
      mailbox,
      sizeBytes,
      class: header.value.class,
      receivedAtMs: clock.nowMs(),
    });
    if (added.ok) outcome = 'adopted';
  }
  return outcome;
}
