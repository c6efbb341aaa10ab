import { readAssociateRequest } from './associate.ts';
import { type GuardEvent, refuse } from './events.ts';
import type { DimseLimits } from './limits.ts';
import { MessageReader } from './message.ts';
import { abortReason, fragment, pduHeaderSizeBytes, pduType, pdvHeaderSizeBytes } from './pdu.ts';

const lastEvents: ReadonlySet<GuardEvent['type']> = new Set(['refuse', 'release', 'abort']);
const knownPduTypes: ReadonlySet<number> = new Set(Object.values(pduType));

/** Some senders read the announced length as that of the value alone, and come with the headers on top of it. */
const headerSlackBytes = pduHeaderSizeBytes + pdvHeaderSizeBytes;

/** Where a connection is, for whoever keeps the deadlines. */
export interface GuardProgress {
  readonly state: 'idle' | 'requested' | 'open' | 'closed';
  /** PDUs whose first byte has come. */
  readonly pdusStarted: number;
  readonly isMidPdu: boolean;
  /** A message has begun and is not whole. */
  readonly isMidMessage: boolean;
}

/**
 * The acceptor's side of one connection as a pull parser without I/O: bytes in by `push`, events out by `next`.
 * Whoever pulls stops pulling to hold the peer back. The same bytes give the same events however they are cut
 * (only `data` is cut differently). It enforces framing, order, state and limits of PS3.8; memory is bounded by
 * the limits plus the bytes pushed and not yet pulled.
 */
export interface Guard {
  /** Appends bytes, which must not change before `next` answers that it needs more. */
  push(bytes: Uint8Array): void;
  /** The next event; undefined = more bytes, or `open`, are needed, or nothing will ever follow. */
  next(): GuardEvent | undefined;
  /** The association is accepted with these contexts (the accepted ones only). */
  open(contexts: { has(contextId: number): boolean }): void;
  progress(): GuardProgress;
}

/** A guard at the start of a connection. */
export function createGuard(limits: DimseLimits): Guard {
  return new PullParser(limits);
}

type Step = 'pdu-header' | 'pdu-body' | 'pdv-header' | 'pdv-body';

class PullParser implements Guard {
  readonly #limits: DimseLimits;
  readonly #message: MessageReader;
  #state: GuardProgress['state'] = 'idle';
  #contexts: { has(contextId: number): boolean } = new Set<number>();
  #queue: Uint8Array[] = [];
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;
  #step: Step = 'pdu-header';
  readonly #header = new Uint8Array(6);
  readonly #headerView = new DataView(this.#header.buffer);
  #headerFilled = 0;
  #pdusStarted = 0;
  #pduType = 0;
  #body: Uint8Array = new Uint8Array();
  /** Bytes of the PDU, and of the PDV, that are still to come. */
  #pduLeft = 0;
  #pdvLeft = 0;
  #contextId = 0;
  #control = 0;

  constructor(limits: DimseLimits) {
    this.#limits = limits;
    this.#message = new MessageReader(limits);
  }

