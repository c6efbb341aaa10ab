import { connect, type Socket } from 'node:net';
import { errorCode } from '../core/error-code.ts';
import { implementationClassUid, implementationVersionName } from '../dicom/part10.ts';
import { encodeAssociateRequest, type ProposedContext } from '../dimse/associate.ts';
import { encodeRequest } from '../dimse/command.ts';
import { defaultDimseLimits } from '../dimse/limits.ts';
import { sendablePduLength } from '../dimse/negotiate.ts';
import { encodeAbort, encodeData, encodeRelease, encodeStream, fragment } from '../dimse/pdu.ts';
import { createRequestor, type RequestorEvent } from '../dimse/requestor.ts';
import type { CalledPeer, OpensAssociation, Proposal } from '../dimse/scu.ts';
import { applicationContextUid } from '../dimse/uids.ts';

/** Bytes that wait to be read by the peer at most. */
const unreadSizeBytes = 256 * 1024;
/** Most contexts in one association (PS3.8 9.3.2.2); what is proposed beyond is left out. */
export const mostContexts = 128;

/**
 * Opens an association as requestor. The library's client is not used here: it holds whole objects, names no
 * originator of a C-MOVE, and cannot propose to be the SCP.
 */
export const openAssociation: OpensAssociation = async (
  peer,
  proposals,
  { signal, timeoutMs = 60_000 },
) => {
  if (signal.aborted) return { kind: 'aborted' };
  const contexts = contextsOf(proposals);
  const socket = connect({ host: peer.address, port: peer.port, noDelay: true });
  const wire = wireOf(socket, signal, timeoutMs);
  const connected = await wire.connected();
  if (connected !== 'connected') return { kind: 'unreachable', code: connected };
  await wire.write(requestOf(peer, proposals, contexts));
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
  const accepted = answer.contexts;
  let messageId = 0;
  return {
    kind: 'open',
    contextOf: (abstractSyntaxUid, transferSyntaxUid) =>
      contexts.find(
        (context) =>
          context.abstractSyntaxUid === abstractSyntaxUid &&
          context.transferSyntaxUids[0] === transferSyntaxUid &&
          accepted.get(context.id) === transferSyntaxUid,
      )?.id,
    request: async (contextId, command, dataset) => {
      messageId = (messageId % 0xffff) + 1;
      const bytes = encodeRequest({ ...command, messageId, hasDataset: dataset !== undefined });
      try {
        await wire.write(encodeData(contextId, fragment.command | fragment.last, bytes));
        if (dataset) {
          for await (const pdu of encodeStream(contextId, dataset, pduLengthBytes)) {
            if (!(await wire.write(pdu))) return undefined;
          }
        }
      } catch {
        // Half a message has no other end than this; whoever reads the dataset knows why it broke off.
        socket.write(encodeAbort(0));
        socket.destroySoon();
        return undefined;
      }
      const event = await wire.next();
      const isAnswer =
        event?.type === 'response' && event.command.messageIdBeingRespondedTo === messageId;
      if (isAnswer) return event.command;
      socket.destroy();
      return undefined;
    },
    release: async () => {
      await wire.write(encodeRelease('request'));
      await wire.next();
      socket.destroy();
    },
  };
};

/** The socket as events and writes that wait: each wait has one deadline, which no byte of the peer extends. */
function wireOf(socket: Socket, signal: AbortSignal, timeoutMs: number) {
  const requestor = createRequestor();
  const events: RequestorEvent[] = [];
  let wake: (() => void) | undefined;
  /** The system's code of what went wrong; `close` follows it. */
  let code = 'ETIMEDOUT';
  const destroy = (): void => void socket.destroy();
  signal.addEventListener('abort', destroy);
  for (const event of ['connect', 'drain']) socket.on(event, () => wake?.());
  socket.on('data', (bytes) => {
    events.push(...requestor.push(bytes));
    wake?.();
  });
  socket.on('error', (error) => {
    code = errorCode(error) ?? code;
  });
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

  return {
    async next(): Promise<RequestorEvent | undefined> {
      await until(() => events.length > 0);
      return events.shift();
    },
    /** `connected`, or the system's code of why not. */
    async connected(): Promise<string> {
      await until(() => !socket.connecting);
      return socket.destroyed ? code : 'connected';
    },
    /** False when the association is over. */
    async write(bytes: Uint8Array): Promise<boolean> {
      if (socket.destroyed || isOver(events)) return false;
      socket.write(bytes);
      const mayGoOn = (): boolean => socket.writableLength <= unreadSizeBytes || isOver(events);
      if (!mayGoOn()) await until(mayGoOn);
      return !socket.destroyed && !isOver(events);
    },
  };
}

function isOver(events: readonly RequestorEvent[]): boolean {
  return events.some(({ type }) => type === 'aborted' || type === 'broken');
}

/** One syntax a context, so that the peer cannot choose another than the dataset has. */
function contextsOf(proposals: readonly Proposal[]): readonly ProposedContext[] {
  return proposals
    .flatMap(({ abstractSyntaxUid, transferSyntaxUids }) =>
      transferSyntaxUids.map((uid) => ({ abstractSyntaxUid, transferSyntaxUids: [uid] })),
    )
    .slice(0, mostContexts)
    .map((pair, index) => ({ id: 2 * index + 1, ...pair }));
}

function requestOf(
  { calledAeTitle, callingAeTitle }: CalledPeer,
  proposals: readonly Proposal[],
  contexts: readonly ProposedContext[],
): Uint8Array {
  return encodeAssociateRequest(
    {
      ...{ protocolVersion: 1, applicationContextUid, calledAeTitle, callingAeTitle, contexts },
      pduLengthBytes: defaultDimseLimits.pduLengthBytes,
      roles: proposals
        .filter(({ asScp }) => asScp)
        .map(({ abstractSyntaxUid }) => ({ abstractSyntaxUid, isScu: false, isScp: true })),
      implementation: { classUid: implementationClassUid, versionName: implementationVersionName },
    },
    ({ transferSyntaxUids }) => transferSyntaxUids[0] ?? '',
  );
}
