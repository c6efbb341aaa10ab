import type { LedgerEntry } from '#sync/center/rows.ts';
import { utf8Text } from '#sync/core/bytes.ts';
import { datasetSha256 } from '#sync/dicom/digest.ts';
import { readFileHeader } from '#sync/dicom/part10.ts';
import { isSafe } from './agent-station.ts';
import type { Disk } from './disk/disk.ts';
import type { DiskFile } from './disk/file.ts';

/** What the disk of the center keeps whatever happens to the power. */
export interface CenterHoldings {
  /** Packs that the center has done with: their entry is kept and every object that it names, or they are put aside. */
  hasSettled(packId: string): boolean;
}

/** An object that its disk spoilt is none of those: the center asks for it again. */
export function holdingsOf(disk: Disk, isRotten: (digest: string) => boolean): CenterHoldings {
  /** Objects that were looked at, with the bytes that were good: to hash is most of the work. */
  const proven = new WeakMap<DiskFile, Uint8Array>();

  function isWhole(study: string, digest: string): boolean {
    const file = disk.safeFile(['data', 'studies', study, `${digest}.dcm`]);
    if (file?.isSynced() !== true) return false;
    const bytes = file.syncedBytes();
    if (proven.get(file) === bytes) return true;
    const header = readFileHeader(bytes);
    if (!header.ok || datasetSha256(bytes.subarray(header.value.fileHeaderSizeBytes)) !== digest) {
      return false;
    }
    proven.set(file, bytes);
    return true;
  }

  return {
    hasSettled(packId) {
      const name = `${packId}.json`;
      if (isSafe(disk.safeFile(['data', 'entries', name]))) return true;
      // Put aside with a reason: of a box that is revoked, or made by somebody on the way.
      const aside = disk.safeNames(['data', 'quarantine']);
      if (aside.some((each) => each.startsWith(packId))) return true;
      return disk.safeNames(['data', 'studies']).some((study) => {
        const entry = disk.safeFile(['data', 'studies', study, 'entries', name]);
        return (
          entry?.isSynced() === true &&
          instancesOf(entry).every(
            ({ datasetSha256: digest }) => isRotten(digest) || isWhole(study, digest),
          )
        );
      });
    },
  };
}

function instancesOf(entry: DiskFile): LedgerEntry['instances'] {
  const { instances }: LedgerEntry = JSON.parse(utf8Text(entry.syncedBytes()) ?? '');
  return instances;
}
