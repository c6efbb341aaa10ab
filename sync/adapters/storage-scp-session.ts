import type { Socket } from 'node:net';
import type { Log, LogField } from '../core/log.ts';
import { sanitize } from '../core/sanitize.ts';
import type { AdmittedConnection } from '../dimse/admission.ts';
import { type AssociateRequest, speaksDicom } from '../dimse/associate.ts';
import { type CommandSet, commandField, dimseStatus, encodeResponse } from '../dimse/command.ts';
import type { GuardEvent } from '../dimse/events.ts';
import type { DimseLimits } from '../dimse/limits.ts';
import {
  type ContextAnswer,
  contextResult,
  type NegotiationPolicy,
  negotiate,
  sendablePduLength,
} from '../dimse/negotiate.ts';
import { abortReason, encodeReject, type Rejection } from '../dimse/pdu.ts';
import type { StorageScpPorts, StoreSink, StoreStatus } from '../dimse/storage.ts';
import { verificationUid } from '../dimse/uids.ts';
import { createLibraryAssociation, type LibraryAssociation } from './dimse-association.ts';
import { type GuardedConnection, guardConnection } from './dimse-guard.ts';

/** What one connection needs of the server it came to. */
export interface SessionContext {
  readonly ports: StorageScpPorts;
  readonly limits: DimseLimits;
  readonly aeTitles: readonly string[];
  readonly policy: NegotiationPolicy;
  readonly log: Log;
}

/** One connection from the first byte to the last. */
export interface StorageSession {
  /** Ends the association: at once, or as soon as the instance that is being made durable is answered. */
  stop(): void;
}

const failed: StoreStatus = { status: dimseStatus.processingFailure, comment: 'Internal error' };

/** Serves `socket` until it closes. */
export function startStorageSession(
  socket: Socket,
  address: string,
  admitted: AdmittedConnection,
  context: SessionContext,
): StorageSession {
  return new Session(socket, address, admitted, context);
}

class Session implements StorageSession {
  readonly #context: SessionContext;
  readonly #address: string;
  readonly #admitted: AdmittedConnection;
  readonly #connection: GuardedConnection;
  #callingAeTitle = '';
  #accepted: ReadonlyMap<number, ContextAnswer> = new Map();
  #library: LibraryAssociation | undefined;
  /** The C-STORE whose dataset is coming: where it goes, or what it will be answered. */
  #store: { readonly contextId: number; readonly command: CommandSet } | undefined;
  #sink: StoreSink | undefined;
  #refusal: StoreStatus = failed;
  #isAnswering = false;
  #isStopping = false;

