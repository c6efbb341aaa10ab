import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import dimse from 'dcmjs-dimse';
import type { Association } from '#sync/adapters/dimse-library.ts';
import '#sync/adapters/dimse-library.ts';
import type { ScuTarget } from '#sync/adapters/storage-way-dimse.ts';
import { dimseStatus } from '#sync/dimse/command.ts';
import { sendablePduLength } from '#sync/dimse/negotiate.ts';

// A modality of tests: the library's client. It holds whole objects, which no program of ours does.

const { Client, Dataset } = dimse;
const { CStoreRequest } = dimse.requests;
type Request = InstanceType<typeof dimse.requests.Request>;
type Response = InstanceType<typeof dimse.responses.Response>;

/** One instance to send: its dataset as encoded in `transferSyntaxUid`. */
export interface OutgoingDataset {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  /** The dataset bytes; asked for once, when its turn has come. */
  dataset(): Uint8Array;
}

/** What became of one request. */
export type ScuOutcome =
  | { readonly kind: 'answered'; readonly status: number; readonly comment: string }
  /** The peer takes no such SOP class, or not in this transfer syntax: nothing was sent. */
  | { readonly kind: 'not-accepted' }
  /** No TCP connection. */
  | { readonly kind: 'unreachable' }
  /** A-ASSOCIATE-RJ, with its three numbers. */
  | {
      readonly kind: 'rejected';
      readonly result: number;
      readonly source: number;
      readonly reason: number;
    }
  /** The association broke, or the caller's signal ended it, before the answer. */
  | { readonly kind: 'aborted' };

export interface ScuOptions {
  readonly signal: AbortSignal;
  /** How long the peer may take for the connection, the association and each answer. Default 60 s. */
  readonly timeoutMs?: number;
  /** Called at each answer, in order of sending; the next object leaves when what it returned has resolved. */
  readonly onAnswer?: (index: number, outcome: ScuOutcome) => void | Promise<void>;
}

/** Most contexts in one association (PS3.8 9.3.2.2), so most pairs of class and syntax in one batch. */
const mostContexts = 128;

/** Longest PDU sent to a peer that sets no limit. */
const ownPduLengthBytes = 131_072;

/**
 * Sends `objects` one after another on one association, each in its own transfer syntax; never transcodes. One
 * outcome an object, in order; never rejects. At most `mostContexts` different pairs of class and syntax. The
 * library keeps every request until the association ends, so the caller bounds the batch.
 */
export function storeBatch(
  target: ScuTarget,
  objects: readonly OutgoingDataset[],
  options: ScuOptions,
): Promise<readonly ScuOutcome[]> {
  const requests = objects.map((object) => ({
    abstractSyntaxUid: object.sopClassUid,
    transferSyntaxUid: object.transferSyntaxUid,
    request: new CStoreRequest(new RawDataset(object)),
  }));
  return runAssociation(target, requests, options);
}

/** The library wants a dataset of elements; this one answers with the bytes as they are. */
class RawDataset extends Dataset {
  readonly #object: OutgoingDataset;

  constructor(object: OutgoingDataset) {
    const { sopClassUid, sopInstanceUid, transferSyntaxUid } = object;
    super({ SOPClassUID: sopClassUid, SOPInstanceUID: sopInstanceUid }, transferSyntaxUid);
    this.#object = object;
  }

