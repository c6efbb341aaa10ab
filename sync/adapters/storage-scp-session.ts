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
import type { DimseService } from '../dimse/service.ts';
import type { Caller, StorageScpPorts, StoreStatus } from '../dimse/storage.ts';
import { verificationUid } from '../dimse/uids.ts';
import { createLibraryAssociation, type LibraryAssociation } from './dimse-association.ts';
import { type GuardedConnection, guardConnection } from './dimse-guard.ts';
import { ServiceRunner } from './dimse-services.ts';
import { StoreReceiver } from './storage-scp-store.ts';

/** What one connection needs of the server it came to. */
export interface SessionContext {
  readonly ports: StorageScpPorts;
  readonly limits: DimseLimits;
  readonly aeTitles: readonly string[];
  /** What is taken of a device; asked once an association. */
  readonly policyOf: (callingAeTitle: string) => NegotiationPolicy;
  /** Beside storage and verification. */
  readonly services: readonly DimseService[];
  readonly log: Log;
}

/** Who is at the other end, before it said a title. */
type Peer = Pick<Caller, 'address' | 'certificateSha256'>;

/** One connection from the first byte to the last. */
export interface StorageSession {
  /** Ends the association: at once, or as soon as the instance that is being made durable is answered. */
  stop(): void;
}

/** Serves `socket` until it closes. */
export function startStorageSession(
  socket: Socket,
  peer: Peer,
  admitted: AdmittedConnection,
  context: SessionContext,
): StorageSession {
  return new Session(socket, peer, admitted, context);
}

class Session implements StorageSession {
  readonly #context: SessionContext;
  readonly #peer: Peer;
  readonly #admitted: AdmittedConnection;
  readonly #connection: GuardedConnection;
  readonly #stores: StoreReceiver;
  #callingAeTitle = '';
  #accepted: ReadonlyMap<number, ContextAnswer> = new Map();
  #library: LibraryAssociation | undefined;
  #services: ServiceRunner | undefined;
  /** A full disk refuses a whole study: one line an association is enough. */
  readonly #statusesLogged = new Set<number>();
  #isStopping = false;

