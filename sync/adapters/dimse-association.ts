import { Buffer } from 'node:buffer';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { type AssociateRequest, encodeAssociateRequest } from '../dimse/associate.ts';
import { commandField, dimseStatus, encodeRequest } from '../dimse/command.ts';
import type { ContextAnswer } from '../dimse/negotiate.ts';
import { abortReason, encodeData, encodeRelease, fragment } from '../dimse/pdu.ts';
import { verificationUid } from '../dimse/uids.ts';
import type { GuardedConnection } from './dimse-guard.ts';
import {
  type Association,
  type CEchoRequest,
  CEchoResponse,
  Implementation,
  Scp,
} from './dimse-library.ts';

/** The library's side of one admitted association: it accepts, answers C-ECHO and releases. */
export interface LibraryAssociation {
  /** Sends the A-ASSOCIATE-AC. */
  accept(request: AssociateRequest): void;
  echo(contextId: number, messageId: number): void;
  /** Answers the release; the connection ends. */
  release(): void;
  /** The connection is gone: lets the library drop its timer. */
  closed(): void;
}

export interface AssociationTerms {
  readonly answers: readonly ContextAnswer[];
  /** Abstract syntaxes for which the peer may be the SCP, as it proposed: it receives instances (C-GET). */
  readonly peerAsScp: ReadonlySet<string>;
  /** Announced as our maximum length. */
  readonly ownPduLengthBytes: number;
  /** The longest PDU the peer takes. */
  readonly peerPduLengthBytes: number;
}

/**
 * Stands the library's SCP behind a guarded connection. It is fed nothing but PDUs encoded here, one whole PDU at a
 * time, so no byte of the peer reaches its parsers; datasets of C-STORE never do.
 */
export function createLibraryAssociation(
  connection: GuardedConnection,
  terms: AssociationTerms,
): LibraryAssociation {
  const socket = new StandInSocket(connection);
  // The library asks for a Socket, and uses what the stand-in has of one.
  const scp = new AssociationScp(socket as unknown as Socket, connection, terms);
  scp.on('networkError', () => connection.abort(abortReason.notSpecified));
  const transferSyntaxes = new Map(terms.answers.map((a) => [a.id, a.transferSyntaxUid]));

  return {
    accept(request) {
      socket.feed(
        encodeAssociateRequest(request, (context) => transferSyntaxes.get(context.id) ?? ''),
      );
    },
    echo(contextId, messageId) {
      const command = encodeRequest({
        commandField: commandField.echo,
        messageId,
        affectedSopClassUid: verificationUid,
        hasDataset: false,
      });
      socket.feed(encodeData(contextId, fragment.command | fragment.last, command));
    },
    release: () => socket.feed(encodeRelease('request')),
    closed: () => void socket.emit('close'),
  };
}

/** What the library uses of a socket. Deadlines are the guard's, so `setTimeout` does nothing. */
class StandInSocket extends EventEmitter {
  readonly #connection: GuardedConnection;

  constructor(connection: GuardedConnection) {
    super();
    this.#connection = connection;
  }

  feed(pdu: Uint8Array): void {
    this.emit('data', Buffer.from(pdu.buffer, pdu.byteOffset, pdu.byteLength));
  }

  write(bytes: Uint8Array): void {
    this.#connection.write(bytes);
  }

  setTimeout(): void {}

  end(): void {
    this.#connection.end();
  }

  destroy(): void {
    this.#connection.destroy();
  }
}

class AssociationScp extends Scp {
  readonly #connection: GuardedConnection;
  readonly #terms: AssociationTerms;

  constructor(socket: Socket, connection: GuardedConnection, terms: AssociationTerms) {
    super(socket);
    this.#connection = connection;
    this.#terms = terms;
  }

  /** A throw in here would be an unhandled rejection of the library's emitter, and end the process (H9). */
  override associationRequested(association: Association): void {
    try {
      this.#accept(association);
    } catch {
      this.#connection.abort(abortReason.notSpecified);
    }
  }

  override associationReleaseRequested(): void {
    this.sendAssociationReleaseResponse();
    this.#connection.end();
  }

  override cEchoRequest(request: CEchoRequest, callback: (response: CEchoResponse) => void): void {
    const response = CEchoResponse.fromRequest(request);
    response.setStatus(dimseStatus.success);
    callback(response);
  }

  #accept(association: Association): void {
    const { answers, ownPduLengthBytes, peerPduLengthBytes } = this.#terms;
    for (const answer of answers) {
      const context = association.getPresentationContext(answer.id);
      context.setResult(answer.result, answer.transferSyntaxUid);
      if (context.getProviderRole() !== undefined) {
        context.setProviderRole(this.#terms.peerAsScp.has(answer.abstractSyntaxUid));
      }
    }
    // The library announces the smaller of two values, so both are ours while it writes the answer.
    Implementation.setMaxPduLength(ownPduLengthBytes);
    association.setMaxPduLength(ownPduLengthBytes);
    this.sendAssociationAccept();
    association.setMaxPduLength(peerPduLengthBytes);
  }
}
