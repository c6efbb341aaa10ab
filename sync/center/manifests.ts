import type { Manifest } from '../letters/manifest.ts';
import { isDelivered } from './instances.ts';
import type { InstanceKey, InstanceState, KnownManifest, ManifestRow } from './rows.ts';

/** The ledger's row and list of a manifest that came in pack `packId`. */
export function manifestRowOf(
  packId: string,
  { meta, instances }: Manifest,
): { readonly manifest: ManifestRow; readonly list: readonly InstanceKey[] | undefined } {
  const { id, birth, sex } = meta.patient;
  return {
    manifest: {
      packId,
      studyInstanceUid: meta.study,
      version: meta.version,
      isStat: meta.isStat,
      accessionNumber: meta.accessionNumber,
      modality: meta.modality,
      instanceCount: meta.instanceCount,
      patient: { id, birth, sex },
      hasList: meta.hasList,
    },
    list: instances?.map(({ sopInstanceUid, datasetSha256 }) => ({
      sopInstanceUid,
      datasetSha256,
    })),
  };
}

/** Whether a receipt may answer a manifest: it lists something, and the destination took all of it. */
export function isFulfilled(
  list: readonly { readonly state: InstanceState | undefined }[],
): boolean {
  return list.length > 0 && list.every(({ state }) => isDelivered(state));
}

/**
 * The manifest that a reader who opens the study now reads: the newest whose images were all delivered, else the
 * newest of any kind. Undefined before the first. `manifests` are in the order they came.
 */
export function manifestRead(manifests: readonly KnownManifest[]): KnownManifest | undefined {
  return newest(manifests.filter(({ isAnswered }) => isAnswered)) ?? newest(manifests);
}

/** A manifest may be sealed again under another pack id: of one version the later counts. */
function newest(manifests: readonly KnownManifest[]): KnownManifest | undefined {
  return manifests.reduce<KnownManifest | undefined>(
    (best, manifest) => (best === undefined || manifest.version >= best.version ? manifest : best),
    undefined,
  );
}
