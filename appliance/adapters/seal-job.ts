import type { Json } from '#sync/core/canonical-json.ts';
import { fault } from '#sync/core/fault.ts';
import type { Random } from '#sync/core/random.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { datasetSha256 } from '#sync/dicom/digest.ts';
import { buildData } from '#sync/letters/data.ts';
import { sealPack } from '#sync/seal/pack.ts';
import type { SigningKey } from '#sync/seal/signature.ts';
import type { SealFault, SealJob, SealPart } from '../ports.ts';

/** Seals one job. Whole objects are hashed first: what no longer hashes to its digest is never sent as good. */
export function sealJob(
  job: SealJob,
  signer: SigningKey,
  random: Random,
): Result<{ readonly packId: string; readonly bytes: Uint8Array }, SealFault> {
  const damaged = job.parts.filter((part) => !isAsStored(part));
  if (damaged.length > 0) {
    const keys = damaged.map(({ sopInstanceUid, datasetSha256 }) => ({
      sopInstanceUid,
      datasetSha256,
    }));
    const message = `Cannot seal a pack: ${damaged.length} stored object(s) changed on the disk`;
    const next = 'Send the study again from the device';
    return fail({ ...fault('seal/damaged-source', message, next), damaged: keys });
  }
  try {
    const { parts: _, letter, ...envelope } = job;
    return ok(sealPack({ ...envelope, ...contentOf(job), signer }, random));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return fail(fault('seal/refused', `Cannot seal a pack: ${reason}`, 'Call support'));
  }
}

/** Meta and payload; zstd where the center reads it and it helps, else the bytes as they are. */
function contentOf(job: SealJob): { readonly meta: Json; readonly payload: Uint8Array } {
  if ('meta' in job.letter) return job.letter;
  const { study, codingMax } = job.letter;
  const plain = job.parts.reduce((sum, part) => sum + part.bytes.length, 0);
  if (codingMax >= 1) {
    const coded = buildData(study, 1, job.parts.map(pieceOf));
    if (coded.payload.length < plain) return coded;
  }
  return buildData(study, 0, job.parts.map(pieceOf));
}

function pieceOf({ datasetSha256, sizeBytes, from, to, bytes }: SealPart) {
  return { datasetSha256, sizeBytes, from, to, bytes };
}

function isAsStored(part: SealPart): boolean {
  const isWhole = part.from === 0 && part.to === part.sizeBytes;
  if (!isWhole) return true;
  return datasetSha256(part.bytes.subarray(part.fileHeaderSizeBytes)) === part.datasetSha256;
}
