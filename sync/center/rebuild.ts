import { keyOf } from './instances.ts';
import type { CenterPorts } from './ports.ts';

/**
 * Fills an empty ledger from the files: what the packs said, what the destination took, and the reports. Receipts
 * are not rebuilt but sealed again; the box takes a second one for what it is. Returns the packs read.
 */
export async function rebuildLedger({
  ledger,
  store,
  archive,
  log,
}: Pick<CenterPorts, 'ledger' | 'store' | 'archive' | 'log'>): Promise<number> {
  if (!(await ledger.isEmpty())) return 0;
  let packs = 0;
  for await (const entry of store.entries()) {
    // A rebuild that is cut short begins anew, else what it did not reach would be lost for good.
    if (packs === 0) await ledger.beginRebuild();
    await ledger.record(entry);
    packs += 1;
  }
  if (packs === 0) return 0;
  for await (const { sopInstanceUid, datasetSha256, at } of store.delivered()) {
    const key = { sopInstanceUid, datasetSha256 };
    await ledger.markSending([key]);
    await ledger.markDelivered([{ key, storedAt: at }]);
  }
  for await (const { row } of archive.all()) {
    await ledger.putReport(row.state === 'sealed' ? { ...row, state: 'waiting' } : row);
  }
  await ledger.endRebuild();
  log.warn('center/ledger-rebuilt', { packs });
  return packs;
}

/**
 * Nobody waits any more for the answers of what is `sending`: what the study's log names was taken by the destination
 * before and is `stored`, the rest goes again.
 */
export async function resolveSending(
  ports: Pick<CenterPorts, 'ledger' | 'store' | 'log'>,
): Promise<void> {
  await adoptDelivered(ports);
  const resent = await ports.ledger.recoverSending();
  if (resent > 0) ports.log.warn('center/resent-after-crash', { instances: resent });
}

async function adoptDelivered({
  ledger,
  store,
}: Pick<CenterPorts, 'ledger' | 'store'>): Promise<void> {
  const underWay = await ledger.sending();
  const open = new Map(underWay.map((row) => [keyOf(row), row]));
  for (const study of new Set(underWay.map(({ studyInstanceUid }) => studyInstanceUid))) {
    for await (const line of store.delivered(study)) {
      const row = open.get(keyOf(line));
      if (row !== undefined) await ledger.markDelivered([{ key: row, storedAt: line.at }]);
    }
  }
}
