import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type Announced, readAttributes } from '#sync/dicom/attributes.ts';
import { recognizeFile } from '#sync/dicom/recover.ts';
import { isRefusedTransferSyntax } from '#sync/dicom/transfer-syntaxes.ts';
import type { InstanceAttributes } from '#sync/dicom/types.ts';
import { isPlainlyWhole } from '#sync/dicom/whole.ts';
import { dimseStatus } from '#sync/dimse/command.ts';
import { finishInstance, type ReceptionPorts } from '../intake/reception.ts';
import { readFully } from './disk.ts';
import { shapeOf } from './import-listing.ts';

const stepBytes = 1024 * 1024;
const headBytes = 256 * 1024;
/** The index of a medium (PS3.3 F): names images and is none. */
const mediaStorageDirectory = '1.2.840.10008.1.3.10';

/** What a file needs to become an instance. */
export interface ImportFilePorts extends Omit<ReceptionPorts, 'callers' | 'book' | 'isFull'> {
  /** Whether objects of this class belong to a study and are taken. */
  readonly isTaken: (sopClassUid: string) => boolean;
  /** Writes down that the study of a file from a medium is an outside one; false: not now. */
  readonly markOutside: (attributes: InstanceAttributes) => Promise<boolean>;
}

/**
 * What became of a file: in the store; left where it is for now; not plainly whole, so that it must rest first; or
 * nothing that can be taken, with a reason.
 */
export type ImportOutcome = 'stored' | 'later' | 'doubtful' | { readonly reject: string };

export interface ImportRequest {
  readonly path: string;
  /** How the file must look; another shape means that it changed meanwhile. */
  readonly shape: string;
  readonly isFromMedium: boolean;
  /** It did not change for long: what is there now is all there will be. */
  readonly isRested: boolean;
}

/** Stores the file at `path` and leaves it there. Throws the system's error when it cannot be read. */
export async function importFile(
  request: ImportRequest,
  ports: ImportFilePorts,
): Promise<ImportOutcome> {
  const file = await openSource(request.path);
  if (!file) return 'later';
  try {
    const stat = await file.stat();
    if (!stat.isFile() || shapeOf(stat) !== request.shape) return 'later';
    const outcome = await importOpen(file, stat.size, request, ports);
    return typeof outcome === 'object' && !request.isRested ? 'doubtful' : outcome;
  } finally {
    await file.close();
  }
}

async function importOpen(
  file: FileHandle,
  sizeBytes: number,
  request: ImportRequest,
  ports: ImportFilePorts,
): Promise<ImportOutcome> {
  const head = await readFully(file, 0, Math.min(headBytes, sizeBytes));
  const recognized = recognizeFile(head);
  if (!recognized.ok) return { reject: recognized.fault.message };
  const { fileHeader, datasetAt, ...announced } = recognized.value;
  const refusal = refusalOf(announced, ports);
  if (refusal !== undefined) return { reject: refusal };
  const datasetSizeBytes = sizeBytes - datasetAt;
  const dataset = await readFully(file, datasetAt, Math.min(headBytes, datasetSizeBytes));
  const tail = await readFully(file, Math.max(datasetAt, sizeBytes - 8), 8);
  const { transferSyntaxUid } = announced;
  const isWhole = isPlainlyWhole(dataset, tail, datasetSizeBytes, transferSyntaxUid);
  if (!isWhole && !request.isRested) return 'doubtful';
  const isAll = dataset.length === datasetSizeBytes;
  const attributes = readAttributes(
    ...([dataset, announced, isAll, datasetSizeBytes] as const),
    ports.assumedCharacterSetOf?.(''),
  );
  if (!attributes.ok) return { reject: attributes.fault.message };
  if (request.isFromMedium && !(await ports.markOutside(attributes.value))) return 'later';
  return store(file, { datasetAt, sizeBytes, fileHeader, announced }, request.shape, ports);
}

/** Class and syntax are refused as at the network's door. */
function refusalOf(announced: Announced, ports: ImportFilePorts): string | undefined {
  if (announced.sopClassUid === mediaStorageDirectory) {
    return 'It is the index of a medium (DICOMDIR), not an image';
  }
  if (!ports.isTaken(announced.sopClassUid)) {
    return `Objects of its class (${announced.sopClassUid}) are not taken: they belong to no study, or the center cannot use them`;
  }
  return isRefusedTransferSyntax(announced.transferSyntaxUid)
    ? `Its transfer syntax (${announced.transferSyntaxUid}) is not taken: the pixels are not in the file`
    : undefined;
}

interface Source {
  readonly datasetAt: number;
  readonly sizeBytes: number;
  readonly fileHeader: Uint8Array;
  readonly announced: Announced;
}

async function store(
  file: FileHandle,
  { datasetAt, sizeBytes, fileHeader, announced }: Source,
  shape: string,
  ports: ImportFilePorts,
): Promise<ImportOutcome> {
  const arrivedAtMs = ports.clock.nowMs();
  const begun = await ports.store.begin({
    arrivedAtMs,
    callingAeTitle: '',
    ...announced,
    fileHeader,
  });
  if (!begun.ok) {
    if (begun.fault.kind === 'store/full') ports.onFull();
    return begun.fault.kind === 'store/too-large' ? { reject: begun.fault.message } : 'later';
  }
  const writer = begun.value;
  try {
    let at = datasetAt;
    while (at < sizeBytes) {
      const bytes = await readFully(file, at, Math.min(stepBytes, sizeBytes - at));
      if (bytes.length === 0) break;
      at += bytes.length;
      if (!writer.write(bytes)) await writer.drained();
    }
    if (at < sizeBytes || shapeOf(await file.stat()) !== shape) {
      writer.abort();
      return 'later';
    }
  } catch (cause) {
    writer.abort();
    throw cause;
  }
  const answer = await finishInstance(ports, '', announced, writer, sizeBytes - datasetAt);
  if (answer.status === dimseStatus.success) return 'stored';
  if (answer.status === dimseStatus.outOfResources) return 'later';
  return { reject: answer.comment ?? 'It cannot be read' };
}

/** Never a link, and never a wait for a device. */
function openSource(path: string): Promise<FileHandle | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  return open(path, flags).catch(() => undefined);
}
