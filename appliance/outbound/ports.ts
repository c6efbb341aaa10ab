import type { Result } from '#sync/core/result.ts';
import type { InstanceStore, StoreFault } from '../ports-store.ts';
import type { BoxFact } from '../store/facts.ts';
import type { InstanceKey } from '../store/instance-states.ts';
import type { StoredRecord } from '../store/stored-record.ts';

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
  readonly arrivedAtMs: number;
}

export interface OutboundCatalog {
  /** Since when the rules name each destination. */
  starts(): Promise<ReadonlyMap<string, number>>;
  /**
   * What waits for the destination of `rules` (all of one destination), the oldest first. Reads over all that arrived
   * since `sinceMs`, so a look from 0 takes its time on a full box.
   */
  waiting(
    rules: readonly ForwardRule[],
    limit: number,
    sinceMs: number,
  ): Promise<readonly WaitingInstance[]>;
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

/** What the box knows of a destination without looking anything up. */
export interface ForwardHealth {
  readonly destination: string;
  /** When the oldest image came that waits for it; undefined when none does. */
  readonly waitingSinceMs: number | undefined;
  readonly trouble: string | undefined;
  /** It has taken nothing for long while images wait: somebody has to look. */
  readonly isStuck: boolean;
}
