import type { CommandSet, OutgoingCommand, SubOperations } from './command.ts';
import type { Caller } from './storage.ts';

/** A request of another service than storage, whole. */
export interface ServiceRequest {
  readonly caller: Caller;
  /** Of the context that it came on. */
  readonly abstractSyntaxUid: string;
  /** How its dataset is encoded, and those of the answers have to be. */
  readonly transferSyntaxUid: string;
  readonly command: CommandSet;
  /** At most `commandSizeBytes` (or `actionSizeBytes`) of the limits; the receiver owns it. Undefined when none came. */
  readonly dataset: Uint8Array | undefined;
  /** Aborts when the peer cancels this request (C-CANCEL) or the association ends. */
  readonly signal: AbortSignal;
  /** The way back on the same association. */
  readonly reverse: Reverse;
}

/** One response: `pending` ones may come first, exactly one other ends the request. */
export interface ServiceAnswer {
  readonly status: number;
  /** Plain ASCII, at most 64 characters arrive; no patient data. */
  readonly comment?: string | undefined;
  /** Encoded in the transfer syntax of the request. */
  readonly dataset?: Uint8Array | undefined;
  readonly subOperations?: SubOperations;
  readonly affectedSopInstanceUid?: string | undefined;
  /** A code of the service class that says more than the status. */
  readonly errorId?: number | undefined;
}

/** Requests that go the other way on an association that the peer opened: C-STORE of a C-GET, N-EVENT-REPORT. */
export interface Reverse {
  /**
   * Id of an accepted context for `abstractSyntaxUid` in `transferSyntaxUid` (any when undefined). With `asScp`,
   * only where the peer took on the SCP role.
   */
  contextOf(
    abstractSyntaxUid: string,
    options: { readonly transferSyntaxUid?: string; readonly asScp?: boolean },
  ): number | undefined;
  /**
   * Sends one message and waits for its response; undefined when the association ended before. Never rejects. A
   * `dataset` that throws aborts the association: half a message has no other end.
   */
  request(
    contextId: number,
    command: Omit<OutgoingCommand, 'messageId' | 'hasDataset'>,
    dataset: AsyncIterable<Uint8Array>,
  ): Promise<CommandSet | undefined>;
}

/** A service class as SCP: worklist, procedure steps, commitment, query. */
export interface DimseService {
  /** Accepted as abstract syntaxes, in explicit or implicit little endian. */
  readonly sopClassUids: readonly string[];
  /** Whether it sends instances back to the peer (C-GET), so that the SCP role is granted to it. */
  readonly sendsInstances?: boolean;
  /** Whether it only shows what is there: a box that takes nothing now still gives it. */
  readonly onlyReads?: boolean;
  /**
   * Answers one request; one at a time on an association. The next answer is asked for when the peer has read the
   * ones before. What it throws is a bug, and becomes "processing failure". When `signal` aborts it ends with
   * `cancelled`, or just ends.
   */
  serve(request: ServiceRequest): AsyncIterable<ServiceAnswer>;
}
