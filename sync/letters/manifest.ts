import { z } from 'zod';
import { ok, type Result } from '../core/result.ts';
import { maxObjectBytes } from './data.ts';
import {
  countField,
  dicomTextField,
  digestField,
  type LetterFault,
  type LetterParts,
  parseMeta,
  refused,
  textField,
  uidField,
  versionField,
} from './fields.ts';
import { checkCount, decodeList, encodeList, maxListEntries } from './list.ts';

/** The patient as in the images; text is `''` when absent. */
const patientSchema = z.strictObject({
  id: dicomTextField,
  issuer: dicomTextField,
  name: dicomTextField,
  /** YYYYMMDD or ''. */
  birth: dicomTextField,
  sex: dicomTextField,
});

/** Values of Requested Procedure Priority (0040,1003). */
const priorities = ['STAT', 'HIGH', 'ROUTINE', 'MEDIUM', 'LOW'] as const;

/**
 * What the referring clinician wrote, typed once at the clinic. Boxes of before wrote the first four fields alone.
 */
const orderSchema = z.strictObject({
  indication: textField(2_000),
  history: textField(2_000),
  allergies: textField(500),
  contact: textField(200),
  /** On what ground the study left the clinic. */
  consent: z.enum(['unknown', 'consent', 'emergency', 'contract', 'refused']).exactOptional(),
  priority: z.enum(priorities).exactOptional(),
  /** Of the source: placer order number. */
  orderNumber: textField(64).exactOptional(),
  accessionNumber: textField(16).exactOptional(),
  description: textField(64).exactOptional(),
  referringPhysicianName: textField(200).exactOptional(),
  /** The patient was a temporary one. */
  isEmergency: z.boolean().exactOptional(),
  /** The patient as the order has it now: an emergency patient may have a name by now that the images have not. */
  patient: patientSchema.exactOptional(),
});

/**
 * The meta of a manifest (kind 2): one version of a study. `study` is the StudyInstanceUID; `version` grows by one;
 * version 1 goes with the first pack and has no list. `instanceCount` counts what the study holds now.
 */
const manifestMetaSchema = z.strictObject({
  v: versionField,
  study: uidField,
  version: z.int().positive(),
  isStat: z.boolean(),
  patient: patientSchema,
  accessionNumber: dicomTextField,
  /** One or more modalities joined by `\`. */
  modality: dicomTextField,
  description: dicomTextField,
  order: orderSchema.exactOptional(),
  instanceCount: countField.max(maxListEntries),
  /** Whether the payload is the list of instances. Without a list the payload is empty. */
  hasList: z.boolean(),
  /** Offered again since the ledger id of the center changed: what the center lacks of it comes by no pack. */
  again: z.literal(true).exactOptional(),
});
export type ManifestMeta = z.infer<typeof manifestMetaSchema>;

const listedInstanceSchema = z.strictObject({
  sopInstanceUid: uidField,
  sopClassUid: uidField,
  seriesInstanceUid: uidField.nullable(),
  transferSyntaxUid: uidField,
  datasetSha256: digestField,
  /** Of the stored Part 10 object. */
  sizeBytes: z.int().positive().max(maxObjectBytes),
});
const instanceListSchema = z.array(listedInstanceSchema).max(maxListEntries).readonly();
export type ListedInstance = z.infer<typeof listedInstanceSchema>;

/** A manifest as its reader gets it; `instances` is undefined for a version without a list. */
export interface Manifest {
  readonly meta: ManifestMeta;
  readonly instances: readonly ListedInstance[] | undefined;
}

/**
 * The meta and payload of a manifest version. `instances` undefined = a version without a list. Throws (a bug) when
 * a bound is broken or `instanceCount` differs from the list.
 */
export function buildManifest(
  header: Omit<z.input<typeof manifestMetaSchema>, 'v' | 'hasList'>,
  instances: readonly z.input<typeof listedInstanceSchema>[] | undefined,
): LetterParts<ManifestMeta> {
  if (instances !== undefined && instances.length !== header.instanceCount) {
    throw new RangeError('Cannot build a manifest: its count differs from its list');
  }
  const hasList = instances !== undefined;
  return {
    meta: manifestMetaSchema.parse({ ...header, v: 1, hasList }),
    payload: hasList ? encodeInstanceList(instances) : new Uint8Array(0),
  };
}

/** Parses meta and payload of a manifest; the list is as long as the meta says. */
export function parseManifest(meta: unknown, payload: Uint8Array): Result<Manifest, LetterFault> {
  const parsed = parseMeta('manifest', manifestMetaSchema, meta);
  if (!parsed.ok) return parsed;
  if (!parsed.value.hasList) {
    return payload.length === 0
      ? ok({ meta: parsed.value, instances: undefined })
      : refused('letter/payload', 'Cannot read a manifest: it has a list it does not declare');
  }
  const instances = decodeInstanceList(payload);
  if (!instances.ok) return instances;
  const count = checkCount('manifest', parsed.value.instanceCount, instances.value.length);
  return count.ok ? ok({ meta: parsed.value, instances: instances.value }) : count;
}

/** The list payload of a manifest: canonical JSON, one zstd frame. At most `maxListEntries`. */
export function encodeInstanceList(
  instances: readonly z.input<typeof listedInstanceSchema>[],
): Uint8Array {
  return encodeList(instanceListSchema.parse(instances));
}

/** Reads what `encodeInstanceList` wrote. */
export function decodeInstanceList(
  payload: Uint8Array,
): Result<readonly ListedInstance[], LetterFault> {
  return decodeList('manifest', instanceListSchema, payload);
}