  constructor(
    socket: Socket,
    address: string,
    admitted: AdmittedConnection,
    context: SessionContext,
  ) {
    this.#context = context;
    this.#address = address;
    this.#admitted = admitted;
    this.#connection = guardConnection(socket, context.limits, {
      handle: (event) => this.#handle(event),
      refused: (why) => this.#log('warn', 'dimse/aborted', { why: sanitize(why) }),
      closed: () => {
        this.#library?.closed();
        this.#dropSink();
      },
    });
  }

  stop(): void {
    this.#isStopping = true;
    if (!this.#isAnswering) this.#connection.abort(abortReason.notSpecified);
  }

  #handle(event: Exclude<GuardEvent, { type: 'refuse' }>): void {
    switch (event.type) {
      case 'associate':
        this.#associate(event.request);
        break;
      case 'message':
        this.#answer(event.contextId, event.command);
        break;
      case 'store':
        this.#store = event;
        this.#holdFor(this.#begin(event.contextId, event.command));
        break;
      case 'data':
        this.#write(event.bytes);
        break;
      case 'stored':
        this.#holdFor(this.#finish(event.sizeBytes));
        break;
      case 'release':
        this.#library?.release();
        break;
      case 'abort':
        this.#connection.destroy();
        break;
    }
  }

  #associate(request: AssociateRequest): void {
    const { policy, limits } = this.#context;
    const peerPduLengthBytes = sendablePduLength(request.pduLengthBytes, limits.pduLengthBytes);
    const rejection = this.#rejectionOf(request, peerPduLengthBytes);
    if (rejection || peerPduLengthBytes === undefined) {
      this.#log('warn', 'dimse/rejected', { ...titlesOf(request), reason: rejection });
      this.#connection.end(encodeReject(rejection ?? 'pdu-length'));
      return;
    }
    this.#callingAeTitle = request.callingAeTitle;
    const answers = negotiate(request.contexts, policy);
    const accepted = answers.filter(({ result }) => result === contextResult.accepted);
    this.#accepted = new Map(accepted.map((answer) => [answer.id, answer]));
    this.#library = createLibraryAssociation(this.#connection, {
      answers,
      ownPduLengthBytes: limits.pduLengthBytes,
      peerPduLengthBytes,
    });
    this.#connection.open(this.#accepted);
    this.#library.accept(request);
    this.#log('info', 'dimse/associated', {
      ...titlesOf(request),
      contexts: answers.length,
      accepted: accepted.length,
    });
  }

  #rejectionOf(
    request: AssociateRequest,
    peerPduLengthBytes: number | undefined,
  ): Rejection | undefined {
    const { ports, aeTitles } = this.#context;
    const { callingAeTitle, calledAeTitle } = request;
    const speaks = speaksDicom(request);
    if (speaks !== 'yes') return speaks;
    if (!aeTitles.includes(calledAeTitle)) return 'called-ae';
    try {
      const verdict = ports.admit({ callingAeTitle, calledAeTitle, address: this.#address });
      if (verdict !== 'accept') return verdict.reject;
    } catch (cause) {
      this.#fail(cause);
      return 'busy';
    }
    if (peerPduLengthBytes === undefined) return 'pdu-length';
    return this.#admitted.associate() ? undefined : 'busy';
  }

  /** Whole messages beside C-STORE: C-ECHO is served, a C-STORE without dataset and all others are refused. */
  #answer(contextId: number, command: CommandSet): void {
    const isOfContext =
      command.affectedSopClassUid === this.#accepted.get(contextId)?.abstractSyntaxUid;
    const { commandField: field, messageId } = command;
    if (field === commandField.cancel || field >= commandField.response) return;
    if (field === commandField.echo && messageId !== undefined && isOfContext) {
      if (command.affectedSopClassUid === verificationUid) {
        this.#library?.echo(contextId, messageId);
        // The library needs its time for an answer: one a turn, so that a flood leaves turns for the others.
        this.#connection.hold();
        setImmediate(() => this.#connection.release());
        return;
      }
    }
    const refusal =
      field === commandField.store
        ? { status: dimseStatus.cannotUnderstand, comment: 'C-STORE without a dataset' }
        : { status: dimseStatus.unrecognizedOperation, comment: 'Not served on this context' };
    this.#respond(contextId, command, refusal);
  }

  async #begin(contextId: number, command: CommandSet): Promise<void> {
    const { affectedSopClassUid: sopClassUid, affectedSopInstanceUid: sopInstanceUid } = command;
    const answer = this.#accepted.get(contextId);
    if (
      !answer ||
      sopClassUid === undefined ||
      sopClassUid !== answer.abstractSyntaxUid ||
      sopClassUid === verificationUid
    ) {
      this.#refusal = {
        status: dimseStatus.sopClassNotSupported,
        comment: 'SOP class does not fit the presentation context',
      };
      return;
    }
    if (sopInstanceUid === undefined) {
      this.#refusal = {
        status: dimseStatus.cannotUnderstand,
        comment: 'No legal SOP Instance UID',
      };
      return;
    }
    const begun = await this.#context.ports.begin({
      callingAeTitle: this.#callingAeTitle,
      sopClassUid,
      sopInstanceUid,
      transferSyntaxUid: answer.transferSyntaxUid,
      messageId: command.messageId ?? 0,
    });
    if (!begun.ok) this.#refusal = begun.fault;
    else if (this.#connection.isClosed()) begun.value.abort();
    else this.#sink = begun.value;
  }

  #write(bytes: Uint8Array): void {
    const sink = this.#sink;
    if (!sink) return;
    try {
      if (!sink.write(bytes)) this.#holdFor(sink.drained());
    } catch (cause) {
      this.#refuse(cause);
    }
  }

  async #finish(sizeBytes: number): Promise<void> {
    const store = this.#store;
    if (!store) return;
    if (sizeBytes === 0 && this.#sink) {
      this.#dropSink();
      this.#refusal = { status: dimseStatus.cannotUnderstand, comment: 'The dataset is empty' };
    }
    const sink = this.#sink;
    this.#sink = undefined;
    this.#isAnswering = true;
    const outcome = sink ? await sink.finish().catch((cause) => this.#fail(cause)) : this.#refusal;
    this.#isAnswering = false;
    this.#store = undefined;
    this.#refusal = failed;
    this.#respond(store.contextId, store.command, outcome);
    if (this.#isStopping) this.#connection.abort(abortReason.notSpecified);
  }

  #respond(contextId: number, command: CommandSet, { status, comment }: StoreStatus): void {
    this.#connection.write(encodeResponse(contextId, command, status, comment));
    if (status !== dimseStatus.success) {
      this.#log('warn', 'dimse/refused', { status: hexOf(status) });
    }
  }

  /** The peer is not read while `work` runs. What it throws is a bug of the sink: the instance is refused. */
  #holdFor(work: Promise<void>): void {
    this.#connection.hold();
    work.catch((cause) => this.#refuse(cause)).finally(() => this.#connection.release());
  }

  #refuse(cause: unknown): void {
    this.#refusal = this.#fail(cause);
    this.#dropSink();
  }

  /** A bug behind a port; its message may hold what no log line may. */
  #fail(cause: unknown): StoreStatus {
    const reason = sanitize(cause instanceof Error ? cause.name : typeof cause);
    this.#log('error', 'dimse/port-failed', { reason });
    return failed;
  }

  #dropSink(): void {
    this.#sink?.abort();
    this.#sink = undefined;
  }

  #log(
    level: 'info' | 'warn' | 'error',
    event: string,
    fields: Readonly<Record<string, LogField>>,
  ): void {
    this.#context.log[level](event, {
      address: this.#address,
      callingAeTitle: sanitize(this.#callingAeTitle),
      ...fields,
    });
  }
}

function titlesOf({ callingAeTitle, calledAeTitle }: AssociateRequest): {
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
} {
  return { callingAeTitle: sanitize(callingAeTitle), calledAeTitle: sanitize(calledAeTitle) };
}

function hexOf(status: number): string {
  return status.toString(16).toUpperCase().padStart(4, '0');
}
