import { z } from 'zod';
import {
  type Coding,
  codeRanges,
  codings,
  decodeRanges,
  maxDecodedBytes,
} from '../coding/coding.ts';
import type { Result } from '../core/result.ts';
import { ok } from '../core/result.ts';
import {
  digestField,
  type LetterFault,
  type LetterParts,
  parseMeta,
  refused,
  uidField,
  versionField,
} from './fields.ts';

/** Most instances, or pieces of instances, in one data pack. */
export const maxInstancesPerPack = 1_000;

/** The largest stored object, bytes (intake limits: 4 GiB). */
export const maxObjectBytes = 4 * 1024 * 1024 * 1024;

const instanceSchema = z
  .strictObject({
    /** Of the dataset, not of the Part 10 object. */
    datasetSha256: digestField,
    /** Of the whole stored Part 10 object: preamble, group 0002, dataset. */
    sizeBytes: z.int().positive().max(maxObjectBytes),
    /** The piece in this pack is `from..to` of the stored object. */
    from: z.int().nonnegative(),
    to: z.int().positive(),
  })
  .refine(
    ({ from, to, sizeBytes }) => from < to && to <= sizeBytes,
    'must be a piece of the object',
  );

/** The meta of a data pack (kind 1). `study` is the StudyInstanceUID. */
const dataMetaSchema = z.strictObject({
  v: versionField,
  study: uidField,
  coding: z.literal(codings),
  instances: z.array(instanceSchema).min(1).max(maxInstancesPerPack).readonly(),
});
export type DataMeta = z.infer<typeof dataMetaSchema>;
export type DataInstance = DataMeta['instances'][number];

/** One piece to be sent: `bytes` are `from..to` of the stored object. */
export interface DataPiece extends DataInstance {
  readonly bytes: Uint8Array;
}

/**
 * The meta and payload of a data pack of `pieces` (1 to 1,000, together at most `maxDecodedBytes`). A piece whose
 * bytes do not fit its `from` and `to` is a bug and throws. `level` is zstd's, for coding 1.
 */
export function buildData(
  study: string,
  coding: Coding,
  pieces: readonly DataPiece[],
  level?: number,
): LetterParts<DataMeta> {
  const parts = pieces.map(({ bytes }) => bytes);
  return wrapData(study, { coding, payload: codeRanges(coding, parts, level) }, pieces);
}

/** The same for a payload that `codePayload` made of `pieces`, in their order. */
export function wrapData(
  study: string,
  { coding, payload }: { readonly coding: Coding; readonly payload: Uint8Array },
  pieces: readonly DataPiece[],
): LetterParts<DataMeta> {
  const meta = buildDataMeta({
    v: 1,
    study,
    coding,
    instances: pieces.map(({ datasetSha256, sizeBytes, from, to }) => ({
      datasetSha256,
      sizeBytes,
      from,
      to,
    })),
  });
  if (pieces.some(({ bytes, from, to }) => bytes.length !== to - from)) {
    throw new RangeError('Cannot build a data pack: a piece is not as long as its range');
  }
  return { meta, payload };
}

/** The checked meta of a data pack; throws (a bug) when a bound is broken. */
export function buildDataMeta(meta: z.input<typeof dataMetaSchema>): DataMeta {
  const built = dataMetaSchema.parse(meta);
  if (declaredBytes(built) > maxDecodedBytes) {
    throw new RangeError('Cannot build a data pack: its pieces are too large together');
  }
  return built;
}

/** Parses the meta of a data pack and checks it against the length of its payload, which is not decoded. */
export function parseDataMeta(meta: unknown, payloadLength: number): Result<DataMeta, LetterFault> {
  const parsed = parseMeta('data pack', dataMetaSchema, meta);
  if (!parsed.ok) return parsed;
  const declared = declaredBytes(parsed.value);
  if (declared > maxDecodedBytes) {
    return refused(
      'letter/too-large',
      'Cannot read a data pack: its pieces are too large together',
    );
  }
  const isPlausible = parsed.value.coding === 0 ? payloadLength === declared : payloadLength > 0;
  if (!isPlausible) {
    return refused('letter/payload', 'Cannot read a data pack: its payload does not fit its meta');
  }
  return ok(parsed.value);
}

/** The pieces of a data pack, one for each entry of `meta.instances`; they share one buffer. */
export function decodeData(
  meta: DataMeta,
  payload: Uint8Array,
): Result<readonly Uint8Array[], LetterFault> {
  const sizes = meta.instances.map(({ from, to }) => to - from);
  const ranges = decodeRanges(meta.coding, payload, sizes);
  return ranges.ok ? ranges : refused('letter/payload', ranges.fault.message);
}

function declaredBytes(meta: DataMeta): number {
  return meta.instances.reduce((sum, { from, to }) => sum + (to - from), 0);
}
