import { codePayload } from '#sync/coding/payload.ts';
import type { Json } from '#sync/core/canonical-json.ts';
import type { Clock } from '#sync/core/clock.ts';
import { fault } from '#sync/core/fault.ts';
import type { Random } from '#sync/core/random.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { datasetSha256 } from '#sync/dicom/digest.ts';
import { wrapData } from '#sync/letters/data.ts';
import { sealPack } from '#sync/seal/pack.ts';
import type { SigningKey } from '#sync/seal/signature.ts';
import type { CodingReport, SealedPack, SealFault, SealJob, SealPart } from '../ports-sealing.ts';

/** Seals one job. Whole objects are hashed first: what no longer hashes to its digest is never sent as good. */
export function sealJob(
  job: SealJob,
  signer: SigningKey,
  random: Random,
  clock: Pick<Clock, 'monotonicMs'>,
): Result<SealedPack, SealFault> {
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
    const { coding, ...content } = contentOf(job, clock);
    const sealed = sealPack({ ...envelope, ...content, signer }, random);
    return ok({ ...sealed, ...(coding && { coding }) });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return fail(fault('seal/refused', `Cannot seal a pack: ${reason}`, 'Call support'));
  }
}

interface Content {
  readonly meta: Json;
  readonly payload: Uint8Array;
  readonly coding?: CodingReport;
}

/** Meta and payload; of a data pack the smallest proven payload at the level that was asked for. */
function contentOf({ parts, letter }: SealJob, clock: Pick<Clock, 'monotonicMs'>): Content {
  if ('meta' in letter) return letter;
  const startedMs = clock.monotonicMs();
  const coded = codePayload(parts, letter.level, letter.codingMax);
  const coding = {
    level: letter.level,
    plainBytes: coded.plainBytes,
    codedBytes: coded.payload.length,
    tookMs: clock.monotonicMs() - startedMs,
    fallbacks: coded.fallbacks,
  };
  return { ...wrapData(letter.study, coded, parts.map(pieceOf)), coding };
}

function pieceOf({ datasetSha256, sizeBytes, from, to, bytes }: SealPart) {
  return { datasetSha256, sizeBytes, from, to, bytes };
}

function isAsStored(part: SealPart): boolean {
  const isWhole = part.from === 0 && part.to === part.sizeBytes;
  if (!isWhole) return true;
  return datasetSha256(part.bytes.subarray(part.fileHeaderSizeBytes)) === part.datasetSha256;
}
