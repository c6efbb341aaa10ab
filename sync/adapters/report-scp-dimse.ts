import { join } from 'node:path';
import { encapsulatedPdfStorage, readEncapsulatedPdf } from '../center/encapsulated.ts';
import { maxDocumentBytes } from '../center/report.ts';
import { concat } from '../core/bytes.ts';
import { errorCode } from '../core/error-code.ts';
import type { Log } from '../core/log.ts';
import { ok } from '../core/result.ts';
import { buildFileHeader } from '../dicom/part10.ts';
import type { StoreArrival, StoreSink } from '../dimse/storage.ts';
import { writeDurably } from './durable-file.ts';
import { createStorageScp, type StorageScp } from './storage-scp-dimse.ts';

/** C-STORE statuses (PS3.4 B.2.3). */
const status = { success: 0x0000, outOfResources: 0xa700, cannotUnderstand: 0xc000 } as const;

/**
 * The DICOM door for reports: takes Encapsulated PDF objects from any caller of the center's network and drops each
 * as `<SOP Instance UID>.dcm` into `folder`, where it is bound like every other report. Success is said when the
 * file is durable.
 */
export function createReportScp(
  folder: string,
  config: { readonly host: string; readonly port: number; readonly aeTitle: string },
  log: Log,
): StorageScp {
  return createStorageScp(
    {
      admit: () => 'accept',
      begin: async (arrival) => ok(createSink(folder, arrival, log)),
    },
    {
      host: config.host,
      port: config.port,
      aeTitles: [config.aeTitle],
      sopClasses: [encapsulatedPdfStorage],
    },
    log,
  );
}

function createSink(folder: string, arrival: StoreArrival, log: Log): StoreSink {
  let parts: Uint8Array[] = [];
  let sizeBytes = 0;
  return {
    write: (bytes) => {
      sizeBytes += bytes.length;
      if (sizeBytes <= maxDocumentBytes) parts.push(Uint8Array.from(bytes));
      return true;
    },
    drained: () => Promise.resolve(),
    finish: async () => {
      if (sizeBytes > maxDocumentBytes) {
        return { status: status.outOfResources, comment: 'larger than 15 MiB' };
      }
      const { callingAeTitle: sendingAeTitle, ...ids } = arrival;
      const part10 = concat(buildFileHeader({ ...ids, sendingAeTitle }), ...parts);
      const report = readEncapsulatedPdf(part10);
      if (!report.ok) {
        log.warn('center/report-refused', { code: report.fault.kind });
        return { status: status.cannotUnderstand, comment: 'no PDF in this object' };
      }
      try {
        await writeDurably(join(folder, `${arrival.sopInstanceUid}.dcm`), part10, {
          as: 'report-arrival',
        });
        return { status: status.success };
      } catch (cause) {
        log.error('center/report-not-stored', { code: errorCode(cause) });
        return { status: status.outOfResources, comment: 'cannot store the report' };
      }
    },
    abort: () => {
      parts = [];
    },
  };
}
