import type { StoredRecord } from '../store/stored-record.ts';
import { type Disk, systemDisk } from './disk.ts';
import { findingsOf, isPayloadIntact, listSegments } from './segment-reader.ts';

/** One line of a verification: a record whose bytes were all read and hashed, or a place that holds none. */
export type VerifyFinding =
  | { readonly kind: 'intact' | 'changed'; readonly record: StoredRecord }
  | { readonly kind: 'torn' | 'damaged'; readonly segment: string; readonly offset: number };

/**
 * Reads everything in the segments of `folder` and hashes every dataset; needs no running store and changes
 * nothing. The record that a running store is just writing shows as `torn`.
 */
export async function* verifySegments(
  folder: string,
  disk: Disk = systemDisk,
): AsyncGenerator<VerifyFinding> {
  for (const name of await listSegments(disk, folder)) {
    const file = await disk.open(`${folder}/${name}`);
    try {
      for await (const found of findingsOf(file, name, 0, await file.size())) {
        if (found.kind !== 'record')
          yield { kind: found.kind, segment: name, offset: found.offset };
        else {
          const isIntact = await isPayloadIntact(file, found.record);
          yield { kind: isIntact ? 'intact' : 'changed', record: found.record };
        }
      }
    } finally {
      await file.close();
    }
  }
}
