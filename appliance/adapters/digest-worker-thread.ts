import type { CreateWaitingWork } from '#sync/core/worker-lane.ts';
import { digesterOf } from '../intake/compare.ts';
import type { StoredObject } from '../store/twins.ts';
import { systemDisk } from './disk.ts';
import { readPayload } from './segment-reader.ts';

/** Undefined `digest`: not a whole dataset. */
export interface DigestAnswer {
  readonly digest: string | undefined;
}

/** The work of the thread that makes canonical digests. */
export const createWork: CreateWaitingWork<StoredObject, DigestAnswer> = (data) => {
  const { folder } = data as { readonly folder: string };
  const digester = digesterOf({
    read: (record, offset, length) => readPayload(systemDisk, folder, record, offset, length),
  });
  const { signal } = new AbortController();
  return async (object) => ({
    answer: { digest: await digester.canonicalSha256(object, signal) },
    transfer: [],
  });
};
