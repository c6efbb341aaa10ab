import { readAttributes } from '#sync/dicom/attributes.ts';
import type { InstanceAttributes } from '#sync/dicom/types.ts';
import { parseUid } from '#sync/dicom/uid.ts';
import type { InstanceStore } from '../ports-store.ts';
import { datasetHeadSizeBytes } from '../store/layout.ts';
import type { StoredObject } from '../store/twins.ts';

/**
 * What the first bytes of a stored dataset tell, or undefined when they cannot be read; `assumedCharacterSet` as of
 * `readAttributes`.
 */
export async function storedAttributes(
  store: Pick<InstanceStore, 'read'>,
  object: StoredObject,
  assumedCharacterSet = '',
): Promise<InstanceAttributes | undefined> {
  const sizeBytes = object.payloadSizeBytes - object.fileHeaderSizeBytes;
  const length = Math.min(datasetHeadSizeBytes, sizeBytes);
  const head = await store.read(object, object.fileHeaderSizeBytes, length);
  if (!head.ok) return undefined;
  const announced = announcedOf(object);
  const attributes = readAttributes(
    ...([head.value, announced, length === sizeBytes, sizeBytes] as const),
    assumedCharacterSet,
  );
  return attributes.ok ? attributes.value : undefined;
}

/** The UIDs that an object was announced with; they were parsed before it was written. */
export function announcedOf(
  object: Pick<StoredObject, 'sopClassUid' | 'sopInstanceUid' | 'transferSyntaxUid'>,
): Pick<InstanceAttributes, 'sopClassUid' | 'sopInstanceUid' | 'transferSyntaxUid'> {
  return {
    sopClassUid: brand(object.sopClassUid),
    sopInstanceUid: brand(object.sopInstanceUid),
    transferSyntaxUid: brand(object.transferSyntaxUid),
  };
}

function brand(text: string): InstanceAttributes['sopClassUid'] {
  const parsed = parseUid(text);
  if (!parsed) throw new Error('A stored record holds an illegal UID');
  return parsed;
}
