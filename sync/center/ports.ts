import type { Fault } from '../core/fault.ts';
import type { Result } from '../core/result.ts';

/** `refused` names the C-STORE status in its message; the others concern the whole association. */
export type DeliveryFault = Fault<
  'delivery/unreachable' | 'delivery/rejected' | 'delivery/refused' | 'delivery/aborted'
>;

/** One instance on its way to a PACS. */
export interface OutgoingInstance {
  /** The whole Part 10 object as the modality's box stored it; only read. */
  readonly part10: Uint8Array;
  /** Length of preamble and group 0002 at the start of `part10`; the dataset is the rest. */
  readonly fileHeaderSizeBytes: number;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
}

/** A place that takes instances: a PACS by C-STORE, a folder. */
export interface Delivery {
  /**
   * Hands over `batch` in order, in the original transfer syntax. One result an instance: `ok` = the destination
   * answered success or a warning for it. An identical instance may be handed over again.
   */
  deliver(
    batch: readonly OutgoingInstance[],
    signal: AbortSignal,
  ): Promise<readonly Result<void, DeliveryFault>[]>;
  /** Asks whether the destination answers (C-ECHO). */
  echo(signal: AbortSignal): Promise<Result<void, DeliveryFault>>;
}
