import { connect, type Socket } from 'node:net';
import { implementationClassUid, implementationVersionName } from '../dicom/part10.ts';
import { encodeAssociateRequest } from '../dimse/associate.ts';
import { type CommandSet, commandField, encodeRequest } from '../dimse/command.ts';
import { defaultDimseLimits } from '../dimse/limits.ts';
import { sendablePduLength } from '../dimse/negotiate.ts';
import { encodeAbort, encodeData, encodeRelease, encodeStream, fragment } from '../dimse/pdu.ts';
import { createRequestor, type RequestorEvent } from '../dimse/requestor.ts';
import { applicationContextUid } from '../dimse/uids.ts';
import type { ScuOutcome, ScuTarget } from './storage-scu-dimse.ts';

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

/** Bytes that wait to be read by the peer at most. */
const unreadSizeBytes = 256 * 1024;
const mostContexts = 128;

/**
 * Asks for an association with one context for each of `pairs`, the first 128. The library's client is not used here:
 * it holds whole objects, and cannot name the originator of a C-MOVE.
 */
export async function openStorageWay(
  target: ScuTarget,
  pairs: readonly ClassInSyntax[],
  options: StorageWayOptions,
): Promise<OpenStorageWay | Exclude<ScuOutcome, { kind: 'answered' | 'not-accepted' }>> {
  const { signal, timeoutMs = 60_000, moveOriginator } = options;
  if (signal.aborted) return { kind: 'aborted' };
  const socket = connect({ host: target.host, port: target.port, noDelay: true });
  const wire = wireOf(socket, signal, timeoutMs);
  if (!(await wire.connected())) return { kind: 'unreachable' };
  const proposed = pairs.slice(0, mostContexts).map((pair, index) => ({ id: 2 * index + 1, pair }));
  socket.write(encodeProposal(target, proposed));
  const answer = await wire.next();
  if (answer?.type === 'rejected') {
    socket.destroy();
    const { result, source, reason } = answer;
    return { kind: 'rejected', result, source, reason };
  }
  const pduLengthBytes =
    answer?.type === 'accepted'
      ? sendablePduLength(answer.pduLengthBytes, defaultDimseLimits.pduLengthBytes)
      : undefined;
  if (answer?.type !== 'accepted' || pduLengthBytes === undefined) {
    socket.destroy();
    return { kind: 'aborted' };
  }
  const { contexts } = answer;
  let messageId = 0;

  return {
    contextOf: ({ sopClassUid, transferSyntaxUid }) =>
      proposed.find(
        ({ id, pair }) =>
          pair.sopClassUid === sopClassUid &&
          pair.transferSyntaxUid === transferSyntaxUid &&
          contexts.get(id) === transferSyntaxUid,
      )?.id,
    async store(contextId, { sopClassUid, sopInstanceUid }, dataset) {
      messageId = (messageId % 0xffff) + 1;
      const command = encodeRequest({
        ...{ commandField: commandField.store, messageId, hasDataset: true },
        ...{ affectedSopClassUid: sopClassUid, affectedSopInstanceUid: sopInstanceUid },
        ...(moveOriginator && { moveOriginator }),
      });
      try {
        await wire.write(encodeData(contextId, fragment.command | fragment.last, command));
        for await (const pdu of encodeStream(contextId, dataset, pduLengthBytes)) {
          if (!(await wire.write(pdu))) return undefined;
        }
      } catch {
        // Half a dataset has no other end.
        socket.end(encodeAbort(0));
        socket.destroySoon();
        return undefined;
      }
      return (await wire.response(messageId))?.status;
    },
    async close() {
      await wire.write(encodeRelease('request'));
      await wire.next();
      socket.destroy();
    },
  };
}

function encodeProposal(
  target: ScuTarget,
  proposed: readonly { readonly id: number; readonly pair: ClassInSyntax }[],
): Uint8Array {
  return encodeAssociateRequest(
    {
      ...{ protocolVersion: 1, applicationContextUid, roles: [] },
      calledAeTitle: target.calledAeTitle,
      callingAeTitle: target.callingAeTitle,
      pduLengthBytes: defaultDimseLimits.pduLengthBytes,
      contexts: proposed.map(({ id, pair }) => ({
        id,
        abstractSyntaxUid: pair.sopClassUid,
        transferSyntaxUids: [pair.transferSyntaxUid],
      })),
      implementation: { classUid: implementationClassUid, versionName: implementationVersionName },
    },
    ({ transferSyntaxUids }) => transferSyntaxUids[0] ?? '',
  );
}

/** The socket as events and writes that wait: each wait has one deadline, which no byte of the peer extends. */
function wireOf(socket: Socket, signal: AbortSignal, timeoutMs: number) {
  const requestor = createRequestor();
  const events: RequestorEvent[] = [];
  let wake: (() => void) | undefined;
  const destroy = (): void => void socket.destroy();
  signal.addEventListener('abort', destroy);
  for (const event of ['connect', 'drain']) socket.on(event, () => wake?.());
  socket.on('data', (bytes) => {
    events.push(...requestor.push(bytes));
    wake?.();
  });
  // What went wrong is told by `close`; without a listener it would end the process.
  socket.on('error', () => {});
  socket.on('close', () => {
    signal.removeEventListener('abort', destroy);
    wake?.();
  });

  async function until(isSo: () => boolean): Promise<void> {
    const deadline = setTimeout(destroy, timeoutMs);
    while (!isSo() && !socket.destroyed) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    clearTimeout(deadline);
  }

  async function next(): Promise<RequestorEvent | undefined> {
    await until(() => events.length > 0);
    return events.shift();
  }

  return {
    next,
    async connected(): Promise<boolean> {
      await until(() => !socket.connecting);
      return !socket.destroyed;
    },
    /** False when the association is over. */
    async write(bytes: Uint8Array): Promise<boolean> {
      if (socket.destroyed || isOver(events)) return false;
      socket.write(bytes);
      const mayGoOn = (): boolean => socket.writableLength <= unreadSizeBytes || isOver(events);
      if (!mayGoOn()) await until(mayGoOn);
      return !socket.destroyed && !isOver(events);
    },
    /** The answer to `messageId`; undefined when something else came, or nothing ever will. */
    async response(messageId: number): Promise<CommandSet | undefined> {
      const event = await next();
      const isAnswer =
        event?.type === 'response' && event.command.messageIdBeingRespondedTo === messageId;
      if (isAnswer) return event.command;
      socket.destroy();
      return undefined;
    },
  };
}

function isOver(events: readonly RequestorEvent[]): boolean {
  return events.some(({ type }) => type === 'aborted' || type === 'broken');
}
