import { commandField } from '../dimse/command.ts';
import type { NoAssociation } from '../dimse/scu.ts';
import { openAssociation } from './dimse-scu.ts';

/** Where an association goes, and under which names. */
export interface ScuTarget {
  readonly host: string;
  readonly port: number;
  readonly calledAeTitle: string;
  readonly callingAeTitle: string;
}

/** An association of ours on which instances go as they come from the disk: in pieces, at the speed of the peer. */
export interface OpenStorageWay {
  contextOf(pair: ClassInSyntax): number | undefined;
  /** The status of the answer; undefined when the association ended before. A `dataset` that throws aborts it. */
  store(
    contextId: number,
    instance: { readonly sopClassUid: string; readonly sopInstanceUid: string },
    dataset: AsyncIterable<Uint8Array>,
  ): Promise<number | undefined>;
  /** Releases; resolves when the connection is closed. */
  close(): Promise<void>;
}

export interface ClassInSyntax {
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
}

export interface StorageWayOptions {
  /** Ends the association at once. */
  readonly signal: AbortSignal;
  /** For the connection, the association, each PDU that waits to be read, and each answer. Default 60 s. */
  readonly timeoutMs?: number;
  /** The C-MOVE behind it: who asked, by which message. */
  readonly moveOriginator?: { readonly aeTitle: string; readonly messageId: number };
}

/** Asks for an association with one context for each of `pairs`, the first 128. */
export async function openStorageWay(
  { host, ...titles }: ScuTarget,
  pairs: readonly ClassInSyntax[],
  { moveOriginator, ...limits }: StorageWayOptions,
): Promise<OpenStorageWay | NoAssociation> {
  const proposals = pairs.map(({ sopClassUid, transferSyntaxUid }) => ({
    ...{ abstractSyntaxUid: sopClassUid, transferSyntaxUids: [transferSyntaxUid] },
  }));
  const association = await openAssociation({ address: host, ...titles }, proposals, limits);
  if (association.kind !== 'open') return association;
  return {
    contextOf: ({ sopClassUid, transferSyntaxUid }) =>
      association.contextOf(sopClassUid, transferSyntaxUid),
    store: async (contextId, { sopClassUid, sopInstanceUid }, dataset) => {
      const command = {
        ...{ commandField: commandField.store, affectedSopClassUid: sopClassUid },
        ...{ affectedSopInstanceUid: sopInstanceUid, ...(moveOriginator && { moveOriginator }) },
      };
      return (await association.request(contextId, command, dataset))?.status;
    },
    close: () => association.release(),
  };
}
