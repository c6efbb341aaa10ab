import type { PendingInstance } from '../ports-waiting.ts';
import type { InstanceKey } from '../store/instance-states.ts';

/** Which instances are being sealed now, so that two lanes never seal the same one. */
export interface SealingClaims {
  /** Pending instances that no lane has in hand. What a lane finished while they were read is left out too. */
  unclaimed(read: () => Promise<readonly PendingInstance[]>): Promise<readonly PendingInstance[]>;
  /** Takes instances in hand; the answer lets go of them, once what became of them is in the catalog. */
  take(instances: readonly InstanceKey[]): () => void;
}

export function createSealingClaims(): SealingClaims {
  const claims = new Map<string, number>();
  let released: (readonly string[])[] = [];
  let reads = 0;

  function forget(keys: readonly string[]): void {
    for (const key of keys) {
      const left = (claims.get(key) ?? 1) - 1;
      if (left > 0) claims.set(key, left);
      else claims.delete(key);
    }
  }

  return {
    unclaimed: async (read) => {
      reads++;
      try {
        const pending = await read();
        return pending.filter((instance) => !claims.has(keyOf(instance)));
      } finally {
        reads--;
        if (reads === 0) {
          for (const keys of released) forget(keys);
          released = [];
        }
      }
    },
    take: (instances) => {
      const keys = instances.map(keyOf);
      for (const key of keys) claims.set(key, (claims.get(key) ?? 0) + 1);
      // A read that began before may still call them pending.
      return () => {
        if (reads === 0) forget(keys);
        else released.push(keys);
      };
    },
  };
}

function keyOf({ sopInstanceUid, datasetSha256 }: InstanceKey): string {
  return `${sopInstanceUid} ${datasetSha256}`;
}