  override getDenaturalizedDataset(): Buffer {
    const bytes = this.#object.dataset();
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whoever asks for elements is about to transcode, and would send two elements as the whole object. */
  override getElements(): Record<string, unknown> {
    throw new Error('Cannot transcode an instance that is sent as it is');
  }
}

interface Planned {
  readonly abstractSyntaxUid: string;
  readonly transferSyntaxUid: string;
  readonly request: Request;
}

/** The library's part below the client, which its types leave out. */
interface ClientNetwork {
  readonly socket: Socket;
  sendAssociationRequest(association: Association): void;
}

function runAssociation(
  target: ScuTarget,
  plan: readonly Planned[],
  { signal, timeoutMs = 60_000, onAnswer }: ScuOptions,
): Promise<readonly ScuOutcome[]> {
  if (signal.aborted || plan.length === 0) return Promise.resolve(plan.map(() => aborted));
  const { promise, resolve } = Promise.withResolvers<readonly ScuOutcome[]>();
  const outcomes: (ScuOutcome | undefined)[] = plan.map(() => undefined);
  const client = new Client();
  /** What the requests without an answer get when the connection closes. */
  let rest: ScuOutcome = { kind: 'unreachable' };
  let isOver = false;
  let kept: Promise<void> = Promise.resolve();

  plan.forEach(({ request }, index) => {
    client.addRequest(request);
    // The library sends the next request when this one says that it is done.
    const done = request.raiseDoneEvent.bind(request);
    request.raiseDoneEvent = () => void kept.then(done);
    request.on('response', (response: Response) => {
      watchdog.refresh();
      settle(index, {
        kind: 'answered',
        status: Number(response.getStatus() ?? dimseStatus.processingFailure),
        comment: String(response.getErrorComment() ?? ''),
      });
    });
  });
  client.on('connected', () => {
    rest = aborted;
    watchdog.refresh();
  });
  client.on('associationRejected', (rejection: Omit<RejectedOutcome, 'kind'>) => {
    rest = { kind: 'rejected', ...rejection };
    stop();
  });
  client.on('associationAccepted', (association: Association) => {
    watchdog.refresh();
    keepAccepted(association);
  });
  client.on('associationReleased', stop);
  client.on('networkError', stop);
  client.on('closed', finish);
  client.send(target.host, target.port, target.callingAeTitle, target.calledAeTitle, {
    connectTimeout: dayMs,
    associationTimeout: dayMs,
    pduTimeout: dayMs,
  });
  const network = (client as unknown as { readonly network: ClientNetwork }).network;
  const sendAssociationRequest = network.sendAssociationRequest.bind(network);
  network.sendAssociationRequest = (association) => {
    proposeExactly(association, plan);
    sendAssociationRequest(association);
  };
  const { socket } = network;
  socket.setNoDelay(true);
  const watchdog = setTimeout(stop, timeoutMs);
  signal.addEventListener('abort', stop);
  return promise;

  /** Sends only what the peer takes as it is: the library would transcode the rest (and send a stub of it). */
  function keepAccepted(association: Association): void {
    const pduLengthBytes = sendablePduLength(association.getMaxPduLength(), ownPduLengthBytes);
    // The library sends what is left here right after this; with a limit of 6 bytes it would loop for ever (H4).
    client.clearRequests();
    if (pduLengthBytes === undefined) {
      stop();
      return;
    }
    association.setMaxPduLength(pduLengthBytes);
    const accepted = acceptedPairs(association);
    plan.forEach((planned, index) => {
      if (accepted.has(pairOf(planned))) client.addRequest(planned.request);
      else settle(index, { kind: 'not-accepted' });
    });
  }

  function settle(index: number, outcome: ScuOutcome): void {
    if (outcomes[index]) return;
    outcomes[index] = outcome;
    const answered = onAnswer?.(index, outcome);
    if (answered !== undefined) kept = kept.then(() => answered);
  }

  function stop(): void {
    socket.destroy();
  }

  function finish(): void {
    if (isOver) return;
    isOver = true;
    clearTimeout(watchdog);
    signal.removeEventListener('abort', stop);
    if (signal.aborted) rest = aborted;
    void kept.then(() => resolve(outcomes.map((outcome) => outcome ?? rest)));
  }
}

type RejectedOutcome = Extract<ScuOutcome, { kind: 'rejected' }>;

const aborted: ScuOutcome = { kind: 'aborted' };

/** The library's own timeouts only end its half of the connection; ours are the watchdog's. */
const dayMs = 86_400_000;

/** One context for each pair of class and syntax, so the peer cannot choose another syntax for it. */
function proposeExactly(association: Association, plan: readonly Planned[]): void {
  association.clearPresentationContexts();
  const pairs = new Map(plan.map((planned) => [pairOf(planned), planned]));
  for (const { abstractSyntaxUid, transferSyntaxUid } of pairs.values()) {
    const id = association.addPresentationContext(abstractSyntaxUid);
    association.addTransferSyntaxToPresentationContext(id, transferSyntaxUid);
  }
}

function acceptedPairs(association: Association): ReadonlySet<string> {
  const accepted = association
    .getPresentationContexts()
    .filter(({ context }) => context.getResult() === dimseStatus.success)
    .map(({ context }) =>
      pairOf({
        abstractSyntaxUid: context.getAbstractSyntaxUid(),
        transferSyntaxUid: context.getAcceptedTransferSyntaxUid() ?? '',
      }),
    );
  return new Set(accepted);
}

/**
 * `objects` in order, cut where one association would need more contexts than there are, or carry more than
 * `mostObjects`.
 */
export function* batchesOf<T extends Omit<OutgoingDataset, 'dataset'>>(
  objects: readonly T[],
  mostObjects = Number.POSITIVE_INFINITY,
): Generator<readonly T[]> {
  let batch: T[] = [];
  let pairs = new Set<string>();
  for (const object of objects) {
    const pair = pairOf({ ...object, abstractSyntaxUid: object.sopClassUid });
    const isFull = pairs.size === mostContexts && !pairs.has(pair);
    if (isFull || batch.length === mostObjects) {
      yield batch;
      batch = [];
      pairs = new Set();
    }
    batch.push(object);
    pairs.add(pair);
  }
  if (batch.length > 0) yield batch;
}

/** The name of a pair of class and syntax. */
function pairOf(pair: {
  readonly abstractSyntaxUid: string;
  readonly transferSyntaxUid: string;
}): string {
  return `${pair.abstractSyntaxUid} ${pair.transferSyntaxUid}`;
}
