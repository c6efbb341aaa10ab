import type {
  Delivery,
  DeliveryFault,
  ObjectPieces,
  OutgoingInstance,
} from '#sync/center/ports-delivery.ts';
import { fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { wholeOf } from './outgoing.ts';

export interface MemoryPacs extends Delivery {
  /** Part 10 objects by SOP Instance UID, in the order they came; a repeat is counted, not stored twice. */
  readonly stored: Map<string, Uint8Array>;
  readonly log: string[];
  /** What it does with the n-th instance of a batch; undefined = stores it. */
  behave: (instance: OutgoingInstance, index: number) => DeliveryFault['kind'] | undefined;
}

/** A PACS in memory. A fault other than `refused` ends the association: what follows gets it too. */
export function createMemoryPacs(): MemoryPacs {
  const pacs: MemoryPacs = {
    stored: new Map(),
    log: [],
    behave: () => undefined,
    deliver: async (batch, _signal, onStored) => {
      const results: Result<void, DeliveryFault>[] = [];
      let broken: DeliveryFault['kind'] | undefined;
      for (const [index, instance] of batch.entries()) {
        let kind = broken ?? pacs.behave(instance, index);
        const part10 = kind === undefined ? await readOrUndefined(instance.part10()) : undefined;
        if (part10 === undefined) kind ??= 'delivery/aborted';
        if (kind !== undefined && kind !== 'delivery/refused') broken = kind;
        if (part10 !== undefined) {
          pacs.stored.set(instance.sopInstanceUid, part10);
          pacs.log.push(instance.sopInstanceUid);
          await onStored?.(index);
        }
        results.push(
          kind === undefined
            ? ok(undefined)
            : fail(fault(kind, 'Cannot deliver in this test', 'Look at the test', 'later')),
        );
      }
      return results;
    },
    echo: async () => ok(undefined),
  };
  return pacs;
}

async function readOrUndefined(pieces: ObjectPieces): Promise<Uint8Array | undefined> {
  try {
    return await wholeOf(pieces);
  } catch {
    return undefined;
  }
}
