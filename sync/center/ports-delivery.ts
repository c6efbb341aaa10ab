import type { Fault } from '../core/fault.ts';
import type { Result } from '../core/result.ts';

/** `refused` names the C-STORE status in its message; the others concern the whole association. */
export type DeliveryFault = Fault<
  'delivery/unreachable' | 'delivery/rejected' | 'delivery/refused' | 'delivery/aborted'
>;

/** One instance on its way to a PACS: what it is called, and a source of its bytes, which nobody holds as a whole. */
export interface OutgoingInstance {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly datasetSha256: string;
  /** The Part 10 object as the modality's box stored it. */
  part10(): ObjectPieces;
  /** The same without preamble and group 0002. */
  dataset(): ObjectPieces;
}

/**
 * Bytes in order, read as they are asked for; a piece is good until the next one is asked for. The last piece comes
 * only when the digest over all of them is the right one; else it throws, and so does a disk that cannot be read.
 */
export type ObjectPieces = AsyncIterable<Uint8Array>;

/** A place that takes instances: a PACS by C-STORE, a folder. */
export interface Delivery {
  /**
   * Hands over `batch` in order, in the original transfer syntax. One result an instance: `ok` = the destination
   * answered success or a warning for it. One whose pieces throw is not stored. An identical instance may be handed
   * over again. `onStored` is called with the place of each that was stored; the next one does not leave before it
   * resolves. It never rejects.
   */
  deliver(
    batch: readonly OutgoingInstance[],
    signal: AbortSignal,
    onStored?: (index: number) => Promise<void>,
  ): Promise<readonly Result<void, DeliveryFault>[]>;
  /** Asks whether the destination answers (C-ECHO). */
  echo(signal: AbortSignal): Promise<Result<void, DeliveryFault>>;
}