  constructor(socket: Socket, peer: Peer, admitted: AdmittedConnection, context: SessionContext) {
    this.#context = context;
    this.#peer = peer;
    this.#admitted = admitted;
    this.#connection = guardConnection(socket, context.limits, {
      handle: (event) => this.#handle(event),
      refused: (why) => this.#log('warn', 'dimse/aborted', { why: sanitize(why) }),
      closed: () => {
        this.#library?.closed();
        this.#services?.close();
        this.#stores.drop();
      },
    });
    this.#stores = new StoreReceiver({
      connection: this.#connection,
      objectSizeBytes: context.limits.objectSizeBytes,
      begin: (arrival) => context.ports.begin(arrival),
      respond: (contextId, command, status) => this.#respond(contextId, command, status),
      failed: (cause) => this.#failed(cause),
    });
  }

  stop(): void {
    this.#isStopping = true;
    if (!this.#stores.isAnswering()) this.#connection.abort(abortReason.notSpecified);
  }

  #handle(event: Exclude<GuardEvent, { type: 'refuse' }>): void {
    switch (event.type) {
      case 'associate':
        this.#associate(event.request);
        break;
      case 'message':
        this.#answer(event.contextId, event.command, event.identifier);
        break;
      case 'store':
        this.#stores.begin(
          this.#accepted.get(event.contextId),
          event.contextId,
          event.command,
          this.#callingAeTitle,
        );
        break;
      case 'data':
        this.#stores.write(event.bytes);
        break;
      case 'overlong':
        this.#stores.refuseOverlong();
        break;
      case 'stored':
        this.#stores.finish(event.sizeBytes);
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
    const { policyOf, limits } = this.#context;
    const peerPduLengthBytes = sendablePduLength(request.pduLengthBytes, limits.pduLengthBytes);
    const rejection = this.#rejectionOf(request, peerPduLengthBytes);
    if (rejection || peerPduLengthBytes === undefined) {
      this.#log('warn', 'dimse/rejected', { ...titlesOf(request), reason: rejection });
      this.#connection.end(encodeReject(rejection ?? 'pdu-length'));
      return;
    }
    this.#callingAeTitle = request.callingAeTitle;
    const peerAsScp = this.#rolesGranted(request);
    const answers = negotiate(request.contexts, policyOf(request.callingAeTitle), peerAsScp);
    const accepted = answers.filter(({ result }) => result === contextResult.accepted);
    this.#accepted = new Map(accepted.map((answer) => [answer.id, answer]));
    this.#library = createLibraryAssociation(this.#connection, {
      answers,
      peerAsScp,
      ownPduLengthBytes: limits.pduLengthBytes,
      peerPduLengthBytes,
    });
    const { callingAeTitle, calledAeTitle } = request;
    this.#services = new ServiceRunner(
      {
        connection: this.#connection,
        caller: { callingAeTitle, calledAeTitle, ...this.#peer },
        contexts: this.#accepted,
        peerAsScp,
        peerPduLengthBytes,
        failed: (cause) => this.#failed(cause),
      },
      this.#context.services,
    );
    this.#connection.open(this.#accepted);
    this.#library.accept(request);
    this.#log('info', 'dimse/associated', {
      ...titlesOf(request),
      contexts: answers.length,
      accepted: accepted.length,
    });
  }

  /** The peer may receive instances where it asked to and a service sends them; else its roles stay the usual ones. */
  #rolesGranted({ roles }: AssociateRequest): ReadonlySet<string> {
    const sends = this.#context.services.some(({ sendsInstances }) => sendsInstances);
    const asked = sends ? roles.filter(({ isScp }) => isScp) : [];
    return new Set(asked.map(({ abstractSyntaxUid }) => abstractSyntaxUid));
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
      const verdict = ports.admit({ callingAeTitle, calledAeTitle, ...this.#peer });
      const mayLook = verdict !== 'accept' && verdict.reject === 'busy' && this.#onlyLooks(request);
      if (verdict !== 'accept' && !mayLook) return verdict.reject;
    } catch (cause) {
      this.#failed(cause);
      return 'busy';
    }
    if (peerPduLengthBytes === undefined) return 'pdu-length';
    return this.#admitted.associate() ? undefined : 'busy';
  }

  /** Whether the caller asks for services that only show what is there, and for contexts to be shown it on. */
  #onlyLooks(request: AssociateRequest): boolean {
    const { services } = this.#context;
    const reading = new Set(
      services.filter(({ onlyReads }) => onlyReads).flatMap(({ sopClassUids }) => sopClassUids),
    );
    const peerAsScp = this.#rolesGranted(request);
    const asked = request.contexts.map(({ abstractSyntaxUid }) => abstractSyntaxUid);
    const isHarmless = (uid: string): boolean =>
      reading.has(uid) || peerAsScp.has(uid) || uid === verificationUid;
    return asked.some((uid) => reading.has(uid)) && asked.every(isHarmless);
  }

  /** Whole messages beside C-STORE: C-ECHO and the services; a C-STORE without dataset and all others are refused. */
  #answer(contextId: number, command: CommandSet, dataset: Uint8Array | undefined): void {
    const { commandField: field, messageId } = command;
    if (field === commandField.cancel) {
      this.#services?.cancel(command.messageIdBeingRespondedTo);
      return;
    }
    if (field >= commandField.response) {
      this.#services?.answered(command);
      return;
    }
    const isVerification = this.#accepted.get(contextId)?.abstractSyntaxUid === verificationUid;
    if (field === commandField.echo && messageId !== undefined && isVerification) {
      this.#echo(contextId, messageId);
    } else if (field === commandField.store) {
      this.#respond(contextId, command, withoutDataset);
    } else if (!this.#services?.serve(contextId, command, dataset)) {
      this.#respond(contextId, command, notServed);
    }
  }

  /** The library needs its time for an answer: one a turn, so that a flood leaves turns for the others. */
  #echo(contextId: number, messageId: number): void {
    this.#library?.echo(contextId, messageId);
    this.#connection.hold();
    setImmediate(() => this.#connection.release());
  }

  #respond(contextId: number, command: CommandSet, { status, comment }: StoreStatus): void {
    this.#connection.write(encodeResponse(contextId, command, { status, comment }));
    if (this.#isStopping) this.#connection.abort(abortReason.notSpecified);
    if (status === dimseStatus.success || this.#statusesLogged.has(status)) return;
    this.#statusesLogged.add(status);
    this.#log('warn', 'dimse/refused', { status: hexOf(status) });
  }

  /** A bug behind a port; its message may hold what no log line may. */
  #failed(cause: unknown): void {
    const reason = sanitize(cause instanceof Error ? cause.name : typeof cause);
    this.#log('error', 'dimse/port-failed', { reason });
  }

  #log(
    level: 'info' | 'warn' | 'error',
    event: string,
    fields: Readonly<Record<string, LogField>>,
  ): void {
    this.#context.log[level](event, {
      address: this.#peer.address,
      callingAeTitle: sanitize(this.#callingAeTitle),
      ...fields,
    });
  }
}

const withoutDataset: StoreStatus = {
  status: dimseStatus.cannotUnderstand,
  comment: 'C-STORE without a dataset',
};
const notServed: StoreStatus = {
  status: dimseStatus.unrecognizedOperation,
  comment: 'Not served on this context',
};

function titlesOf({ callingAeTitle, calledAeTitle }: AssociateRequest): {
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
} {
  return { callingAeTitle: sanitize(callingAeTitle), calledAeTitle: sanitize(calledAeTitle) };
}

function hexOf(status: number): string {
  return status.toString(16).toUpperCase().padStart(4, '0');
}
