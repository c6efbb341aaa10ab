import type { Delivery, DeliveryFault, OutgoingInstance } from '../center/ports.ts';
import { fault } from '../core/fault.ts';
import type { Log } from '../core/log.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { sanitize } from '../core/sanitize.ts';
import {
  batchesOf,
  echo,
  type OutgoingDataset,
  type ScuOutcome,
  type ScuTarget,
  storeBatch,
} from './storage-scu-dimse.ts';

/** A PACS, and the name this center calls it by. */
export type DeliveryTarget = ScuTarget;

/**
 * Delivers by C-STORE, in the original transfer syntax: one association a call, or one for every 128 pairs of SOP
 * class and transfer syntax. What the destination answered before it went away keeps its result. `timeoutMs` is
 * what it may take for the connection, the association and each answer.
 */
export function createDimseDelivery(
  target: DeliveryTarget,
  log: Log,
  { timeoutMs = 60_000 }: { readonly timeoutMs?: number } = {},
): Delivery {
  return {
    async deliver(batch, signal, onStored) {
      const results: Result<void, DeliveryFault>[] = [];
      let closedDoor: ScuOutcome | undefined;
      for (const part of batchesOf(batch)) {
        const door = closedDoor;
        const first = results.length;
        const onAnswer = (index: number, outcome: ScuOutcome): Promise<void> | void => {
          if (resultOf(outcome).ok) return onStored?.(first + index);
        };
        const outcomes = door
          ? part.map(() => door)
          : await storeBatch(target, part.map(outgoing), { signal, timeoutMs, onAnswer });
        results.push(...outcomes.map(resultOf));
        closedDoor ??= outcomes.find(({ kind }) => kind === 'unreachable' || kind === 'rejected');
      }
      const faults = results.flatMap((result) => (result.ok ? [] : [result.fault.kind]));
      log.info('delivery/batch', {
        instances: batch.length,
        stored: batch.length - faults.length,
        fault: faults[0],
      });
      return results;
    },
    async echo(signal) {
      return resultOf(await echo(target, { signal, timeoutMs }));
    },
  };
}

function outgoing(instance: OutgoingInstance): OutgoingDataset {
  const { part10, fileHeaderSizeBytes } = instance;
  return { ...instance, dataset: () => part10.subarray(fileHeaderSizeBytes) };
}

/** Success, and the warnings with which the object is kept (PS3.4 B.2.3, PS3.7 C.4). */
function isStored(status: number): boolean {
  return status === 0 || (status & 0xf000) === 0xb000 || [0x0001, 0x0107, 0x0116].includes(status);
}

/** The destination has no room or no time now (PS3.4 B.2.3 A7xx, PS3.7 C.5 0213H), or failed for no said reason. */
function mayPass(status: number): boolean {
  return (status & 0xff00) === 0xa700 || status === 0x0110 || status === 0x0213;
}

function resultOf(outcome: ScuOutcome): Result<void, DeliveryFault> {
  switch (outcome.kind) {
    case 'answered': {
      if (isStored(outcome.status)) return ok(undefined);
      const code = outcome.status.toString(16).toUpperCase().padStart(4, '0');
      return fail(
        fault(
          'delivery/refused',
          `Cannot store an instance at the destination: it answered "${code}H"`,
          `Look for this status in the log of the destination`,
          mayPass(outcome.status) ? 'later' : 'never',
          sanitize(outcome.comment, 64) || undefined,
        ),
      );
    }
    case 'not-accepted':
      return fail(
        fault(
          'delivery/refused',
          'Cannot store an instance at the destination: it does not take its SOP class in its transfer syntax',
          'Let the destination accept this SOP class and transfer syntax',
        ),
      );
    case 'unreachable':
      return fail(
        fault(
          'delivery/unreachable',
          'Cannot reach the destination: no connection',
          'Check that it runs, its host and port, and the network',
          'later',
        ),
      );
    case 'rejected':
      return fail(
        fault(
          'delivery/rejected',
          `Cannot associate with the destination: it rejected with "${numbersOf(outcome)}"`,
          'Let the destination know our AE title and address, and check the AE title it is called by',
          'later',
        ),
      );
    case 'aborted':
      return fail(
        fault(
          'delivery/aborted',
          'Cannot finish with the destination: the association ended before the answer',
          'It is tried again; look into the log of the destination when it goes on',
          'later',
        ),
      );
  }
}

/** Result, source and reason (PS3.8 9.3.4). */
function numbersOf({ result, source, reason }: Extract<ScuOutcome, { kind: 'rejected' }>): string {
  return `${result}/${source}/${reason}`;
}
