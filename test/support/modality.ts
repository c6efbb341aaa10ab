import { readFileSync } from 'node:fs';
import type { ScuTarget } from '#sync/adapters/storage-way-dimse.ts';
import { expectOk } from '#sync/core/result.ts';
import { readFileHeader } from '#sync/dicom/part10.ts';
import { batchesOf, type OutgoingDataset, type ScuOutcome, storeBatch } from './storage-scu.ts';

/** A Part 10 object in memory, or the path of one; a file is read again when its turn comes. */
export type ModalityObject = Uint8Array | string;

/** `stored` = the device said success (or a warning); everything else is worth sending again. */
export type SentStatus =
  | { readonly kind: 'stored'; readonly status: number }
  | { readonly kind: 'refused'; readonly status: number; readonly comment: string }
  | { readonly kind: 'not-sent'; readonly why: Exclude<ScuOutcome['kind'], 'answered'> };

export interface SendOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
  /** Called as soon as an object is acknowledged. */
  readonly onStored?: (index: number) => void;
}

/** Objects of one association: few enough that the library may keep them all. */
const objectsPerAssociation = 50;

/**
 * Sends `objects` like a modality does: in order, each in its own transfer syntax, on one association after
 * another. A receiver that dies costs its association; what it had acknowledged stays `stored`, and the rest is
 * reported, not retried: retries are the caller's. One status an object; rejects only for an unreadable object.
 */
export async function sendStudy(
  target: ScuTarget,
  objects: readonly ModalityObject[],
  { signal, timeoutMs = 30_000, onStored }: SendOptions,
): Promise<readonly SentStatus[]> {
  const statuses: SentStatus[] = [];
  for (const batch of batchesOf(objects.map(outgoing), objectsPerAssociation)) {
    const first = statuses.length;
    const outcomes = await storeBatch(target, batch, {
      signal,
      timeoutMs,
      onAnswer(index, outcome) {
        if (statusOf(outcome).kind === 'stored') onStored?.(first + index);
      },
    });
    statuses.push(...outcomes.map(statusOf));
  }
  return statuses;
}

function statusOf(outcome: ScuOutcome): SentStatus {
  if (outcome.kind !== 'answered') return { kind: 'not-sent', why: outcome.kind };
  const { status, comment } = outcome;
  const isStored = status === 0 || (status & 0xf000) === 0xb000;
  return isStored ? { kind: 'stored', status } : { kind: 'refused', status, comment };
}

function outgoing(object: ModalityObject): OutgoingDataset {
  const load = (): Uint8Array => (typeof object === 'string' ? readFileSync(object) : object);
  const { fileHeaderSizeBytes, ...header } = expectOk(readFileHeader(load()));
  return { ...header, dataset: () => load().subarray(fileHeaderSizeBytes) };
}
