import { type CommandSet, dimseStatus } from '../dimse/command.ts';
import type { ContextAnswer } from '../dimse/negotiate.ts';
import {
  objectTooLarge,
  type StorageScpPorts,
  type StoreArrival,
  type StoreSink,
  type StoreStatus,
} from '../dimse/storage.ts';
import { verificationUid } from '../dimse/uids.ts';
import type { GuardedConnection } from './dimse-guard.ts';

/** What the receiver of C-STOREs needs of its association. */
export interface StoreSurroundings {
  readonly connection: GuardedConnection;
  /** The limit, for the answer to what is longer. */
  readonly objectSizeBytes: number;
  readonly begin: StorageScpPorts['begin'];
  respond(contextId: number, command: CommandSet, status: StoreStatus): void;
  /** A port threw: a bug behind it. */
  failed(cause: unknown): void;
}

/**
 * Takes the C-STOREs of one association, one at a time, from the guard's events to the sinks and back to a
 * response. The peer is not read while a sink is opened, is full, or makes its bytes durable. Whatever goes wrong
 * with a sink, the dataset is read to its end and answered with a status: the association goes on.
 */
export class StoreReceiver {
  readonly #surroundings: StoreSurroundings;
  #sink: StoreSink | undefined;
  /** The answer when there is no sink. */
  #refusal: StoreStatus = internalError;
  #current: { readonly contextId: number; readonly command: CommandSet } | undefined;
  #isAnswering = false;

  constructor(surroundings: StoreSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Whether an instance is being made durable, or its answer is due. */
  isAnswering(): boolean {
    return this.#isAnswering;
  }

  /** The command set has come. */
  begin(
    context: ContextAnswer | undefined,
    contextId: number,
    command: CommandSet,
    callingAeTitle: string,
  ): void {
    this.#current = { contextId, command };
    const arrival = arrivalOf(context, command, callingAeTitle);
    if ('status' in arrival) this.#refusal = arrival;
    else this.#holdFor(this.#openSink(arrival));
  }

  /** The next bytes of the dataset. */
  write(bytes: Uint8Array): void {
    const sink = this.#sink;
    if (!sink) return;
    try {
      if (!sink.write(bytes)) this.#holdFor(sink.drained());
    } catch (cause) {
      this.#refuse(cause);
    }
  }

  /** The dataset is too long to be kept; its end is waited for, since only then the sender reads an answer. */
  refuseOverlong(): void {
    this.drop();
    this.#refusal = objectTooLarge(this.#surroundings.objectSizeBytes);
  }

  /** The dataset is whole. */
  finish(sizeBytes: number): void {
    this.#holdFor(this.#answer(sizeBytes));
  }

  /** The connection is gone. */
  drop(): void {
    this.#sink?.abort();
    this.#sink = undefined;
  }

  async #openSink(arrival: StoreArrival): Promise<void> {
    const { begin, connection } = this.#surroundings;
    const begun = await begin(arrival);
    if (!begun.ok) this.#refusal = begun.fault;
    else if (connection.isClosed()) begun.value.abort();
    else this.#sink = begun.value;
  }

  async #answer(sizeBytes: number): Promise<void> {
    const current = this.#current;
    if (!current) return;
    if (sizeBytes === 0 && this.#sink) {
      this.drop();
      this.#refusal = emptyDataset;
    }
    const sink = this.#sink;
    this.#sink = undefined;
    this.#isAnswering = true;
    let status = this.#refusal;
    try {
      if (sink) status = await sink.finish();
    } catch (cause) {
      this.#surroundings.failed(cause);
    }
    this.#isAnswering = false;
    this.#current = undefined;
    this.#refusal = internalError;
    this.#surroundings.respond(current.contextId, current.command, status);
  }

  #holdFor(work: Promise<void>): void {
    const { connection } = this.#surroundings;
    connection.hold();
    work.catch((cause) => this.#refuse(cause)).finally(() => connection.release());
  }

  #refuse(cause: unknown): void {
    this.#surroundings.failed(cause);
    this.#refusal = internalError;
    this.drop();
  }
}

const internalError: StoreStatus = {
  status: dimseStatus.processingFailure,
  comment: 'Internal error',
};
const emptyDataset: StoreStatus = {
  status: dimseStatus.cannotUnderstand,
  comment: 'The dataset is empty',
};
const wrongClass: StoreStatus = {
  status: dimseStatus.sopClassNotSupported,
  comment: 'SOP class does not fit the presentation context',
};
const noUid: StoreStatus = {
  status: dimseStatus.cannotUnderstand,
  comment: 'No legal SOP Instance UID',
};

/** What arrives, or why it cannot be taken. */
function arrivalOf(
  context: ContextAnswer | undefined,
  command: CommandSet,
  callingAeTitle: string,
): StoreArrival | StoreStatus {
  const { affectedSopClassUid: sopClassUid, affectedSopInstanceUid: sopInstanceUid } = command;
  const isOfContext = sopClassUid !== undefined && sopClassUid === context?.abstractSyntaxUid;
  if (!isOfContext || sopClassUid === verificationUid) return wrongClass;
  if (sopInstanceUid === undefined) return noUid;
  return {
    callingAeTitle,
    sopClassUid,
    sopInstanceUid,
    transferSyntaxUid: context.transferSyntaxUid,
    messageId: command.messageId ?? 0,
  };
}
