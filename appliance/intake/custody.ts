import type { Clock } from '#sync/core/clock.ts';
import type { Log } from '#sync/core/log.ts';
import { openCustody } from '#sync/seal/custody.ts';
import { type PackId, parsePackId } from '#sync/wire/pack-id.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import type { Catalog, Center, OpenPack, Pairing } from '../ports.ts';
import type { BoxFact } from '../store/facts.ts';
import { receiptKeys } from './pairing.ts';
import type { Recorder } from './recorder.ts';

export interface CustodyPorts {
  readonly catalog: Pick<Catalog, 'openPacks'>;
  readonly recorder: Recorder;
  readonly spool: Pick<ClinicalSpool, 'custodyReceipts' | 'removeSent' | 'sentPacks'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
}

/**
 * Counts the relay's custody receipts that verify, then removes their packs from the spool. The answer is how many
 * are new. A receipt that does not verify counts for nothing: its pack goes on being sent.
 */
export async function custodyTurn(
  ports: CustodyPorts,
  pairing: Pairing | undefined,
): Promise<number> {
  const receipts = await ports.spool.custodyReceipts();
  if (receipts.size === 0 || !pairing) return 0;
  const open = new Map((await ports.catalog.openPacks()).map((pack) => [pack.packId, pack]));
  const taken: { readonly packId: PackId; readonly fact: BoxFact }[] = [];
  const leftovers: PackId[] = [];
  let refused = 0;
  for (const [packId, receipt] of receipts) {
    const pack = open.get(packId);
    if (!pack) leftovers.push(packId);
    else {
      const relay = relayOf(receipt, pack, pairing.centers);
      if (relay === undefined) refused += 1;
      else {
        const atMs = ports.clock.nowMs();
        taken.push({ packId, fact: { fact: 'custody', atMs, packId, relay } });
      }
    }
  }
  if (refused > 0) ports.log.warn('appliance/custody-refused', { receipts: refused });
  if (taken.length > 0) {
    const recorded = await ports.recorder.record(taken.map(({ fact }) => fact));
    if (!recorded.ok) return 0;
    for (const { packId } of taken) await ports.spool.removeSent(packId);
  }
  await removeLeftovers(ports, leftovers);
  return taken.length;
}

/**
 * At start: packs in the spool that no fact knows (a crash came between) are removed, since their instances are
 * still pending; packs in custody are removed; open packs that are gone from the spool are dropped, so that what
 * they held is sealed anew.
 */
export async function tidySpool(
  ports: CustodyPorts,
): Promise<{ removed: number; dropped: number }> {
  const open = new Set((await ports.catalog.openPacks()).map(({ packId }) => packId));
  const sent = new Set<string>(await ports.spool.sentPacks());
  const orphans = [...sent].filter((packId) => !open.has(packId));
  for (const text of orphans) {
    const packId = parsePackId(text);
    if (packId) await ports.spool.removeSent(packId);
  }
  const lost = [...open].filter((packId) => !sent.has(packId));
  const atMs = ports.clock.nowMs();
  if (lost.length > 0) {
    ports.log.warn('appliance/packs-lost', { packs: lost.length });
    await ports.recorder.record(
      lost.map((packId) => ({ fact: 'dropped', atMs, packId, reason: 'gone from the spool' })),
    );
  }
  return { removed: orphans.length, dropped: lost.length };
}

/** The id of the relay that holds the pack by this receipt, or undefined when no known key signed that. */
function relayOf(
  receipt: Uint8Array,
  pack: OpenPack,
  centers: readonly Center[],
): string | undefined {
  for (const key of centers.flatMap(receiptKeys)) {
    const custody = openCustody(receipt, key);
    if (!custody.ok) continue;
    const isNamed = custody.value.packs.some(
      ({ packId, sizeBytes }) => packId === pack.packId && sizeBytes === pack.sizeBytes,
    );
    if (isNamed) return custody.value.relay;
  }
  return undefined;
}

/** A crash between the fact and the removal leaves the file; the receipt comes by again. */
async function removeLeftovers(ports: CustodyPorts, packIds: readonly PackId[]): Promise<void> {
  if (packIds.length === 0) return;
  const sent = new Set(await ports.spool.sentPacks());
  for (const packId of packIds) if (sent.has(packId)) await ports.spool.removeSent(packId);
}
