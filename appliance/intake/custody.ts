import type { Clock } from '#sync/core/clock.ts';
import type { Log } from '#sync/core/log.ts';
import { openCustody } from '#sync/seal/custody.ts';
import type { PackId } from '#sync/wire/pack-id.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import type { Catalog } from '../ports-catalog.ts';
import type { Center, Pairing } from '../ports-pairing.ts';
import type { OpenPack } from '../ports-waiting.ts';
import type { BoxFact } from '../store/facts.ts';
import { droppedFacts, removeSentPacks } from './dropped-packs.ts';
import { receiptKeys } from './pairing.ts';
import type { Recorder } from './recorder.ts';

export interface CustodyPorts {
  readonly catalog: Pick<Catalog, 'openPacks'>;
  readonly recorder: Recorder;
  readonly spool: Pick<
    ClinicalSpool,
    'custodyPacks' | 'custodyReceipt' | 'removeSent' | 'sentPacks'
  >;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
}

/** Receipts that are read and recorded together: after a long cut thousands come at once. */
const batchPacks = 500;

/**
 * Counts the relay's custody receipts that verify, then removes their packs from the spool. The answer is how many
 * are new. A receipt that does not verify counts for nothing: its pack goes on being sent.
 */
export async function custodyTurn(
  ports: CustodyPorts,
  pairing: Pairing | undefined,
): Promise<number> {
  const packIds = await ports.spool.custodyPacks();
  if (packIds.length === 0 || !pairing) return 0;
  const open = new Map((await ports.catalog.openPacks()).map((pack) => [pack.packId, pack]));
  let count = 0;
  for (let at = 0; at < packIds.length; at += batchPacks) {
    const batch = packIds.slice(at, at + batchPacks).filter((packId) => open.has(packId));
    const taken = await takeBatch(ports, batch, open, pairing);
    if (taken === undefined) return count;
    count += taken;
  }
  await removeLeftovers(
    ports,
    packIds.filter((packId) => !open.has(packId)),
  );
  return count;
}

/** How many of these packs the relay signed for; undefined when that could not be recorded. */
async function takeBatch(
  ports: CustodyPorts,
  packIds: readonly PackId[],
  open: ReadonlyMap<string, OpenPack>,
  { centers }: Pairing,
): Promise<number | undefined> {
  const taken: { readonly packId: PackId; readonly fact: BoxFact }[] = [];
  for (const packId of packIds) {
    const pack = open.get(packId);
    const receipt = await ports.spool.custodyReceipt(packId);
    const relay = pack && receipt && relayOf(receipt, pack, centers);
    const atMs = ports.clock.nowMs();
    if (relay) taken.push({ packId, fact: { fact: 'custody', atMs, packId, relay } });
  }
  const refused = packIds.length - taken.length;
  if (refused > 0) ports.log.warn('appliance/custody-refused', { receipts: refused });
  if (taken.length === 0) return 0;
  if (!(await ports.recorder.record(taken.map(({ fact }) => fact))).ok) return undefined;
  for (const { packId } of taken) await ports.spool.removeSent(packId);
  return taken.length;
}

/**
 * At start and now and then, with no sealing under way: packs in the spool that no fact knows (a crash came between)
 * are removed, since their instances are still pending; packs in custody are removed; open packs that are gone from
 * the spool are dropped, so that what they held is sealed anew.
 */
export async function tidySpool(
  ports: CustodyPorts,
): Promise<{ removed: number; dropped: number }> {
  const open = new Set((await ports.catalog.openPacks()).map(({ packId }) => packId));
  const sent = new Set<string>(await ports.spool.sentPacks());
  const orphans = [...sent].filter((packId) => !open.has(packId));
  await removeSentPacks(ports.spool, orphans);
  const lost = [...open].filter((packId) => !sent.has(packId));
  const atMs = ports.clock.nowMs();
  if (lost.length > 0) {
    ports.log.warn('appliance/packs-lost', { packs: lost.length });
    await ports.recorder.record(droppedFacts(lost, atMs, 'gone from the spool'));
  }
  return { removed: orphans.length, dropped: lost.length };
}

/** The id of the relay that holds the pack by this receipt, or undefined when no relay of its center signed that. */
function relayOf(
  receipt: Uint8Array,
  pack: OpenPack,
  centers: readonly Center[],
): string | undefined {
  for (const key of centers.filter(({ root }) => root === pack.center).flatMap(receiptKeys)) {
    const custody = openCustody(receipt, key);
    if (!custody.ok) continue;
    const isNamed = custody.value.packs.some(
      ({ packId, sizeBytes }) => packId === pack.packId && sizeBytes === pack.sizeBytes,
    );
    if (isNamed) return custody.value.relay;
  }
  return undefined;
}

/**
 * Removes packs that came into the spool and were given up meanwhile, or that are of a center which a study is addressed
 * to no more: no order names them. The answer is how many.
 */
export async function sweepTurn(
  ports: Pick<CustodyPorts, 'log'> & {
    readonly catalog: Pick<Catalog, 'droppedAmong'>;
    readonly spool: Pick<ClinicalSpool, 'sentPacks' | 'removeSent'>;
  },
): Promise<number> {
  const dropped = await ports.catalog.droppedAmong(await ports.spool.sentPacks());
  await removeSentPacks(ports.spool, dropped);
  if (dropped.length > 0) ports.log.info('appliance/packs-recalled', { packs: dropped.length });
  return dropped.length;
}

/** A crash between the fact and the removal leaves the file; the receipt comes by again. */
async function removeLeftovers(ports: CustodyPorts, packIds: readonly PackId[]): Promise<void> {
  if (packIds.length === 0) return;
  const sent = new Set(await ports.spool.sentPacks());
  for (const packId of packIds) if (sent.has(packId)) await ports.spool.removeSent(packId);
}
