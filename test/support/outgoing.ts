import type { ObjectPieces, OutgoingInstance } from '#sync/center/ports-delivery.ts';
import { concat } from '#sync/core/bytes.ts';
import { datasetSha256 } from '#sync/dicom/digest.ts';
import { buildFileHeader } from '#sync/dicom/part10.ts';
import { explicitLittleEndianUid } from '#sync/dimse/uids.ts';
import { ctClassUid } from './dimse-peer.ts';

/** An instance with this dataset, on its way to a PACS. */
export function outgoing(
  sopInstanceUid: string,
  dataset: Uint8Array,
  over: Partial<OutgoingInstance> = {},
): OutgoingInstance {
  const names = {
    ...{ sopClassUid: ctClassUid, sopInstanceUid, transferSyntaxUid: explicitLittleEndianUid },
    ...over,
  };
  const header = buildFileHeader({ ...names, sendingAeTitle: '' });
  return {
    datasetSha256: datasetSha256(dataset),
    part10: () => lentPieces(concat(header, dataset)),
    dataset: () => lentPieces(dataset),
    ...names,
  };
}

/** `bytes` in pieces of one buffer, which is overwritten when the next one is asked for: nobody may keep a piece. */
export async function* lentPieces(
  bytes: Uint8Array,
  pieceBytes = 64 * 1024,
): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(pieceBytes);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = bytes.subarray(at, at + pieceBytes);
    buffer.set(piece);
    yield buffer.subarray(0, piece.length);
    buffer.fill(0xff);
  }
}

/** Everything in `pieces` as one. */
export async function wholeOf(pieces: ObjectPieces): Promise<Uint8Array> {
  const own: Uint8Array[] = [];
  for await (const piece of pieces) own.push(piece.slice());
  return concat(...own);
}
