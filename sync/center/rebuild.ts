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
  log.warn('center/ledger-rebuilt', { packs });
  return packs;
}
