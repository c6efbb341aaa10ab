import type { Result } from '#sync/core/result.ts';
import type { BoxFact, InstanceKey, InstanceStore, StoredRecord, StoreFault } from '../ports.ts';

/** Whom the box calls by itself. */
export interface Destination {
  readonly name: string;
  readonly aeTitle: string;
  readonly address: string;
  readonly port: number;
}

/** What goes to a destination: all that is named has to fit. */
export interface ForwardRule {
  readonly to: string;
  readonly from?: readonly string[] | undefined;
  readonly modalities?: readonly string[] | undefined;
  readonly sopClassUids?: readonly string[] | undefined;
}

/** An instance that a destination does not have yet. */
export interface WaitingInstance
  extends InstanceKey,
    Pick<StoredRecord, 'segment' | 'payloadOffset' | 'payloadSizeBytes' | 'fileHeaderSizeBytes'> {
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
}

export interface OutboundCatalog {
  /** Since when the rules name each destination. */
  starts(): Promise<ReadonlyMap<string, number>>;
  /** What waits for the destination of `rules` (all of one destination), the oldest first. */
  waiting(rules: readonly ForwardRule[], limit: number): Promise<readonly WaitingInstance[]>;
  waitingCount(rules: readonly ForwardRule[]): Promise<number>;
  forwardedCount(destination: string): Promise<number>;
}

export interface OutboundRecorder {
  record(facts: readonly BoxFact[]): Promise<Result<void, StoreFault>>;
}

export type OutboundStore = Pick<InstanceStore, 'read'>;

/** How forwarding to one destination stands. */
export interface ForwardStatus {
  readonly destination: string;
  readonly waiting: number;
  readonly forwarded: number;
  /** Why the last attempt failed; undefined when all is well. */
  readonly trouble: string | undefined;
}
