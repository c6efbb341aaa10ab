import type { Clock } from '#sync/core/clock.ts';
import type { Log } from '#sync/core/log.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { type Announced, readAttributes } from '#sync/dicom/attributes.ts';
import { buildFileHeader } from '#sync/dicom/part10.ts';
import type { AssumedCharacterSetOf } from '#sync/dicom/text.ts';
import { parseUid } from '#sync/dicom/uid.ts';
import { dimseStatus } from '#sync/dimse/command.ts';
import type {
  Caller,
  StatusFault,
  StorageScpPorts,
  StoreArrival,
  StoreSink,
  StoreStatus,
} from '#sync/dimse/storage.ts';
import type { CallerBook, CallerCatalog } from '../callers/ports.ts';
import type { InstanceStore, InstanceWriter, StoreFault } from '../ports-store.ts';
import { admit } from './admit.ts';
import type { Cataloguer } from './cataloguer.ts';
import { statusOfDataset, statusOfStore } from './status.ts';

export interface ReceptionPorts {
  readonly store: Pick<InstanceStore, 'begin'>;
  readonly cataloguer: Pick<Cataloguer, 'add'>;
  readonly callers: Pick<CallerCatalog, 'note'>;
  readonly book: Pick<CallerBook, 'standingOf'>;
  /** Whether the disk is too full for new instances, as last seen. */
  readonly isFull: () => boolean;
  /** The store said so; the next look at the disk decides how long it lasts. */
  readonly onFull: () => void;
  readonly onBroken: (message: string) => void;
  /** Left out: the bytes of a dataset without a character set decide. */
  readonly assumedCharacterSetOf?: AssumedCharacterSetOf | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** The box's side of C-STORE: durable first, then success, then the catalog. */
export function createReception(
  ports: ReceptionPorts,
  { aeTitles }: { readonly aeTitles: readonly string[] },
): StorageScpPorts {
  const notedAtMs = new Map<string, number>();

  /** A device that calls again and again is written down once a minute. */
  function note(caller: Caller, isKnown: boolean): void {
    const key = JSON.stringify(caller);
    const nowMs = ports.clock.monotonicMs();
    if (nowMs - (notedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < 60_000) return;
    if (notedAtMs.size > 1_000) notedAtMs.clear();
    notedAtMs.set(key, nowMs);
    ports.callers.note(caller, isKnown, ports.clock.nowMs()).catch(() => undefined);
  }

  return {
    admit: (caller) => {
      const standing = ports.book.standingOf(caller);
      note(caller, standing === 'known');
      return admit(caller, aeTitles, standing, ports.isFull());
    },
    begin: (arrival) => beginInstance(ports, arrival),
  };
}

async function beginInstance(
  ports: ReceptionPorts,
  arrival: StoreArrival,
): Promise<Result<StoreSink, StatusFault>> {
  const announced = announcedOf(arrival);
  if (!announced) {
    return fail({
      status: dimseStatus.cannotUnderstand,
      comment: 'A UID of the command is illegal',
    });
  }
  const writer = await ports.store.begin({
    arrivedAtMs: ports.clock.nowMs(),
    callingAeTitle: arrival.callingAeTitle,
    ...announced,
    fileHeader: buildFileHeader({ ...announced, sendingAeTitle: arrival.callingAeTitle }),
  });
  return writer.ok
    ? ok(sinkOf(ports, arrival.callingAeTitle, announced, writer.value))
    : fail(refuse(ports, writer.fault));
}

function sinkOf(
  ports: ReceptionPorts,
  callingAeTitle: string,
  announced: Announced,
  writer: InstanceWriter,
): StoreSink {
  let sizeBytes = 0;
  return {
    write: (bytes) => {
      sizeBytes += bytes.length;
      return writer.write(bytes);
    },
    drained: () => writer.drained(),
    abort: () => writer.abort(),
    finish: () => finishInstance(ports, callingAeTitle, announced, writer, sizeBytes),
  };
}

/** Reads what the dataset is, makes it durable, and only then answers success. */
export async function finishInstance(
  ports: Pick<
    ReceptionPorts,
    'cataloguer' | 'onFull' | 'onBroken' | 'assumedCharacterSetOf' | 'log'
  >,
  callingAeTitle: string,
  announced: Announced,
  writer: InstanceWriter,
  sizeBytes: number,
): Promise<StoreStatus> {
  const head = writer.head();
  const attributes = readAttributes(
    ...([head, announced, head.length >= sizeBytes, sizeBytes] as const),
    ports.assumedCharacterSetOf?.(callingAeTitle),
  );
  if (!attributes.ok) {
    writer.abort();
    ports.log.warn('appliance/instance-refused', { kind: attributes.fault.kind, callingAeTitle });
    return statusOfDataset(attributes.fault);
  }
  const { studyInstanceUid, seriesInstanceUid } = attributes.value;
  const record = await writer.finish({ studyInstanceUid, seriesInstanceUid });
  if (!record.ok) return refuse(ports, record.fault);
  ports.cataloguer.add({ record: record.value, attributes: attributes.value });
  return { status: dimseStatus.success };
}

function refuse(
  ports: Pick<ReceptionPorts, 'onFull' | 'onBroken' | 'log'>,
  fault: StoreFault,
): StoreStatus {
  ports.log.error('appliance/store-refuses', { kind: fault.kind });
  if (fault.kind === 'store/full') ports.onFull();
  if (fault.kind === 'store/io') ports.onBroken(fault.message);
  return statusOfStore(fault);
}

function announcedOf(arrival: StoreArrival): Announced | undefined {
  const sopClassUid = parseUid(arrival.sopClassUid);
  const sopInstanceUid = parseUid(arrival.sopInstanceUid);
  const transferSyntaxUid = parseUid(arrival.transferSyntaxUid);
  return sopClassUid && sopInstanceUid && transferSyntaxUid
    ? { sopClassUid, sopInstanceUid, transferSyntaxUid }
    : undefined;
}
