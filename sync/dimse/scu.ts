import type { CommandSet, OutgoingCommand } from './command.ts';

/** Where an association goes, and under which names. */
export interface CalledPeer {
  readonly address: string;
  readonly port: number;
  readonly calledAeTitle: string;
  readonly callingAeTitle: string;
}

/** One abstract syntax to propose, each of its transfer syntaxes in a context of its own. */
export interface Proposal {
  readonly abstractSyntaxUid: string;
  readonly transferSyntaxUids: readonly string[];
  /** We want to be the SCP: the peer receives our N-EVENT-REPORT. */
  readonly asScp?: boolean;
}

/** Why there is no association. */
export type NoAssociation =
  | { readonly kind: 'unreachable'; readonly code: string }
  | {
      readonly kind: 'rejected';
      readonly result: number;
      readonly source: number;
      readonly reason: number;
    }
  /** It closed, aborted, broke the protocol or took too long. */
  | { readonly kind: 'aborted' };

/** An association that we opened: one request at a time. */
export interface OpenAssociation {
  readonly kind: 'open';
  /** Id of an accepted context; undefined when the peer does not take that class in that syntax. */
  contextOf(abstractSyntaxUid: string, transferSyntaxUid: string): number | undefined;
  /** Sends one request and waits for its answer; undefined when the association ended before. Never rejects. */
  request(
    contextId: number,
    command: Omit<OutgoingCommand, 'messageId' | 'hasDataset'>,
    dataset?: AsyncIterable<Uint8Array>,
  ): Promise<CommandSet | undefined>;
  /** Releases and closes. */
  release(): Promise<void>;
}

export interface ScuLimits {
  readonly signal: AbortSignal;
  /** For the connection, the association, each PDU that waits to be read, and each answer. Default 60 s. */
  readonly timeoutMs?: number;
}

/** Opens an association; whatever happens is told by what it resolves with. */
export type OpensAssociation = (
  peer: CalledPeer,
  proposals: readonly Proposal[],
  limits: ScuLimits,
) => Promise<OpenAssociation | NoAssociation>;
