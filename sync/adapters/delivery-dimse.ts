import type { Delivery, DeliveryFault, OutgoingInstance } from '../center/ports-delivery.ts';
import { fault } from '../core/fault.ts';
import type { Log } from '../core/log.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { sanitize } from '../core/sanitize.ts';
import { commandField } from '../dimse/command.ts';
import type { NoAssociation, OpenAssociation } from '../dimse/scu.ts';
import { implicitLittleEndianUid, verificationUid } from '../dimse/uids.ts';
import { mostContexts, openAssociation } from './dimse-scu.ts';
import type { ScuTarget } from './storage-way-dimse.ts';

/** A PACS, and the name this center calls it by. */
export type DeliveryTarget = ScuTarget;

/**
 * Delivers by C-STORE, in the original transfer syntax, as fast as the destination reads: one association a call, or
 * one for every 128 pairs of SOP class and transfer syntax. What the destination answered before it went away keeps
 * its result. `timeoutMs` is what it may take for the connection, the association, to read what was sent, and for
 * each answer.
 */
export function createDimseDelivery(
  target: DeliveryTarget,
  log: Log,
  { timeoutMs = 60_000 }: { readonly timeoutMs?: number } = {},
): Delivery {
  const { host: address, ...titles } = target;
  const open = async (pairs: readonly ClassInSyntax[], signal: AbortSignal) => {
    const peer = { address, ...titles };
    const opened = await openAssociation(peer, pairs.map(proposalOf), { signal, timeoutMs });
    return signal.aborted && opened.kind !== 'open' ? aborted : opened;
  };

  return {
    async deliver(batch, signal, onStored) {
      const outcomes: Outcome[] = [];
      let closedDoor: NoAssociation | undefined;
      for (const part of partsOf(batch)) {
        const association = closedDoor ?? (await open([...pairsOf(part).values()], signal));
        if (association.kind !== 'open') {
          // An association that broke off says nothing of the next one; a closed door does.
          if (association.kind !== 'aborted') closedDoor = association;
          outcomes.push(...part.map(() => association));
          continue;
        }
        let ended: Outcome | undefined;
        for (const instance of part) {
          const outcome = ended ?? (await store(association, instance));
          if (outcome.kind === 'aborted') ended = outcome;
          if (resultOf(outcome).ok) await onStored?.(outcomes.length);
          outcomes.push(outcome);
        }
        await association.release();
      }
      const results = outcomes.map(resultOf);
      const faults = results.flatMap((result) => (result.ok ? [] : [result.fault.kind]));
      log.info('delivery/batch', {
        instances: batch.length,
        stored: batch.length - faults.length,
        fault: faults[0],
      });
      return results;
    },
    async echo(signal) {
      const association = await open([verification], signal);
      if (association.kind !== 'open') return resultOf(association);
      const outcome = await ask(association, verification, { commandField: commandField.echo });
      await association.release();
      return resultOf(outcome);
    },
  };
}

/** What became of one request. */
type Outcome =
  | NoAssociation
  | { readonly kind: 'answered'; readonly status: number; readonly comment: string }
  /** The peer takes no such SOP class, or not in this transfer syntax: nothing was sent. */
  | { readonly kind: 'not-accepted' };

const aborted: NoAssociation = { kind: 'aborted' };

type ClassInSyntax = Pick<OutgoingInstance, 'sopClassUid' | 'transferSyntaxUid'>;

const verification: ClassInSyntax = {
  sopClassUid: verificationUid,
  transferSyntaxUid: implicitLittleEndianUid,
};

function store(association: OpenAssociation, instance: OutgoingInstance): Promise<Outcome> {
  const { sopInstanceUid: affectedSopInstanceUid } = instance;
  const command = { commandField: commandField.store, affectedSopInstanceUid };
  return ask(association, instance, command, () => instance.dataset());
}

/** One request in the context of `pair`; `dataset` is asked for when there is one. */
async function ask(
  association: OpenAssociation,
  { sopClassUid, transferSyntaxUid }: ClassInSyntax,
  command: { readonly commandField: number; readonly affectedSopInstanceUid?: string },
  dataset?: () => AsyncIterable<Uint8Array>,
): Promise<Outcome> {
  const contextId = association.contextOf(sopClassUid, transferSyntaxUid);
  if (contextId === undefined) return { kind: 'not-accepted' };
  const request = { ...command, affectedSopClassUid: sopClassUid };
  const answer = await association.request(contextId, request, dataset?.());
  if (answer?.status === undefined) return aborted;
  return { kind: 'answered', status: answer.status, comment: answer.errorComment ?? '' };
}

/** One context a pair, so that the peer cannot choose another syntax for it. */
function proposalOf({ sopClassUid, transferSyntaxUid }: ClassInSyntax) {
  return { abstractSyntaxUid: sopClassUid, transferSyntaxUids: [transferSyntaxUid] };
}

function pairsOf(batch: readonly ClassInSyntax[]): ReadonlyMap<string, ClassInSyntax> {
  return new Map(batch.map((each) => [`${each.sopClassUid} ${each.transferSyntaxUid}`, each]));
}

/** `batch` in order, cut where one association would need more contexts than there are. */
function* partsOf(batch: readonly OutgoingInstance[]): Generator<readonly OutgoingInstance[]> {
  let part: OutgoingInstance[] = [];
  for (const instance of batch) {
    if (pairsOf([...part, instance]).size > mostContexts) {
      yield part;
      part = [];
    }
    part.push(instance);
  }
  if (part.length > 0) yield part;
}

/** Success, and the warnings with which the object is kept (PS3.4 B.2.3, PS3.7 C.4). */
function isStored(status: number): boolean {
  return status === 0 || (status & 0xf000) === 0xb000 || [0x0001, 0x0107, 0x0116].includes(status);
}

/** The destination has no room or no time now (PS3.4 B.2.3 A7xx, PS3.7 C.5 0213H), or failed for no said reason. */
function mayPass(status: number): boolean {
  return (status & 0xff00) === 0xa700 || status === 0x0110 || status === 0x0213;
}

function resultOf(outcome: Outcome): Result<void, DeliveryFault> {
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
function numbersOf({ result, source, reason }: Extract<Outcome, { kind: 'rejected' }>): string {
  return `${result}/${source}/${reason}`;
}
