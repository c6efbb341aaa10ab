import type { Delivery, DeliveryFault, OutgoingInstance } from '#sync/center/ports-delivery.ts';
import { fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { datasetSha256 } from '#sync/dicom/digest.ts';
import { wholeOf } from '../support/outgoing.ts';
import type { Life } from './life.ts';
import type { Oracle } from './oracle.ts';
import type { Chance } from './timeline.ts';

/** The reader's PACS, with its moods. */
export interface Pacs {
  /** How often an instance is refused, or its association breaks before or after it was stored, 0 to 1. */
  trouble: number;
  isUp: boolean;
  /** Instances stored since the center was last told, by digest. */
  readonly unanswered: Set<string>;
  open(life: Life): Delivery;
}

export function createPacs(chance: Chance, oracle: Oracle): Pacs {
  const faultOf = (kind: DeliveryFault['kind']): Result<void, DeliveryFault> =>
    fail(fault(kind, 'The PACS of the simulator says no', 'It is tried again', 'later'));

  /** One C-STORE; a fault other than `refused` ends the association. */
  function store(
    { sopInstanceUid }: OutgoingInstance,
    dataset: Uint8Array,
  ): DeliveryFault['kind'] | undefined {
    const digest = datasetSha256(dataset);
    if (chance.is(pacs.trouble)) {
      const kind = chance.pick(['delivery/refused', 'delivery/aborted', 'lost'] as const);
      if (kind !== 'lost') return kind;
      oracle.stored(dataset, sopInstanceUid);
      oracle.mayComeAgain(digest);
      return 'delivery/aborted';
    }
    oracle.stored(dataset, sopInstanceUid);
    pacs.unanswered.add(digest);
    return undefined;
  }

  /** An instance that cannot be read to its end breaks the association. */
  async function send(
    life: Life,
    instance: OutgoingInstance,
  ): Promise<DeliveryFault['kind'] | undefined> {
    let dataset: Uint8Array;
    try {
      dataset = await wholeOf(instance.dataset());
    } catch {
      return 'delivery/aborted';
    }
    return life.write('C-STORE', () => store(instance, dataset));
  }

  const pacs: Pacs = {
    trouble: 0,
    isUp: true,
    unanswered: new Set(),
    open: (life) => ({
      async deliver(batch, signal, onStored) {
        if (!pacs.isUp) {
          return life.write('dial', () => batch.map(() => faultOf('delivery/unreachable')));
        }
        const results: Result<void, DeliveryFault>[] = [];
        let broken: DeliveryFault['kind'] | undefined;
        for (const [index, instance] of batch.entries()) {
          if (signal.aborted) broken ??= 'delivery/aborted';
          const kind = broken ?? (await send(life, instance));
          if (kind !== undefined && kind !== 'delivery/refused') broken = kind;
          if (kind === undefined) await onStored?.(index);
          results.push(kind === undefined ? ok(undefined) : faultOf(kind));
        }
        return results;
      },
      echo: async () => ok(undefined),
    }),
  };
  return pacs;
}
