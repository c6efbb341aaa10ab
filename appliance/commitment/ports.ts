import type { Result } from '#sync/core/result.ts';
import type { StoreFault } from '../ports-store.ts';
import type { BoxFact } from '../store/facts.ts';
import type { InstanceState } from '../store/instance-states.ts';

/** Which images a device may delete after the answer: those at the center, at the relay, or safe on this box. */
export type CommitmentPolicy = 'delivered' | 'custody' | 'box';

/** An image that is asked about. */
export interface Reference {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
}

/** A request of a device that waits for its answer. */
export interface Commitment {
  readonly transactionUid: string;
  readonly callingAeTitle: string;
  /** The title of the box that was called: the answer comes from it. */
  readonly calledAeTitle: string;
  readonly address: string;
  readonly askedAtMs: number;
  readonly references: readonly Reference[];
}

/** What the catalog knows of one object under a SOP Instance UID. */
export interface KnownObject extends Reference {
  readonly state: InstanceState;
  /** Every pack that holds a piece of it is at the relay. */
  readonly isInCustody: boolean;
}

export interface CommitmentCatalog {
  /** Requests without an answer, the oldest first. */
  open(): Promise<readonly Commitment[]>;
  /** Every object under each of the UIDs, also those whose bytes were let go. */
  objects(sopInstanceUids: readonly string[]): Promise<readonly KnownObject[]>;
  /** The studies of these instances of which no other instance is known. */
  studiesNamedWhole(sopInstanceUids: readonly string[]): Promise<readonly string[]>;
}

/** Writes facts where they last; durable and in the catalog on `ok`. */
export interface CommitmentRecorder {
  record(facts: readonly BoxFact[]): Promise<Result<void, StoreFault>>;
}

/** The answer to one request: each image is in one of the two lists. */
export interface CommitmentReport {
  readonly committed: readonly Reference[];
  readonly failed: readonly (Reference & { readonly failureReason: number })[];
}

/** Brings an answer to the device. */
export interface CommitmentReporter {
  /**
   * One attempt on an association of its own, as the SCP; `told` when the device answered. `withRole` proposes the
   * SCP role as the standard has it; some devices refuse what names it. May be made again. Never rejects.
   */
  report(
    commitment: Commitment,
    report: CommitmentReport,
    options: { readonly withRole: boolean; readonly signal: AbortSignal },
  ): Promise<'told' | 'not-told'>;
}
