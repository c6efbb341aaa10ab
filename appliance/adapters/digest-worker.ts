import { join } from 'node:path';
import type { OpenWorkerLane } from '#sync/core/worker-lane.ts';
import type { Digester } from '../intake/compare.ts';
import type { StoredObject } from '../store/twins.ts';
import type { DigestAnswer } from './digest-worker-thread.ts';

/** What may inflate to 4 GiB takes so long on the slowest machine; the digest itself holds about 1 MiB. */
const limits = { limitMs: 1_800_000, heapMiB: 128 };

/**
 * Makes canonical digests in a thread of its own, which reads the segments of `dataDir` itself, so that two objects of
 * gigabytes never hold intake up. Its thread ends with `signal`.
 */
export function createDigester(
  openLane: OpenWorkerLane,
  dataDir: string,
  signal: AbortSignal,
): Digester {
  const lane = openLane<StoredObject, DigestAnswer>(
    new URL('./digest-worker-thread.ts', import.meta.url),
    { data: { folder: join(dataDir, 'segments') }, ...limits },
  );
  signal.addEventListener('abort', () => void lane.close(), { once: true });
  return {
    canonicalSha256: async (object) => {
      const answer = await lane.ask(object);
      // A thread that dies over an object leaves it to a person.
      return typeof answer === 'object' ? answer.digest : undefined;
    },
  };
}
