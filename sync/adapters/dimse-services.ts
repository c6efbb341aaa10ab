import { joinSignals } from '../core/signals.ts';
import {
  type Answer,
  type CommandSet,
  dimseStatus,
  encodeRequest,
  encodeResponse,
} from '../dimse/command.ts';
import type { ContextAnswer } from '../dimse/negotiate.ts';
import { abortReason, encodeData, encodeFragments, encodeStream, fragment } from '../dimse/pdu.ts';
import type { DimseService, Reverse } from '../dimse/service.ts';
import type { Caller } from '../dimse/storage.ts';
import type { GuardedConnection } from './dimse-guard.ts';

/** An accepted association, as its services see it. */
export interface ServiceSurroundings {
  readonly connection: GuardedConnection;
  readonly caller: Caller;
  /** The accepted contexts only. */
  readonly contexts: ReadonlyMap<number, ContextAnswer>;
  /** Abstract syntaxes for which the peer took on the SCP role. */
  readonly peerAsScp: ReadonlySet<string>;
  /** The longest PDU the peer takes. */
  readonly peerPduLengthBytes: number;
  /** A service threw: a bug in it. */
  failed(cause: unknown): void;
}

/** Runs the services of one association: one request at a time, and the requests that go the other way. */
export class ServiceRunner {
  readonly #surroundings: ServiceSurroundings;
  readonly #services: ReadonlyMap<string, DimseService>;
  readonly #ended = new AbortController();
  readonly #awaited = new Map<number, (response: CommandSet | undefined) => void>();
  #running: { readonly messageId: number; readonly cancel: AbortController } | undefined;
  #lastMessageId = 0;

  constructor(surroundings: ServiceSurroundings, services: readonly DimseService[]) {
    this.#surroundings = surroundings;
    this.#services = new Map(
      services.flatMap((service) => service.sopClassUids.map((uid) => [uid, service] as const)),
    );
  }

  /** Starts to answer; false when no service is given on that context. */
  serve(contextId: number, command: CommandSet, dataset: Uint8Array | undefined): boolean {
    const context = this.#surroundings.contexts.get(contextId);
    const service = context && this.#services.get(context.abstractSyntaxUid);
    if (!context || !service) return false;
    if (this.#running) this.#respond(contextId, command, oneAtATime);
    else void this.#run(service, context, command, dataset);
    return true;
  }

  /** The peer wants no more answers to that request. */
  cancel(messageId: number | undefined): void {
    if (this.#running?.messageId === messageId) this.#running?.cancel.abort();
  }

  /** The peer answered a request of ours. */
  answered(response: CommandSet): void {
    const messageId = response.messageIdBeingRespondedTo ?? 0;
    this.#awaited.get(messageId)?.(response);
    this.#awaited.delete(messageId);
  }

  /** The association is over. */
  close(): void {
    this.#ended.abort();
    for (const resolve of this.#awaited.values()) resolve(undefined);
    this.#awaited.clear();
  }

  async #run(
    service: DimseService,
    context: ContextAnswer,
    command: CommandSet,
    dataset: Uint8Array | undefined,
  ): Promise<void> {
    const { connection, caller, failed } = this.#surroundings;
    const cancel = new AbortController();
    const { signal, release } = joinSignals(cancel.signal, this.#ended.signal);
    const { id, abstractSyntaxUid, transferSyntaxUid } = context;
    this.#running = { messageId: command.messageId ?? 0, cancel };
    let isAnswered = false;
    try {
      const request = { caller, abstractSyntaxUid, transferSyntaxUid, command, dataset, signal };
      for await (const answer of service.serve({ ...request, reverse: this.#reverse() })) {
        if (isAnswered || connection.isClosed()) break;
        isAnswered = !isPending(answer.status);
        // The peer may send its next request as soon as it has read the last answer.
        if (isAnswered) this.#running = undefined;
        this.#respond(id, command, answer, answer.dataset);
        await connection.drained();
      }
      if (!isAnswered) this.#respond(id, command, signal.aborted ? cancelled : noAnswer);
    } catch (cause) {
      failed(cause);
      if (!isAnswered) this.#respond(id, command, noAnswer);
    }
    release();
    if (!isAnswered) this.#running = undefined;
  }

  #respond(contextId: number, command: CommandSet, answer: Answer, dataset?: Uint8Array): void {
    const { connection, peerPduLengthBytes } = this.#surroundings;
    const hasDataset = dataset !== undefined;
    connection.write(encodeResponse(contextId, command, { ...answer, hasDataset }));
    if (!dataset) return;
    for (const pdu of encodeFragments(contextId, dataset, peerPduLengthBytes))
      connection.write(pdu);
  }

  #reverse(): Reverse {
    const { connection, contexts, peerAsScp, peerPduLengthBytes, failed } = this.#surroundings;
    return {
      contextOf: (abstractSyntaxUid, { transferSyntaxUid, asScp }) =>
        [...contexts.values()].find(
          (context) =>
            context.abstractSyntaxUid === abstractSyntaxUid &&
            (transferSyntaxUid ?? context.transferSyntaxUid) === context.transferSyntaxUid &&
            (asScp !== true || peerAsScp.has(abstractSyntaxUid)),
        )?.id,
      request: async (contextId, command, dataset) => {
        this.#lastMessageId = (this.#lastMessageId % 0xffff) + 1;
        const messageId = this.#lastMessageId;
        const { promise, resolve } = Promise.withResolvers<CommandSet | undefined>();
        if (this.#ended.signal.aborted) return undefined;
        this.#awaited.set(messageId, resolve);
        const bytes = encodeRequest({ ...command, messageId, hasDataset: true });
        connection.write(encodeData(contextId, fragment.command | fragment.last, bytes));
        try {
          for await (const pdu of encodeStream(contextId, dataset, peerPduLengthBytes)) {
            if (connection.isClosed()) return undefined;
            connection.write(pdu);
            await connection.drained();
          }
        } catch (cause) {
          failed(cause);
          connection.abort(abortReason.notSpecified);
          return undefined;
        }
        return promise;
      },
    };
  }
}

function isPending(status: number): boolean {
  return status === dimseStatus.pending || status === dimseStatus.pendingUnmatched;
}

const oneAtATime: Answer = {
  status: dimseStatus.resourceLimitation,
  comment: 'One request at a time on an association',
};
const noAnswer: Answer = { status: dimseStatus.processingFailure, comment: 'Internal error' };
const cancelled: Answer = { status: dimseStatus.cancelled };
