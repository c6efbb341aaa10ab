import type { Receipt } from '../letters/receipt.ts';
import { parsePackId } from '../wire/pack-id.ts';
import { answeredBox, type Box } from './boxes.ts';
import { type Refusal, refusalOf } from './open.ts';
import type { CenterPorts } from './ports.ts';
import type { Party } from './ports-party.ts';
import { isReportSubject } from './report-version.ts';

/**
 * Takes a box's receipt of a report: from now on the report is safe there. It counts only from the box of the study
 * and for the very document that was sealed. Idempotent.
 */
export async function takeReportReceipt(
  { ledger, archive, spool, log }: Pick<CenterPorts, 'ledger' | 'archive' | 'spool' | 'log'>,
  receipt: Receipt,
  box: Box,
  tickets: Party['tickets'],
): Promise<Refusal | undefined> {
  const row =
    receipt.type === 'report'
      ? await ledger.findReport(receipt.report, receipt.version)
      : undefined;
  const study = row && (await ledger.findStudy(row.studyInstanceUid));
  // The box of the study, or the one that took its place and was sent its reports.
  const isAnswered =
    study?.box === box.identity ||
    (study && answeredBox(tickets, study.box)?.identity === box.identity);
  const isOurs = receipt.type === 'report' && receipt.digest === row?.documentSha256;
  if (row === undefined || !isAnswered || !isOurs) {
    return refusalOf('center/unknown-report', 'it names no report that this box was sent');
  }
  const acknowledged = { ...row, packId: receipt.reportPack, state: 'acknowledged' } as const;
  await archive.update(acknowledged);
  await ledger.putReport(acknowledged);
  const sealed = (await ledger.outgoing()).filter(({ subject }) => isReportSubject(subject, row));
  for (const { packId } of sealed) {
    const id = parsePackId(packId);
    if (id !== undefined) await spool.removeSent(id);
  }
  await ledger.dropOutgoing(sealed.map(({ packId }) => packId));
  log.info('center/report-acknowledged', { version: row.version });
  return undefined;
}