  push(bytes: Uint8Array): void {
    if (this.#state === 'closed' || bytes.length === 0) return;
    if (this.#at < this.#bytes.length || this.#queue.length > 0) this.#queue.push(bytes);
    else this.#turnTo(bytes);
  }

  next(): GuardEvent | undefined {
    while (this.#state === 'idle' || this.#state === 'open') {
      const isFragmentWhole = this.#step === 'pdv-body' && this.#pdvLeft === 0;
      if (!isFragmentWhole && !this.#hasBytes()) return undefined;
      const event = isFragmentWhole ? this.#endPdv() : this.#advance();
      if (event === undefined) continue;
      if (lastEvents.has(event.type)) this.#close();
      return event;
    }
    return undefined;
  }

  open(contexts: { has(contextId: number): boolean }): void {
    if (this.#state !== 'requested') throw new Error('Cannot open: no association was requested');
    this.#contexts = contexts;
    this.#state = 'open';
  }

  progress(): GuardProgress {
    const isMidPdu = this.#step !== 'pdu-header' || this.#headerFilled > 0;
    return {
      state: this.#state,
      pdusStarted: this.#pdusStarted,
      isMidPdu,
      isMidMessage: this.#message.isOpen(),
    };
  }

  #hasBytes(): boolean {
    if (this.#at < this.#bytes.length) return true;
    const bytes = this.#queue.shift();
    if (bytes) this.#turnTo(bytes);
    return bytes !== undefined;
  }

  #turnTo(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#at = 0;
  }

  #close(): void {
    this.#state = 'closed';
    this.#queue = [];
    this.#turnTo(new Uint8Array());
  }

  /** Takes what the bytes in hand have for the current step. */
  #advance(): GuardEvent | undefined {
    switch (this.#step) {
      case 'pdu-header':
        if (this.#headerFilled === 0) this.#pdusStarted++;
        return this.#fillHeader() ? this.#startPdu() : undefined;
      case 'pdu-body':
        return this.#takeBody();
      case 'pdv-header':
        return this.#fillHeader() ? this.#startPdv() : undefined;
      case 'pdv-body':
        return this.#takeFragment();
    }
  }

  #fillHeader(): boolean {
    const part = this.#take(6 - this.#headerFilled);
    this.#header.set(part, this.#headerFilled);
    this.#headerFilled += part.length;
    if (this.#headerFilled < 6) return false;
    this.#headerFilled = 0;
    return true;
  }

  #take(most: number): Uint8Array {
    const part = this.#bytes.subarray(this.#at, this.#at + most);
    this.#at += part.length;
    return part;
  }

  #startPdu(): GuardEvent | undefined {
    const type = this.#headerView.getUint8(0);
    const length = this.#headerView.getUint32(2);
    if (!knownPduTypes.has(type)) return refuse('unknown PDU type', abortReason.unrecognizedPdu);
    if (!this.#mayCome(type)) return refuse('PDU out of order', abortReason.unexpectedPdu);
    if (!this.#mayMeasure(type, length)) return refuse('PDU length', abortReason.invalidParameter);
    this.#pduType = type;
    this.#pduLeft = length;
    this.#step = type === pduType.data ? 'pdv-header' : 'pdu-body';
    if (type !== pduType.data) this.#body = new Uint8Array(length);
    return undefined;
  }

  #mayCome(type: number): boolean {
    if (type === pduType.abort) return true;
    if (this.#state === 'idle') return type === pduType.associateRequest;
    if (type === pduType.releaseRequest) return !this.#message.isOpen();
    return type === pduType.data;
  }

  #mayMeasure(type: number, length: number): boolean {
    if (type === pduType.data) {
      return (
        length >= pdvHeaderSizeBytes && length <= this.#limits.pduLengthBytes + headerSlackBytes
      );
    }
    if (type !== pduType.associateRequest) return length === 4;
    return length > 0 && length <= this.#limits.associateRequestSizeBytes;
  }

  #takeBody(): GuardEvent | undefined {
    const part = this.#take(this.#pduLeft);
    this.#body.set(part, this.#body.length - this.#pduLeft);
    this.#pduLeft -= part.length;
    if (this.#pduLeft > 0) return undefined;
    this.#step = 'pdu-header';
    if (this.#pduType === pduType.releaseRequest) return { type: 'release' };
    if (this.#pduType === pduType.abort) return { type: 'abort' };
    const request = readAssociateRequest(this.#body, this.#limits);
    this.#body = new Uint8Array();
    if (!request.ok) return refuse(request.fault.message, abortReason.invalidParameter);
    this.#state = 'requested';
    return { type: 'associate', request: request.value };
  }

  #startPdv(): GuardEvent | undefined {
    const length = this.#headerView.getUint32(0);
    this.#contextId = this.#headerView.getUint8(4);
    this.#control = this.#headerView.getUint8(5);
    this.#pduLeft -= 6;
    if (length < 2 || length - 2 > this.#pduLeft) {
      return refuse('PDV length', abortReason.invalidParameter);
    }
    if (!this.#contexts.has(this.#contextId)) {
      return refuse('PDV on a context that was not accepted', abortReason.invalidParameter);
    }
    this.#pdvLeft = length - 2;
    const why = this.#message.start(this.#contextId, this.#control);
    if (why) return refuse(why, abortReason.unexpectedPdu);
    this.#step = 'pdv-body';
    return undefined;
  }

  #takeFragment(): GuardEvent | undefined {
    const part = this.#take(this.#pdvLeft);
    this.#pdvLeft -= part.length;
    this.#pduLeft -= part.length;
    return this.#message.add(part);
  }

  #endPdv(): GuardEvent | undefined {
    this.#step = 'pdv-header';
    if (this.#pduLeft === 0) this.#step = 'pdu-header';
    else if (this.#pduLeft < 6) return refuse('PDV cut off', abortReason.invalidParameter);
    return this.#control & fragment.last ? this.#message.end() : undefined;
  }
}
