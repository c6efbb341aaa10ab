import { Buffer } from 'node:buffer';
import { commitmentClassUid, commitmentInstanceUid } from '#appliance/commitment/messages.ts';
import type { Reference } from '#appliance/commitment/ports.ts';
import { createStorageScp } from '#sync/adapters/storage-scp-dimse.ts';
import { concat } from '#sync/core/bytes.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import { encodeDataSet, parseDataSet } from '#sync/dicom/dataset.ts';
import { dataSetOf, itemsOf, numberOf, textOf } from '#sync/dicom/dataset-text.ts';
import { commandField } from '#sync/dimse/command.ts';
import { encodeFragments } from '#sync/dimse/pdu.ts';
import { implicitLittleEndianUid } from '#sync/dimse/uids.ts';
import { createMemoryStore } from './memory-sink.ts';

/** The context that a device proposes for storage commitment. */
export const commitmentContext = {
  ...{ id: 5, abstractSyntaxUid: commitmentClassUid },
  transferSyntaxUids: [implicitLittleEndianUid],
};

/** What a device is told: its transaction, and each image with the reason of its failure, or `committed`. */
export interface ToldReport {
  readonly transactionUid: string;
  readonly eventTypeId: number | undefined;
  readonly calling: string;
  readonly images: ReadonlyMap<string, number | 'committed'>;
}

/** The P-DATA-TF PDUs of an N-ACTION that asks about `references`. */
export function commitmentRequest(
  transactionUid: string,
  references: readonly Reference[],
  change: { readonly actionTypeId?: number; readonly instanceUid?: string } = {},
): Uint8Array {
  const dataset = encodeDataSet(
    dataSetOf({
      TransactionUID: transactionUid,
      ReferencedSOPSequence: references.map(({ sopClassUid, sopInstanceUid }) =>
        dataSetOf({
          ReferencedSOPClassUID: sopClassUid,
          ReferencedSOPInstanceUID: sopInstanceUid,
        }),
      ),
    }),
    implicitLittleEndianUid,
  );
  const command = concat(
    element(0x0003, padded(commitmentClassUid)),
    element(0x0100, uint16(commandField.action)),
    element(0x0110, uint16(9)),
    element(0x0800, uint16(0)),
    element(0x1001, padded(change.instanceUid ?? commitmentInstanceUid)),
    element(0x1008, uint16(change.actionTypeId ?? 1)),
  );
  const pdus = [...encodeFragments(commitmentContext.id, command, 16_384)].map((pdu) => {
    // A fragment of a command, not of a dataset.
    pdu[11] = (pdu[11] ?? 0) | 1;
    return pdu;
  });
  return concat(...pdus, ...encodeFragments(commitmentContext.id, dataset, 16_384));
}

/** What a report says; the encoding is that of the context. */
export function readReport(
  dataset: Uint8Array,
  eventTypeId: number | undefined,
  calling: string,
): ToldReport {
  const report = expectOk(parseDataSet(dataset, implicitLittleEndianUid));
  const images = new Map<string, number | 'committed'>();
  for (const item of itemsOf(report, 'ReferencedSOPSequence')) {
    images.set(textOf(item, 'ReferencedSOPInstanceUID'), 'committed');
  }
  for (const item of itemsOf(report, 'FailedSOPSequence')) {
    images.set(textOf(item, 'ReferencedSOPInstanceUID'), numberOf(item, 'FailureReason') ?? 0);
  }
  return { transactionUid: textOf(report, 'TransactionUID'), eventTypeId, calling, images };
}

/** A device that waits for answers on a port of its own; `refuse` closes its ears until it is cleared. */
export async function openCommitmentListener(
  t: { after(fn: () => Promise<void>): void },
  aeTitle: string,
  port = 0,
) {
  const reports: ToldReport[] = [];
  let wake = Promise.withResolvers<void>();
  const scp = createStorageScp(
    createMemoryStore().ports,
    {
      ...{ host: '127.0.0.1', port, aeTitles: [aeTitle], limits: { closeTimeoutMs: 200 } },
      services: [
        {
          sopClassUids: [commitmentClassUid],
          async *serve({ command, dataset = new Uint8Array(), caller }) {
            reports.push(readReport(dataset, command.eventTypeId, caller.callingAeTitle));
            wake.resolve();
            wake = Promise.withResolvers();
            yield { status: 0 };
          },
        },
      ],
    },
    silentLog,
  );
  const bound = await scp.listen();
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (isOpen) await scp.close();
    isOpen = false;
  };
  t.after(close);
  return {
    port: bound.port,
    reports,
    close,
    /** The report of that number (from 0), as soon as it is there. */
    report: async (index: number): Promise<ToldReport> => {
      for (;;) {
        const report = reports[index];
        if (report) return report;
        await wake.promise;
      }
    },
  };
}

function element(number: number, value: Uint8Array): Uint8Array {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(number, 2);
  head.writeUInt32LE(value.length, 4);
  return concat(head, value);
}

function padded(uid: string): Uint8Array {
  return Buffer.from(uid.length % 2 === 0 ? uid : `${uid}\0`, 'latin1');
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >> 8);
}
