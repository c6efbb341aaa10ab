import { createHash } from 'node:crypto';
import { encodeDataSet } from '#sync/dicom/dataset.ts';
import { dataSetOf } from '#sync/dicom/dataset-text.ts';
import { transferSyntax } from '#sync/dicom/transfer-syntaxes.ts';
import { dimseStatus, type SubOperations } from '#sync/dimse/command.ts';
import type { ServiceAnswer } from '#sync/dimse/service.ts';
import type { InstanceStore } from '../ports-store.ts';
import type { StoredObject } from '../store/twins.ts';
import type { Decoder, Narrowing, QueryCatalog, StorageWay } from './ports.ts';

export interface RetrievePorts {
  readonly catalog: Pick<QueryCatalog, 'page' | 'count'>;
  readonly store: Pick<InstanceStore, 'read'>;
  readonly decoder: Decoder;
}

/** Where and what a retrieval sends. */
export interface Shipment {
  readonly narrowing: Narrowing;
  /** A way to the peer, asked for again when one is gone; undefined: there is none now. */
  readonly openWay: () => Promise<StorageWay | undefined>;
  /** Modalities that may go there; undefined: all. */
  readonly modalities?: readonly string[] | undefined;
  /** How the answers are encoded. */
  readonly transferSyntaxUid: string;
}

/** UIDs of failed instances that one answer lists: what fits a value of an explicit encoding. */
const mostFailedUids = 1_000;

/** In order of preference, where the original syntax is not taken. */
const plainSyntaxes = [transferSyntax.explicitLittleEndian, transferSyntax.implicitLittleEndian];

/**
 * The sub-operations of a C-MOVE or C-GET (PS3.4 C.4.2, C.4.3): every instance goes in its original transfer syntax
 * where the peer takes it, else decoded. After each one a pending answer tells the counts. What cannot be sent is
 * counted and named, and the rest goes on.
 */
export async function* retrieve(
  shipment: Shipment,
  ports: RetrievePorts,
  signal: AbortSignal,
): AsyncGenerator<ServiceAnswer> {
  const total = await ports.catalog.count(shipment.narrowing);
  const counts = { completed: 0, failed: 0, warning: 0 };
  const failedUids: string[] = [];
  let comment: string | undefined;
  let way: StorageWay | undefined;
  let isLost = false;
  const done = (): number => counts.completed + counts.failed + counts.warning;
  for await (const { object, modality } of instancesOf(shipment.narrowing, ports.catalog)) {
    if (signal.aborted) break;
    if (!way && !isLost) way = await shipment.openWay();
    isLost ||= way === undefined;
    const outcome = await sendOne(object, modality);
    if (signal.aborted && outcome.kind === 'failed') break;
    counts[outcome.kind]++;
    if (outcome.kind === 'failed') {
      comment ??= outcome.comment;
      if (failedUids.length < mostFailedUids) failedUids.push(object.sopInstanceUid);
    }
    const remaining = Math.max(0, total - done());
    yield { status: dimseStatus.pending, subOperations: { ...counts, remaining } };
  }
  yield lastAnswer();

  async function sendOne(object: StoredObject, modality: string): Promise<Outcome> {
    const { modalities } = shipment;
    if (modalities && !modalities.includes(modality)) return failed('Not all may go there');
    if (!way) return failed('The destination cannot be reached');
    const current = way;
    const contextId = current.contextOf(object);
    if (contextId !== undefined) {
      if (!(await isIntact(ports.store, object))) return failed('An instance is damaged here');
      return answered(await current.store(contextId, object, datasetOf(ports.store, object)));
    }
    const plain = plainSyntaxes.find(
      (transferSyntaxUid) => current.contextOf({ ...object, transferSyntaxUid }) !== undefined,
    );
    const plainId = plain && current.contextOf({ ...object, transferSyntaxUid: plain });
    if (plain === undefined || plainId === undefined) return failed('A SOP class is not taken');
    const decoded = await ports.decoder.decode(object, plain, signal);
    if (!decoded.ok) return failed(decoded.fault.message);
    return answered(await current.store(plainId, object, once(decoded.value)));
  }

  function answered(status: number | undefined): Outcome {
    if (status === undefined) {
      way = undefined;
      return failed('The association ended');
    }
    if (status === dimseStatus.success) return { kind: 'completed' };
    if (isWarning(status)) return { kind: 'warning' };
    return failed(`The peer answered ${status.toString(16).toUpperCase().padStart(4, '0')}H`);
  }

  function lastAnswer(): ServiceAnswer {
    const isCancelled = signal.aborted;
    const remaining = isCancelled ? Math.max(0, total - done()) : undefined;
    const subOperations: SubOperations = { ...counts, remaining };
    const hasProblem = counts.failed + counts.warning > 0;
    const isNothingSent = counts.failed > 0 && counts.completed + counts.warning === 0;
    const status = isCancelled
      ? dimseStatus.cancelled
      : isNothingSent
        ? dimseStatus.subOperationsImpossible
        : hasProblem
          ? dimseStatus.subOperationsFailed
          : dimseStatus.success;
    const failedList = dataSetOf({ FailedSOPInstanceUIDList: failedUids.join('\\') });
    const dataset =
      failedUids.length > 0 ? encodeDataSet(failedList, shipment.transferSyntaxUid) : undefined;
    return { status, comment, subOperations, dataset };
  }
}

type Outcome =
  | { readonly kind: 'completed' | 'warning' }
  | { readonly kind: 'failed'; readonly comment: string };

function failed(comment: string): Outcome {
  return { kind: 'failed', comment };
}

/** Kept by the peer all the same (PS3.4 B.2.3, PS3.7 C.4). */
function isWarning(status: number): boolean {
  return (status & 0xf000) === 0xb000 || [0x0001, 0x0107, 0x0116].includes(status);
}

async function* instancesOf(
  narrowing: Narrowing,
  catalog: Pick<QueryCatalog, 'page'>,
): AsyncGenerator<{ readonly object: StoredObject; readonly modality: string }> {
  let after: string | undefined;
  do {
    const page = await catalog.page('IMAGE', narrowing, new Set(), after);
    for (const { values, object } of page.entries) {
      if (object) yield { object, modality: values.Modality ?? '' };
    }
    after = page.next;
  } while (after !== undefined);
}

const stepBytes = 1024 * 1024;

/** The dataset as it is stored, in pieces; throws when the disk does not give it. */
export async function* datasetOf(
  store: Pick<InstanceStore, 'read'>,
  object: StoredObject,
): AsyncGenerator<Uint8Array> {
  for (let at = object.fileHeaderSizeBytes; at < object.payloadSizeBytes; at += stepBytes) {
    const bytes = await store.read(object, at, Math.min(stepBytes, object.payloadSizeBytes - at));
    if (!bytes.ok) throw new Error(bytes.fault.message, { cause: bytes.fault });
    yield bytes.value;
  }
}

/** Whether the stored dataset still has its digest: a rotten image is not shown to anybody as if it were whole. */
async function isIntact(
  store: Pick<InstanceStore, 'read'>,
  object: StoredObject,
): Promise<boolean> {
  const hash = createHash('sha256');
  try {
    for await (const bytes of datasetOf(store, object)) hash.update(bytes);
  } catch {
    return false;
  }
  return hash.digest('hex') === object.datasetSha256;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
