import { createDatasetDigest } from '../dicom/digest.ts';
import { readFileHeader } from '../dicom/part10.ts';
import type { ObjectPieces, OutgoingInstance } from './ports-delivery.ts';
import type { StoredObject } from './ports-store.ts';
import type { InstanceRow } from './rows.ts';

/** An instance on its way, and what its readings found out so far. */
export interface Loaded {
  readonly row: InstanceRow;
  readonly instance: OutgoingInstance;
  /** A reading ended before the last piece: the file is missing, cannot be read, or has another digest. */
  isDamaged(): boolean;
}

/**
 * The instance of `row` as a source over its file `object`; undefined when its size or its start already tells that
 * the file is damaged. What it is called comes from the row, which was made of proven bytes: the digest does not cover
 * group 0002 of the file.
 */
export async function outgoingOf(
  row: InstanceRow,
  object: StoredObject,
): Promise<Loaded | undefined> {
  if (object.sizeBytes !== row.sizeBytes) return undefined;
  const header = readFileHeader(await firstOf(object.read(0)));
  if (!header.ok) return undefined;
  const { fileHeaderSizeBytes } = header.value;
  let damaged = false;
  const piecesFrom = (from: number): ObjectPieces =>
    provenPieces(row, object, { from, fileHeaderSizeBytes }, () => {
      damaged = true;
    });
  const { sopClassUid, sopInstanceUid, transferSyntaxUid, datasetSha256 } = row;
  return {
    row,
    instance: {
      ...{ sopClassUid, sopInstanceUid, transferSyntaxUid, datasetSha256 },
      part10: () => piecesFrom(0),
      dataset: () => piecesFrom(fileHeaderSizeBytes),
    },
    isDamaged: () => damaged,
  };
}

/** Hashes the dataset as it goes by and keeps the last piece back until the digest is the row's. */
async function* provenPieces(
  { sizeBytes, datasetSha256 }: InstanceRow,
  object: StoredObject,
  { from, fileHeaderSizeBytes }: { readonly from: number; readonly fileHeaderSizeBytes: number },
  noteDamage: () => void,
): AsyncGenerator<Uint8Array> {
  const dataset = createDatasetDigest();
  let at = from;
  try {
    for await (const piece of object.read(from)) {
      dataset.update(piece.subarray(Math.max(0, fileHeaderSizeBytes - at)));
      at += piece.length;
      if (at < sizeBytes) yield piece;
      else if (at === sizeBytes && dataset.digest() === datasetSha256) return yield piece;
      else break;
    }
  } catch (cause) {
    noteDamage();
    throw cause;
  }
  if (at === from && from === sizeBytes && dataset.digest() === datasetSha256) return;
  noteDamage();
  throw new Error('The object is not what its digest says');
}

async function firstOf(pieces: ObjectPieces): Promise<Uint8Array> {
  for await (const piece of pieces) return piece.slice();
  return new Uint8Array();
}
