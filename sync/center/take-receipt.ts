import type { Receipt } from '../letters/receipt.ts';
import { parsePackId } from '../wire/pack-id.ts';
import type { Box } from './boxes.ts';
import { type Refusal, refusalOf } from './open.ts';
import type { CenterPorts } from './ports.ts';

/**
 * Takes a box's receipt of a report: from now on the report is safe there. It counts only from the box of the study
 * and for the very document that was sealed. Idempotent.
 */
export async function takeReportReceipt(
  { ledger, archive, spool, log }: Pick<CenterPorts, 'ledger' | 'archive' | 'spool' | 'log'>,
  receipt: Receipt,
  box: Box,
): Promise<Refusal | undefined> {
  const row =
    receipt.type === 'report'
      ? await ledger.findReport(receipt.report, receipt.version)
      : undefined;
  const study = row && (await ledger.findStudy(row.studyInstanceUid));
  const isOurs = receipt.type === 'report' && receipt.digest === row?.documentSha256;
  if (row === undefined || study?.box !== box.identity || !isOurs) {
    return refusalOf('center/unknown-report', 'it names no report that this box was sent');
  }
  const acknowledged = { ...row, packId: receipt.reportPack, state: 'acknowledged' } as const;
  await archive.update(acknowledged);
  await ledger.putReport(acknowledged);
  const subject = `${row.reportId}/${row.version}`;
  const sealed = (await ledger.outgoing()).filter((out) => out.subject === subject);
  for (const { packId } of sealed) {
    const id = parsePackId(packId);
    if (id !== undefined) await spool.removeSent(id);
  }
  await ledger.dropOutgoing(sealed.map(({ packId }) => packId));
  log.info('center/report-acknowledged', { version: row.version });
  return undefined;
}
